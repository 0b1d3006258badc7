"""Whether a contact was met where many were, against the rule as it is written down."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fortnight.case.crowds import CROWD, NEAR_M, MetPart, is_in_crowd
from fortnight.report.stops import metres

MIDNIGHT = datetime(2026, 11, 8, tzinfo=UTC).timestamp()
HOUR = 3_600.0

Row = tuple[float, float, str | None, float]


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@st.composite
def rows(draw: st.DrawFn) -> Row:
    start = MIDNIGHT + draw(st.sampled_from([0, 0, 0, 23, -30])) * HOUR + draw(st.integers(0, 90))
    end = start + draw(st.sampled_from([0.0, 30.0, HOUR, 7 * HOUR, 40 * HOUR]))
    return (
        start,
        end,
        draw(st.sampled_from([None, None, "choir"])),
        draw(st.sampled_from([0, 0, 4e-4, 1.0])),
    )


def part(row: Row) -> MetPart:
    start, end, venue, lon = row
    when: dict[str, object] = {"start": iso(start), "end": iso(end)}
    held = {"episodes": [when | {"lon": lon, "lat": 0.0}], "visits": []}
    if venue is not None:
        held = {"episodes": [], "visits": [when | {"venue": venue}]}
    return msgspec.json.decode(msgspec.json.encode(held), type=MetPart)


def same(one: Row, other: Row) -> bool:
    if one[0] > other[1] or other[0] > one[1] or one[2] != other[2]:
        return False
    return one[2] is not None or metres(one[3], 0.0, other[3], 0.0) <= NEAR_M


@given(st.lists(rows(), max_size=3), st.lists(st.lists(rows(), max_size=2), max_size=14))
def test_a_crowd_is_ten_contacts_at_one_place_and_time(
    own: list[Row], others: list[list[Row]]
) -> None:
    everybody = {"own": own} | {f"other {at}": theirs for at, theirs in enumerate(others)}
    met = {who: [part(row) for row in theirs] for who, theirs in everybody.items()}
    expected = any(
        sum(any(same(mine, one) for one in theirs) for theirs in everybody.values()) >= CROWD
        for mine in own
    )
    assert is_in_crowd(met, "own") == expected


def test_nobody_is_in_a_crowd_who_was_not_met() -> None:
    assert not is_in_crowd({"other": []}, "own")
