"""Segments of every text against filling them one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fortnight.notify.segments import segments


@given(st.text(max_size=400))
def test_a_text_fits_its_segments_and_not_one_fewer(text: str) -> None:
    found = segments(text)
    alone, part = (160, 153) if found.alphabet == "GSM-7" else (70, 67)
    if found.count == 1:
        assert found.units <= alone
    else:
        assert found.units <= found.count * part
        # at most one unit is lost at the end of each, where a character is not split
        assert found.units > (found.count - 1) * (part - 1)


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_longer_text_never_takes_fewer_segments(one: str, more: str) -> None:
    assert segments(one + more).count >= segments(one).count


@given(st.text(max_size=300))
def test_units_are_those_of_the_alphabet(text: str) -> None:
    found = segments(text)
    if found.alphabet == "UCS-2":
        assert found.units == len(text.encode("utf-16-be", "surrogatepass")) // 2
    else:
        assert len(text) <= found.units <= 2 * len(text)
