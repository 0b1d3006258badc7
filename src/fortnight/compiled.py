"""How kernels are compiled: by Numba, once, kept on disk, without holding the interpreter."""

from __future__ import annotations

import hashlib
import re
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numba as nb
import numpy as np
from numba.core.cgutils import ir  # type: ignore[attr-defined] # LLVM's words, by way of Numba
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

Int: TypeAlias = int | np.int64
"""A whole number inside a kernel, where Python's and NumPy's are the same machine word."""

_SOURCE = Path(__file__).parents[1]
_IMPORT = re.compile(r"^from (fortnight[\w.]*) import", re.MULTILINE)

F = TypeVar("F", bound="Callable[..., Any]")


def kernel(function: F) -> F:
    """Compile a function of plain loops over arrays at its first call, and cache the code.

    Two things keep compilation short, which a new user waits for: rows are written column by
    column (a slice assignment drags its error messages in), and counters that are passed on
    start as ``np.int64(0)`` (a literal 0 would be compiled as a second version of the callee).

    And two keep the code quick. Dividing by nothing gives infinity and no error, as in NumPy: a
    way out in the middle of a loop would keep the compiler from doing several rows at a time.
    What is called for every row takes numbers and named tuples of numbers: an array that is
    passed on is counted in and out at every call, which costs more than most of the sums.
    """
    compiled: Any = nb.njit(cache=True, nogil=True, error_model="numpy")(function)
    # Numba looks at the kernel's own file alone to tell whether its cached code is stale. Kernels
    # call kernels of other files, and without this line a change there would go unnoticed: the
    # old machine code would go on answering.
    kept = compiled._cache._cache_file  # noqa: SLF001 - there is no public way
    kept._source_stamp = _stamp(function.__module__)  # noqa: SLF001 - the same
    # What is kept names our tuples. After a change of version one of them may be gone, and then
    # it is not read at all, the stamp neither: Numba would end with a traceback.
    kept._load_index = partial(_known_index, kept._load_index)  # noqa: SLF001 - the same
    return compiled  # type: ignore[no-any-return] # Numba is not typed


def inlined(function: F) -> F:
    """Compile a function into every kernel that calls it.

    For what is called for every few rows and takes arrays: an array that is handed on is counted
    in and out, some 10 ns each, which had been a third of what a search took.
    """
    compiled: Any = nb.njit(inline="always", nogil=True, error_model="numpy")(function)
    return compiled  # type: ignore[no-any-return] # Numba is not typed


def _fetch_ahead(_typing: Any, rows: Any, row: Any) -> tuple[Any, Any]:  # noqa: ANN401 - Numba's
    """Ask the memory for a row of an array, and wait for nothing."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - Numba's
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        word, byte = ir.IntType(64), ir.PointerType(ir.IntType(8))
        number = context.cast(builder, arguments[1], signature.args[1], nb.types.int64)
        width = builder.extract_value(held.strides, 0)
        place = builder.add(builder.ptrtoint(held.data, word), builder.mul(width, number))
        takes = [byte, *[ir.IntType(32)] * 3]
        fetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), takes)
        )
        to_read, to_keep, data = (ir.Constant(ir.IntType(32), n) for n in (0, 3, 1))
        last = builder.add(place, builder.sub(width, ir.Constant(word, 1)))
        for at in (place, last):  # a row of up to a line lies in two at most
            builder.call(fetch, [builder.inttoptr(at, byte), to_read, to_keep, data])
        return context.get_dummy_value()

    return nb.types.void(rows, row), generated


fetch_ahead: Any = intrinsic(_fetch_ahead)
"""In kernels: ``fetch_ahead(rows, k)`` asks the memory for row ``k`` of up to 64 bytes."""


def _known_index(load: Callable[[], dict[Any, str]]) -> dict[Any, str]:
    """Return what is kept of a kernel; nothing where it was written by another version."""
    try:
        return load()
    except (AttributeError, ImportError):
        return {}


@cache
def _stamp(module: str) -> str:
    """Return a digest of a module and of all of ours that it imports."""
    digest = hashlib.sha256()
    for path in sorted(_imported(module)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _imported(module: str) -> set[Path]:
    """Return the files of a module and of all of ours that it imports: constants count too."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _SOURCE.joinpath(*waiting.pop().split(".")).with_suffix(".py")
        if path in found or not path.is_file():
            continue
        found.add(path)
        waiting += _IMPORT.findall(path.read_text(encoding="utf-8"))
    return found


def was_compiled() -> bool:
    """Whether the search was compiled on this machine before, by this version of the code."""
    from fortnight.contact import search  # noqa: PLC0415 - search itself is a kernel's module

    return search.is_compiled()
