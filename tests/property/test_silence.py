"""What silence says: counted against a twin, saturating, and of a claim alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_evidence_rules import table
from tests.property.test_filing import EDGES, HOUR, ORIGIN, by_minute, episodes
from tests.reference.effort import FEWER

from fortnight.contact.calibration import unheard_chance
from fortnight.contact.episodes import E_PRESUMED, E_WHO
from fortnight.contact.signs import Sightings
from fortnight.contact.silence import hours_by_day, parts_of_days, silences, took_part
from fortnight.evidence.schema import ENCOUNTERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.silence import TookPart

DAY = 24 * HOUR
CASE = 6
PEOPLE = 7
HOURS = int((EDGES[-1] - EDGES[0]) // HOUR)

scans = st.lists(
    st.tuples(st.integers(0, CASE), st.integers(0, CASE), st.integers(0, HOURS - 1), st.booleans()),
    max_size=30,
)


def parts_of(drawn: list[tuple[int, int, int, bool]]) -> TookPart:
    """Return when phones took part, by (one, the other, hour, by a badge)."""
    rows = [(a, b, h, badge) for one, two, h, badge in drawn for a, b in ((one, two), (two, one))]
    who, other, hour, badge = np.array(sorted(rows), dtype=np.int64).reshape(-1, 4).T
    at = ORIGIN + hour * HOUR + 7 * 60_000
    return took_part(Sightings(who, other, at, at, np.where(badge, np.nan, 60.0)), PEOPLE)


@FEWER
@given(rows=episodes, drawn=scans)
def test_silence_grows_with_the_minutes_in_hours_in_which_both_took_part_up_to_twelve(
    rows: NDArray[np.float64], drawn: list[tuple[int, int, int, bool]]
) -> None:
    people = np.arange(CASE)
    shares = silences(parts_of(drawn), CASE, rows, people)
    for who, share in zip(people, shares, strict=True):
        own = rows[(rows[:, E_WHO] == who) & (rows[:, E_PRESUMED] == 0)]
        hours = [
            {h for one, two, h, badge in drawn if phone in (one, two) and not badge}
            for phone in (CASE, who)
        ]
        both = np.isin(by_minute(own)[0] // 60, sorted(hours[0] & hours[1])).sum()
        assert np.isclose(share, min(1.0, both / 12)), who


chances = st.floats(0.0, 1.0)


@given(near=chances, silent=st.tuples(chances, chances))
def test_more_silence_never_makes_nearness_likelier(
    near: float, silent: tuple[float, float]
) -> None:
    less, more = unheard_chance(np.full(2, near), np.array(sorted(silent)))
    assert 0.0 <= more <= less + 1e-12
    assert less <= near + 1e-12


@given(near=st.tuples(chances, chances), silent=chances)
def test_silence_keeps_the_order_of_what_positions_say(
    near: tuple[float, float], silent: float
) -> None:
    low, high = unheard_chance(np.array(sorted(near)), np.full(2, silent))
    assert low <= high + 1e-12


@given(near=chances)
def test_where_a_phone_was_off_silence_says_nothing(near: float) -> None:
    assert unheard_chance(np.array([near]), np.zeros(1))[0] == near


def test_nobody_took_part_where_nothing_was_heard() -> None:
    nothing = np.empty(0, dtype=np.int64)
    parts = took_part(Sightings(nothing, nothing, nothing, nothing, np.empty(0)), 2)
    assert parts.hours.shape == (2, 1)
    assert not parts.hours.any()


@FEWER
@given(drawn=scans)
def test_hours_kept_day_by_day_say_what_all_sightings_say(
    drawn: list[tuple[int, int, int, bool]],
) -> None:
    names = [f"p{who}" for who in range(PEOPLE)]
    times = [ORIGIN + hour * HOUR + 7 * 60_000 for _, _, hour, _ in drawn]
    said: dict[tuple[int, int], int] = {}
    for day in {time // DAY for time in times}:
        rows = [
            (names[one], names[two], time, time, None if badge else 60.0, "")
            for (one, two, _, badge), time in zip(drawn, times, strict=True)
            if time // DAY == day
        ]
        bits = hours_by_day(table(ENCOUNTERS, rows), names)
        said |= {(who, day): int(of) for who, of in enumerate(bits)}
    whole, kept = parts_of(drawn), parts_of_days(PEOPLE, said)
    for hour in range(-1, HOURS + 1):
        at = np.array([ORIGIN / HOUR + hour], dtype=np.int64)
        assert np.array_equal(listens(whole, at), listens(kept, at))


def listens(parts: TookPart, hour: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return of everybody whether their phone took part in an hour since 1970."""
    place = int(hour[0]) - parts.first
    if not 0 <= place < 8 * parts.hours.shape[1]:
        return np.zeros(len(parts.hours), dtype=np.bool_)
    return (parts.hours[:, place // 8] >> (place % 8) & 1).astype(np.bool_)
