"""Support on a real database, in any order of silence and answers: nothing is held against anybody.

Whatever happens, the tables in which something could be held against a person stay as they were,
the release is never later but by symptoms that they named, and a ticket ends in a word of help.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, event, select
from sqlalchemy.pool import StaticPool
from tests.databases import is_sqlite, new_main
from tests.services import MINUTE, Clock, seeded
from tests.support_world import Following

from fortnight.db.engine import Database
from fortnight.db.office_tables import call_record, decision
from fortnight.db.support_tables import support_record, support_ticket
from fortnight.db.tables import alarm, case_file, exposure, metadata
from fortnight.errors import ConflictError, RefusedError
from fortnight.followup.record import KINDS
from fortnight.isolation.needs import OUTCOMES, Need
from fortnight.isolation.reminder import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.isolation.pauses import Kind

UNTOUCHED = (case_file, exposure, decision, call_record, alarm)
"""Where something adverse would have to be written: none of it is, whatever happens."""


@contextmanager
def empty() -> Iterator[Database]:
    """Open an empty database: in memory, or on the server."""
    if is_sqlite():
        yield in_memory()
        return
    with new_main(Path("support")) as opened:
        yield opened


def in_memory() -> Database:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    event.listen(engine, "connect", lambda one, _: one.execute("PRAGMA foreign_keys = ON"))
    database = Database(engine)
    with database.write() as connection:
        metadata.create_all(connection)
    return database


class AnyOrder(RuleBasedStateMachine):
    """One contact at home, and everything that may happen to them or to their phone."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()

    @initialize()
    def begin(self) -> None:
        database = self.closing.enter_context(empty())
        self.office = Following(database, Clock(), seeded().randbytes)
        self.follow_up = self.office.followed()
        self.before = self.rows()
        self.release = self.home()

    def teardown(self) -> None:
        self.closing.close()

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.office.database.read() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(select(table))), key=str)
                for table in UNTOUCHED
            }

    def home(self) -> tuple[str, int | None]:
        page = self.office.followups.open(self.follow_up, self.office.ann, self.office.clock())
        return page.plan.home.rule, page.plan.home.day

    @rule(minutes=st.sampled_from([1, 30, 120, 240, 600, 1_440]))
    def silence(self, minutes: int) -> None:
        self.office.clock.advance(minutes * MINUTE)
        self.office.support.turn(self.office.clock())

    @rule(number=st.integers(1, 5), days=st.integers(0, 2))
    def text(self, number: int, days: int) -> None:
        self.office.followups.taken(self.office.contact, self.office.today - days, number)

    @rule(lon=st.sampled_from([25.2, 25.3, 0.0]), accuracy=st.sampled_from([5.0, 900.0, None]))
    def wrong_place(self, lon: float, accuracy: float | None) -> None:
        now = self.office.clock()
        position = Position(now, 720, lon, 54.7, accuracy)
        self.office.support.reminders.position(self.office.contact, position, now)

    @rule()
    def reminder_on(self) -> None:
        try:
            self.office.support.reminders.turn_on(
                self.office.contact, 25.2, 54.7, self.office.clock()
            )
        except ConflictError:
            assert not self.office.followups.mine(self.office.contact, self.office.clock())

    @rule(kind=st.sampled_from(["hospital", "appointment"]))
    def pause(self, kind: Kind) -> None:
        try:
            self.office.support.pauses.pause(self.office.contact, kind, None, self.office.clock())
        except ConflictError:
            assert not self.office.followups.mine(self.office.contact, self.office.clock())

    @rule()
    def back(self) -> None:
        self.office.support.pauses.back(self.office.contact, self.office.clock())

    @rule()
    def web_answer(self) -> None:
        try:
            self.office.answer(self.follow_up)
        except RefusedError:
            assert not self.office.followups.mine(self.office.contact, self.office.clock())

    @invariant()
    def nothing_is_held_against_them(self) -> None:
        if not hasattr(self, "before"):
            return
        assert self.rows() == self.before
        assert self.home() == self.release
        with self.office.database.read() as connection:
            for ticket in connection.execute(select(support_ticket)):
                assert ticket.need in set(Need)
                assert ticket.outcome in {None, *OUTCOMES}
            kinds = set(connection.scalars(select(support_record.c.kind)))
        assert kinds <= set(KINDS)


@pytest.mark.usefixtures("kind")
def test_silence_and_answers_in_any_order() -> None:
    effort = settings(
        max_examples=12,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(AnyOrder, settings=effort)
