"""QR codes are read back as the standard (ISO/IEC 18004) says, by other code than drew them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fortnight.web.qr import modules, svg

if TYPE_CHECKING:
    from collections.abc import Callable

FINDER = 8
MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, _: r % 2 == 0,
    lambda _, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)
FORMAT_MASK = 0b101010000010010


def is_ours(row: int, column: int, size: int) -> bool:
    """Tell whether a square of versions 2 to 6 is drawn for the reader, not of the data."""
    low, high = FINDER, size - FINDER
    corner = (row <= low and column <= low) or (row <= low and column >= high)
    corner |= row >= high and column <= low
    timing = 6 in (row, column)
    middle = size - 7  # of the one pattern of alignment
    alignment = abs(row - middle) <= 2 and abs(column - middle) <= 2
    return corner or timing or alignment


def mask_of(squares: list[list[bool]]) -> int:
    """Return the mask by the format's bits beside the upper left corner; level M is expected."""
    places = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    bits = 0
    for row, column in places:
        bits = bits << 1 | squares[row][column]
    bits ^= FORMAT_MASK
    assert bits >> 13 == 0, "level M"
    return bits >> 10 & 7


def decoded(squares: list[list[bool]]) -> str:
    """Return the text of a code of one block in bytes."""
    size, mask, upward = len(squares), MASKS[mask_of(squares)], True
    bits: list[bool] = []
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for step in range(size):
            row = size - 1 - step if upward else step
            pair = [one for one in (right, right - 1) if not is_ours(row, one, size)]
            bits += [squares[row][column] ^ mask(row, column) for column in pair]
        upward = not upward

    def number(at: int, count: int) -> int:
        return int("".join("1" if bit else "0" for bit in bits[at : at + count]), 2)

    assert number(0, 4) == 4, "in bytes"
    return bytes(number(12 + 8 * place, 8) for place in range(number(4, 8))).decode()


@pytest.mark.parametrize(
    "text",
    ["http://localhost:8014/portal/v/ABCD2345", "https://where.example/portal/v/ZZZZ9999"],
)
def test_a_poster_s_code_holds_our_address(text: str) -> None:
    squares = modules(text)
    assert len(squares) == 29, "version 3, of one block"
    assert decoded(squares) == text


def test_the_picture_has_the_light_edge_that_cameras_need() -> None:
    picture = svg("x", 'A "name"')
    size = len(modules("x")) + 8
    assert f'viewBox="0 0 {size} {size}"' in picture
    assert "A &#34;name&#34;" in picture
    drawn = [int(one) for pair in re.findall(r"M(\d+) (\d+)h1v1", picture) for one in pair]
    assert (min(drawn), max(drawn)) == (4, size - 5)


def test_the_longest_link_fits() -> None:
    assert len(modules("owntracks:///config?inline=" + "a" * 700)) <= 177
