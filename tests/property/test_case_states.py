"""The states of a case, in every order of steps."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fortnight.case.state import FOLLOWS, State, Step, after
from fortnight.errors import ConflictError


class CaseMachine(RuleBasedStateMachine):
    """Takes any step at any time, and remembers what was really done."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.OPENED
        self.done: list[Step] = []

    @rule(step=st.sampled_from(Step))
    def take(self, step: Step) -> None:
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
        if Step.CLOSE in self.done:
            assert set(self.done[self.done.index(Step.CLOSE) + 1 :]) <= {Step.WITHDRAW}

    @invariant()
    def a_yes_is_said_once(self) -> None:
        assert self.done.count(Step.AGREE) <= 1


TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(max_examples=300, stateful_step_count=30)


def test_every_step_and_state_has_its_row_and_every_state_can_be_withdrawn_once() -> None:
    assert set(FOLLOWS) == set(Step)
    assert set(FOLLOWS[Step.WITHDRAW]) == set(State) - {State.WITHDRAWN}
