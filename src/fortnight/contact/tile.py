"""32 outlines compared at once: the one place that says which instructions are wanted.

A plain loop says the same (tests/property/test_outline.py has it), but a compiler takes eight rows
of it at a time; of 49,000 tiles that one case touches each took three times as long.
"""

from __future__ import annotations

from typing import Any, Final

import numba as nb
from numba.core.cgutils import ir  # type: ignore[attr-defined] # LLVM's words, by way of Numba
from numba.extending import intrinsic

LANES: Final = 32
_BYTES: Final = 2 * LANES  # of a column
_ROW: Final = ir.VectorType(ir.IntType(16), LANES)
_WORD: Final = ir.IntType(64)
_INDEX: Final = ir.IntType(32)


def _spread(builder: Any, value: Any) -> Any:  # noqa: ANN401 - LLVM's
    """Return a row of the same value."""
    nothing = ir.Constant(_ROW, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(
        one, nothing, ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)
    )


def _columns(count: int) -> tuple[list[int], list[int]]:
    """Return which columns a tile's least and most are: times stand first, then all least."""
    return [0, *range(2, count + 1)], [1, *range(count + 1, 2 * count)]


def _rows_within(_typing: Any, words: Any, at: Any, highs: Any, lows: Any) -> tuple[Any, Any]:  # noqa: ANN401 - Numba's
    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - Numba's
        array, place, most, least = arguments
        held = context.make_array(signature.args[0])(context, builder, array)
        place = context.cast(builder, place, signature.args[1], nb.types.int64)
        first = builder.ptrtoint(held.data, _WORD)
        first = builder.add(first, builder.mul(place, ir.Constant(_WORD, 2)))

        def column(number: int) -> Any:  # noqa: ANN401 - LLVM's
            here = builder.add(first, ir.Constant(_WORD, _BYTES * number))
            return builder.load(builder.inttoptr(here, ir.PointerType(_ROW)), align=2)

        signs = zeros = ir.Constant(_ROW, [0] * LANES)
        for k, (one, other) in enumerate(zip(*_columns(len(signature.args[2])), strict=True)):
            before = builder.sub(_spread(builder, builder.extract_value(most, k)), column(one))
            after = builder.sub(column(other), _spread(builder, builder.extract_value(least, k)))
            signs = builder.or_(builder.or_(signs, before), after)
        return builder.bitcast(builder.icmp_signed(">=", signs, zeros), ir.IntType(LANES))

    return nb.types.uint32(words, at, highs, lows), generated


rows_within: Any = intrinsic(_rows_within)
"""In kernels: ``rows_within(words, at, highs, lows)`` says of a tile's 32 rows which are, as bits.

Those whose least is at most ``highs`` and whose most is at least ``lows``, both tuples of int16:
of time, or of time and place. The tile begins at word ``at``. Every comparison is the sign of a
difference of 16 bits: of units it is right whatever was cut off.
"""
