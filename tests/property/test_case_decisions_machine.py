"""Decisions in every order of acts, by three colleagues: who is told, and by whose word."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.databases import new_main
from tests.services import Clock, seeded
from tests.work_world import Colleagues, contact_id

from fortnight.case import decisions as decisions_module
from fortnight.case.state import State
from fortnight.errors import ConflictError, RefusedError

if TYPE_CHECKING:
    from fortnight.vault.purposes import Reader
    from fortnight.vault.reading import Resolved

CONTACTS = 5
ALONE = 2

people = st.integers(0, 2)
contacts = st.integers(0, CONTACTS - 1).map(contact_id)


class DecisionMachine(RuleBasedStateMachine):
    """Anybody does anything; what was resolved is remembered beside what the rows say."""

    @initialize(crowd=st.booleans())
    def open(self, *, crowd: bool) -> None:
        self.closing = ExitStack()
        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        self.database = self.closing.enter_context(new_main(folder / "fortnight.db"))
        self.office = Colleagues(self.database, Clock(), seeded().randbytes)
        self.case_id = self.office.traced(CONTACTS)
        self.sensitive = crowd
        self.resolved: list[str] = []
        self.agreed: dict[str, set[str]] = defaultdict(set)  # contact: who said tell
        self.alone = decisions_module.ALONE
        decisions_module.ALONE = ALONE  # type: ignore[misc] # a smaller world
        real = self.office.fake.resolve

        def remembered(_case: str, contact: str, _reader: Reader, _now: int) -> Resolved:
            self.resolved.append(contact)
            return real(_case, contact, _reader, _now)

        self.office.fake.resolve = remembered  # type: ignore[method-assign] # watched

    def teardown(self) -> None:
        if hasattr(self, "database"):
            decisions_module.ALONE = self.alone  # type: ignore[misc] # as it was
            self.closing.close()

    def who(self, place: int) -> Reader:
        return (self.office.ann, self.office.ben, self.office.lee)[place]

    @rule(contact=contacts, by=people, tells=st.booleans(), crowd=st.booleans())
    def decide(self, contact: str, by: int, *, tells: bool, crowd: bool) -> None:
        reader = self.who(by)
        crowd = crowd and self.sensitive
        with suppress(ConflictError):
            made = self.office.decisions.decide(
                self.case_id,
                contact,
                "tell" if tells else "dismiss",
                "Because",
                reader.actor,
                reader,
                self.office.clock.advance(1),
                crowd=crowd,
            )
            assert not (crowd and made.is_told)
            if tells:
                self.agreed[contact] = {reader.actor}

    @rule(contact=contacts, by=people)
    def approve(self, contact: str, by: int) -> None:
        made = self.office.decisions.live(self.case_id).get(contact)
        if made is None:
            return
        reader, now = self.who(by), self.office.clock.advance(1)
        with suppress(ConflictError, RefusedError):
            done = self.office.decisions.approve(made.id, reader.actor, reader, now)
            assert done.second_by == reader.actor != done.by
            self.agreed[contact].add(reader.actor)

    @rule(contact=contacts, by=people, declines=st.booleans())
    def end(self, contact: str, by: int, *, declines: bool) -> None:
        made = self.office.decisions.live(self.case_id).get(contact)
        if made is None:
            return
        reader, now = self.who(by), self.office.clock.advance(1)
        act = self.office.decisions.decline if declines else self.office.decisions.take_back
        with suppress(ConflictError, RefusedError):
            act(made.id, "Because", reader.actor, reader, now)

    @rule()
    def finish(self) -> None:
        self.office.decisions.finish(self.office.clock.advance(120_000))

    @rule(ask=st.integers(0, 9))
    def withdraw(self, ask: int) -> None:
        if ask == 0:
            with suppress(ConflictError):
                self.office.cases.withdraw_test(
                    self.case_id, self.office.ann, self.office.clock.advance(1)
                )

    @invariant()
    def nobody_is_resolved_twice_or_without_a_decision(self) -> None:
        if not hasattr(self, "case_id"):
            return
        told = {
            one.contact
            for one in self.office.decisions.of_case(self.case_id)
            if one.kind == "tell" and (not one.needs_second or one.second_by is not None)
        }
        assert len(set(self.resolved)) == len(self.resolved)
        assert set(self.resolved) == told

    @invariant()
    def more_than_a_few_were_agreed_to_by_two(self) -> None:
        if hasattr(self, "case_id"):
            assert all(len(self.agreed[contact]) == 2 for contact in self.resolved[ALONE:])

    @invariant()
    def one_decision_of_a_contact_stands_and_none_of_a_withdrawn_case(self) -> None:
        if not hasattr(self, "case_id"):
            return
        live = [one for one in self.office.decisions.of_case(self.case_id) if one.is_live]
        assert len({one.contact for one in live}) == len(live)
        assert all(one.second_by != one.by for one in live)
        if self.office.cases.case(self.case_id).state is State.WITHDRAWN:
            assert live == []
            waiting = {row.state for row in self.office.messages() if row.template == "please-call"}
            assert waiting <= {"stopped"}


@pytest.mark.usefixtures("kind")
def test_whatever_is_decided_in_whichever_order() -> None:
    effort = settings(max_examples=15, stateful_step_count=15, deadline=None)
    run_state_machine_as_test(DecisionMachine, settings=effort)
