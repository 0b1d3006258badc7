"""What a contact is shown of a meeting cannot be turned back into its minute."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fortnight.case.bands import EDGES, PARTS, Banded, Met, band_of, banded, part_of

MINUTE = 60_000
DAY = 86_400_000
ZONES = st.sampled_from(["UTC", "Europe/Vilnius", "Asia/Kathmandu", "America/St_Johns"])
STARTS = st.integers(20_000, 21_000).flatmap(
    lambda day: st.integers(0, 1_439).map(lambda minute: day * DAY + minute * MINUTE)
)
LENGTHS = st.integers(1, 600)


def shown(start: int, minutes: int, zone: ZoneInfo) -> tuple[Banded, ...]:
    return banded([[Met(start, start + minutes * MINUTE, minutes)]], zone)


def test_every_line_stands_for_hours_of_starts_and_a_quarter_of_an_hour_of_lengths() -> None:
    """All starts of a day and all lengths to five hours: what could be behind each line."""
    zone = ZoneInfo("UTC")
    behind: dict[tuple[Banded, ...], set[tuple[int, int]]] = {}
    for start in range(0, 1_440, 15):
        for minutes in range(1, 300, 2):
            line = shown(20_000 * DAY + start * MINUTE, minutes, zone)
            behind.setdefault(line, set()).add((start, minutes))
    assert len(behind) <= (len(PARTS) + 1) * (len(EDGES) + 1)
    for line, possible in behind.items():
        (one,) = line
        if one.day == 20_000:
            starts = {start for start, _ in possible}
            assert max(starts) - min(starts) >= 3 * 60
            lengths = {minutes for _, minutes in possible}
            assert max(lengths) - min(lengths) >= 12


@given(STARTS, LENGTHS, st.integers(0, 359), ZONES)
def test_no_minute_of_the_part_of_the_day_is_told_from_another(
    start: int, minutes: int, shift: int, name: str
) -> None:
    zone = ZoneInfo(name)
    moved = start + shift * MINUTE
    ends = [at + minutes * MINUTE for at in (start, moved)]
    same = part_of(start, ends[0], zone) == part_of(moved, ends[1], zone)
    assert (shown(start, minutes, zone) == shown(moved, minutes, zone)) == same


@given(STARTS, LENGTHS, LENGTHS, ZONES)
def test_no_length_within_a_band_is_told_from_another(
    start: int, one: int, other: int, name: str
) -> None:
    zone = ZoneInfo(name)
    end = start + 10 * MINUTE
    lines = [banded([[Met(start, end, minutes)]], zone) for minutes in (one, other)]
    assert (lines[0] == lines[1]) == (band_of(one) == band_of(other))


@given(STARTS, LENGTHS, ZONES)
def test_a_meeting_across_two_parts_is_one_line(start: int, minutes: int, name: str) -> None:
    assert len(banded([[Met(start, start + minutes * MINUTE, minutes)]], ZoneInfo(name))) == 1


@given(STARTS, LENGTHS, ZONES)
def test_what_two_kinds_of_evidence_saw_is_counted_once(
    start: int, minutes: int, name: str
) -> None:
    met, zone = [Met(start, start + minutes * MINUTE, minutes)], ZoneInfo(name)
    assert banded([met, met], zone) == banded([met], zone)


@given(STARTS, st.lists(LENGTHS, min_size=1, max_size=6), ZONES)
def test_bands_only_grow_with_more_meetings(start: int, lengths: list[int], name: str) -> None:
    zone = ZoneInfo(name)
    mets = [Met(start, start + MINUTE, minutes) for minutes in lengths]
    (whole,) = banded([mets], zone)
    assert whole.band == band_of(sum(lengths)) >= max(map(band_of, lengths))
