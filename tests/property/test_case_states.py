"""The states of a case, in every order of steps."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fortnight.case.state import FOLLOWS, State, Step, after
from fortnight.errors import ConflictError


class CaseMachine(RuleBasedStateMachine):
    """Takes any step at any time, and remembers what was really done."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.OPENED
        self.done: list[Step] = []
        self.enrolled = True

    @initialize(enrolled=st.booleans())
    def begin(self, *, enrolled: bool) -> None:
        self.enrolled = enrolled

    @rule(step=st.sampled_from(Step))
    def take(self, step: Step) -> None:
        if step in {Step.CLOSE, Step.CLOSE_UNTRACED}:  # `Cases.close` chooses which of the two
            step = Step.CLOSE if self.enrolled else Step.CLOSE_UNTRACED
        if not self.enrolled and step in {Step.SEND_CODE, Step.AGREE}:
            return  # there is nobody to send a code to
        with suppress(ConflictError):
            self.state = after(self.state, step)
            self.done.append(step)

    @invariant()
    def nothing_is_traced_before_the_yes(self) -> None:
        traces = {Step.ASK_TRACE, Step.TRACE, Step.TELL}
        before = self.done[: self.done.index(Step.AGREE)] if Step.AGREE in self.done else self.done
        assert not traces & set(before)

    @invariant()
    def nobody_is_told_before_a_trace(self) -> None:
        if Step.TELL in self.done:
            assert Step.TRACE in self.done[: self.done.index(Step.TELL)]

    @invariant()
    def nothing_follows_a_withdrawn_test(self) -> None:
        if Step.WITHDRAW in self.done:
            assert self.done[-1] is Step.WITHDRAW
            assert self.state is State.WITHDRAWN

    @invariant()
    def after_closing_only_the_test_may_still_be_withdrawn(self) -> None:
        closed = {Step.CLOSE, Step.CLOSE_UNTRACED} & set(self.done)
        for step in closed:
            assert set(self.done[self.done.index(step) + 1 :]) <= {Step.WITHDRAW}
        assert len(closed) <= 1

    @invariant()
    def a_case_is_closed_after_its_yes_or_because_it_can_say_none(self) -> None:
        if self.state is State.CLOSED:
            assert self.enrolled == (Step.AGREE in self.done)

    @invariant()
    def every_case_that_is_not_over_can_be_ended(self) -> None:
        if self.state in {State.OPENED, State.AGREED, State.TRACED}:
            assert after(self.state, Step.WITHDRAW) is State.WITHDRAWN
        if not self.enrolled and self.state is State.OPENED:
            assert after(self.state, Step.CLOSE_UNTRACED) is State.CLOSED

    @invariant()
    def a_yes_is_said_once(self) -> None:
        assert self.done.count(Step.AGREE) <= 1


TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(max_examples=300, stateful_step_count=30)


def test_every_step_and_state_has_its_row_and_every_state_can_be_withdrawn_once() -> None:
    assert set(FOLLOWS) == set(Step)
    assert set(FOLLOWS[Step.WITHDRAW]) == set(State) - {State.WITHDRAWN}
