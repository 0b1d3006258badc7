"""What may and what may not change when evidence is added, taken away or put in another order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import FEW

import fortnight
from fortnight.evidence.schema import (
    ENCOUNTERS,
    FIXES,
    NO_SIGNS,
    STAYS,
    TIES,
    VISITS,
    Evidence,
    Signs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = 60_000
DAY = date(2024, 7, 1)
START = int(datetime(2024, 7, 1, 8, tzinfo=UTC).timestamp() * 1_000)
PEOPLE = ("case", "one", "other")

Row = tuple[Any, ...]


def table(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [() for _ in schema]
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
    )


def near(person: str, minutes: int, away: float) -> list[Row]:
    """Return fixes of somebody at one place, one a minute; ``away`` in degrees from the case."""
    return [(person, START + k * MINUTE, 12.5 + away, 55.7, 10.0, "gnss") for k in range(minutes)]


heard = st.lists(
    st.tuples(
        st.sampled_from(["case", "one"]),
        st.integers(0, 240),
        st.integers(40, 90),
    ),
    max_size=20,
).map(
    lambda rows: [
        (
            seen_by,
            "other" if seen_by == "one" else "one",
            START + at * MINUTE,
            START + at * MINUTE,
            float(level),
            "bluetooth",
        )
        for seen_by, at, level in sorted(set(rows))
    ]
)
visits = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(0, 120), st.integers(1, 120)), max_size=6
).map(
    lambda rows: [
        (
            who,
            "hall",
            "room 1",
            START + a * MINUTE,
            START + (a + b) * MINUTE,
            "checked-out",
            None,
            None,
        )
        for who, a, b in sorted(set(rows))
    ]
)
ties = st.lists(st.integers(0, 500), max_size=4).map(
    lambda times: [("case", "one", START + at * MINUTE, "call", 60) for at in sorted(set(times))]
)


def evidence(
    fixes: Sequence[Row],
    encounters: Sequence[Row] = (),
    check_ins: Sequence[Row] = (),
    calls: Sequence[Row] = (),
) -> Evidence:
    signs = Signs(
        table(ENCOUNTERS, encounters), NO_SIGNS.windows, table(VISITS, check_ins),
        table(TIES, calls),
    )  # fmt: skip
    return Evidence(table(FIXES, fixes), table(STAYS, ()), (), signs)


def traced(known: Evidence, **asked: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - as asked
    """Return the contacts by name, everybody with any evidence."""
    found = fortnight.trace(known, case="case", onset=DAY, min_minutes=0.0, until=DAY, **asked)
    return {row["participant"]: row for row in found.contacts.to_pylist()}


RISKS = ("dose", "together_minutes")
FIXED = near("case", 60, 0.0) + near("one", 60, 2e-4) + near("other", 60, 1e-3)


@FEW
@given(encounters=heard, check_ins=visits, calls=ties)
def test_check_ins_and_calls_taken_away_never_raise_a_risk(
    encounters: list[Row], check_ins: list[Row], calls: list[Row]
) -> None:
    every = traced(evidence(FIXED, encounters, check_ins, calls))
    fewer = traced(evidence(FIXED, encounters))
    for name, row in fewer.items():
        for risk in RISKS:
            assert row[risk] <= every[name][risk] + 1e-6


@FEW
@given(encounters=heard)
def test_without_bluetooth_there_is_no_probability_of_transmission(encounters: list[Row]) -> None:
    for row in traced(evidence(FIXED)).values():
        assert row["transmission"] is None
        assert row["same_room"] is None
    for row in traced(evidence(FIXED, encounters)).values():
        if row["transmission"] is not None:
            assert "bluetooth" in row["evidence"]
            assert row["transmission_low"] <= row["transmission"] <= row["transmission_high"]


@FEW
@given(calls=ties)
def test_calls_are_never_an_exposure(calls: list[Row]) -> None:
    silent, calling = traced(evidence(FIXED)), traced(evidence(FIXED, calls=calls))
    for name, row in silent.items():
        told = {k: v for k, v in calling[name].items() if k != "evidence"}
        assert told == {k: v for k, v in row.items() if k != "evidence"}
    strangers = near("case", 60, 0.0)
    assert traced(evidence(strangers, calls=calls)) == {}


@FEW
@given(encounters=heard, check_ins=visits, calls=ties, data=st.data())
def test_order_never_matters(
    encounters: list[Row], check_ins: list[Row], calls: list[Row], data: st.DataObject
) -> None:
    mixed = [data.draw(st.permutations(rows)) for rows in (FIXED, encounters, check_ins, calls)]
    assert traced(evidence(*mixed)) == traced(evidence(FIXED, encounters, check_ins, calls))


@FEW
@given(longer=st.integers(20, 90), shorter=st.integers(20, 90))
def test_more_minutes_never_lower_a_risk(longer: int, shorter: int) -> None:
    low, high = sorted((longer, shorter))
    rows = [
        traced(evidence(near("case", 90, 0.0) + near("one", minutes, 2e-4)))["one"]
        for minutes in (low, high)
    ]
    assert rows[0]["dose"] <= rows[1]["dose"] + 1e-6
    assert rows[0]["together_minutes"] <= rows[1]["together_minutes"] + 1e-6


@FEW
@given(gap=st.integers(40, 300))
def test_a_gap_changes_coverage_and_presuming_fills_presumed_minutes_alone(gap: int) -> None:
    """Two hours together, then a silence of one phone, whose owner is found where they were."""
    before = near("case", 60, 0.0) + near("one", 60, 2e-4)
    later = [(p, t + (60 + gap) * MINUTE, *rest) for p, t, *rest in before]
    whole = near("case", 120 + gap, 0.0)
    rows = [row for row in before + later if row[0] == "one"]
    told = traced(evidence([*whole, *rows]))["one"]
    first = traced(evidence([*whole, *(row for row in before if row[0] == "one")]))["one"]
    assert told["expected_minutes"] < 2.2 * first["expected_minutes"]
    assert told["coverage"] < 1.0
    assert (told["presumed_minutes"] > 0) == (30 <= gap + 1 <= 720)
    assert first["presumed_minutes"] == 0.0
