"""Any rows at any time: after the sweep nothing past its time is left, nothing else is gone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.endings import Endings, endings
from tests.services import DAY, HOUR, NOON, Clock, stores_in

from fortnight.db import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

TIMES = st.integers(0, 60 * 24).map(lambda hours: NOON - 50 * DAY + hours * HOUR)
DAYS = st.integers(NOON // DAY - 50, NOON // DAY + 10)


def day(instant: int) -> int:
    return instant // DAY


# The rules as sentences, one a table; the sweep's own table of terms is not read here.
RULES: dict[str, tuple[Table, Any, Callable[[dict[str, Any], int], bool]]] = {
    "arrival": (
        tables.arrival,
        st.fixed_dictionaries({"received_at": TIMES}),
        lambda row, now: day(now) - day(row["received_at"]) > 14,
    ),
    "receipt": (
        tables.receipt,
        st.fixed_dictionaries({"received_at": TIMES}),
        lambda row, now: day(now) - day(row["received_at"]) > 14,
    ),
    "lake_day": (
        tables.lake_day,
        st.fixed_dictionaries({"day": DAYS}),
        lambda row, now: day(now) - row["day"] > 14,
    ),
    "alarm": (
        tables.alarm,
        st.fixed_dictionaries({"at": TIMES}),
        lambda row, now: day(now) - day(row["at"]) > 44,
    ),
    "look": (
        tables.look,
        st.fixed_dictionaries({"at": TIMES}),
        lambda row, now: day(now) - day(row["at"]) > 44,
    ),
    "message": (
        tables.message,
        st.fixed_dictionaries({"made_at": TIMES}),
        lambda row, now: day(now) - day(row["made_at"]) > 44,
    ),
    "laboratory_token": (
        tables.laboratory_token,
        st.fixed_dictionaries({"expires_at": TIMES}),
        lambda row, now: row["expires_at"] <= now,
    ),
    "case_file": (
        tables.case_file,
        st.fixed_dictionaries(
            {
                "opened_at": TIMES,
                "person": st.sampled_from([None, "e" * 32]),
                "agreed_at": st.none() | TIMES,
                "follow_up_end_day": st.none() | DAYS,
                "state": st.just("opened"),
            }
        ),
        lambda row, now: (
            day(now) - row["follow_up_end_day"] > 30
            if row["follow_up_end_day"] is not None
            and (row["agreed_at"] is not None or row["person"] is None)
            else day(now) - day(row["opened_at"]) > 14
        ),
    ),
}
ROWS = st.lists(
    st.sampled_from(sorted(RULES)).flatmap(
        lambda name: st.tuples(st.just(name), RULES[name][1]),
    ),
    max_size=12,
    unique_by=lambda made: (made[0], made[1].get("day")) if "day" in made[1] else object(),
)


def swept(world: Endings, rows: list[tuple[str, dict[str, Any]]], now: int) -> None:
    made = [(name, world.add(RULES[name][0], **given)) for name, given in rows]
    world.sweeper.sweep(now)
    for name, (table, _, is_past) in RULES.items():
        key = "received_at" if table is tables.arrival else next(iter(table.primary_key)).name
        stays = sorted(row[key] for of, row in made if of == name and not is_past(row, now))
        ours = {row[key] for of, row in made if of == name}  # a case brings a token of its own
        left = sorted(row[key] for row in world.rows(table) if row[key] in ours)
        assert left == stays, name


@pytest.mark.usefixtures("kind")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, now=TIMES)
def test_what_is_past_its_time_goes_and_nothing_else(
    rows: list[tuple[str, dict[str, Any]]], now: int
) -> None:
    with TemporaryDirectory() as folder, stores_in(Path(folder), Clock(now)) as stores:
        swept(endings(stores), rows, now)
