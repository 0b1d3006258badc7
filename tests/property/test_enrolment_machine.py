"""Digits by text as a machine: asked for, tried, used, late, and a clock that is set back."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from tests.enrolment_world import ANNA, BORIS, enrolling
from tests.services import DAY, MINUTE, Clock

from fortnight.enrolment.counting import TooOftenError
from fortnight.errors import RefusedError

NUMBERS = st.sampled_from([ANNA, BORIS])
VALID = 15 * MINUTE


class DigitsByText(RuleBasedStateMachine):
    """What the machine answers, against what a person would write down on paper."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = Clock()
        self.codes: dict[str, tuple[str, int]] = {}  # what holds at each number, and until when
        self.old: dict[str, list[str]] = {}
        self.tries: dict[str, tuple[int, int]] = {}  # how many, and until when they count
        self.people: dict[str, str] = {}

    @initialize()
    def open(self) -> None:
        folder = self.closing.enter_context(tempfile.TemporaryDirectory())
        self.world = self.closing.enter_context(enrolling(Path(folder), self.clock))

    @rule(number=NUMBERS)
    def ask(self, number: str) -> None:
        try:
            digits = self.world.asked(number)
        except TooOftenError:
            return
        if number in self.codes:
            self.old.setdefault(number, []).append(self.codes[number][0])
        self.codes[number] = (digits, self.clock() + VALID)

    @rule(number=NUMBERS, right=st.booleans())
    def come_in(self, number: str, right: bool) -> None:  # noqa: FBT001 - drawn
        digits, until = self.codes.get(number, ("", 0))
        said = digits if right and digits else "00000000"
        self.try_it(number, said, opens=said == digits and self.clock() < until)

    @rule(number=NUMBERS)
    def come_in_with_what_held_once(self, number: str) -> None:
        for digits in self.old.get(number, [])[-1:]:
            if digits != self.codes.get(number, ("", 0))[0]:
                self.try_it(number, digits, opens=False)

    @rule(ms=st.sampled_from([1, MINUTE, 5 * MINUTE, VALID - 1, VALID, DAY]))
    def wait(self, ms: int) -> None:
        self.clock.advance(ms)

    @rule(ms=st.sampled_from([MINUTE, VALID]))
    def set_the_clock_back(self, ms: int) -> None:
        self.clock.advance(-ms)

    def try_it(self, number: str, digits: str, *, opens: bool) -> None:
        """Type digits, and hold the answer against the paper."""
        count, until = self.tries.get(number, (0, 0))
        if until <= self.clock():
            count, until = 0, self.clock() + VALID
        try:
            person = self.world.rooms.entry.come_in(number, digits, "a", self.clock())
        except TooOftenError:
            assert count >= 5
            return
        except RefusedError:
            assert not opens
        else:
            assert opens
            assert self.people.setdefault(number, person) == person
            self.old.setdefault(number, []).append(self.codes.pop(number)[0])
        assert count < 5
        self.tries[number] = (count + 1, until)

    def teardown(self) -> None:
        assert len(set(self.people.values())) == len(self.people)
        self.closing.close()


@pytest.mark.usefixtures("kind")
def test_digits_by_text_in_any_order() -> None:
    effort = settings(max_examples=12, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(DigitsByText, settings=effort)
