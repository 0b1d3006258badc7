"""What may follow what in a case. Pure: no store, no clock.

    opened -> agreed -> traced -> closed, and withdrawn from every one of them

A case is traced only after its own yes, as often as new evidence asks for it. That of somebody who
is not enrolled has no yes to give, and is closed as it was opened. Nothing follows a withdrawn
test.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fortnight.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where a case stands."""

    OPENED = "opened"
    AGREED = "agreed"  # the case said yes
    TRACED = "traced"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # the test was wrong


class Step(StrEnum):
    """What is done with a case."""

    SEND_CODE = "send-code"
    AGREE = "agree"
    HIDE = "hide"  # a stay, before anything is looked at
    ASK_TRACE = "ask-trace"
    TRACE = "trace"
    TELL = "tell"
    CLOSE = "close"
    CLOSE_UNTRACED = "close-untraced"  # of somebody not enrolled: no yes is waited for
    WITHDRAW = "withdraw"


FOLLOWS: Final[Mapping[Step, Mapping[State, State]]] = {
    Step.SEND_CODE: {State.OPENED: State.OPENED},
    Step.AGREE: {State.OPENED: State.AGREED},
    Step.HIDE: {State.OPENED: State.OPENED, State.AGREED: State.AGREED},
    Step.ASK_TRACE: {State.AGREED: State.AGREED, State.TRACED: State.TRACED},
    Step.TRACE: {State.AGREED: State.TRACED, State.TRACED: State.TRACED},
    Step.TELL: {State.TRACED: State.TRACED},
    Step.CLOSE: {State.AGREED: State.CLOSED, State.TRACED: State.CLOSED},
    Step.CLOSE_UNTRACED: {State.OPENED: State.CLOSED},
    Step.WITHDRAW: {state: State.WITHDRAWN for state in State if state is not State.WITHDRAWN},
}
"""For each step, from which states it may be taken, and where it leads."""


def after(state: State, step: Step) -> State:
    """Return the state after a step. Raises ConflictError where it does not follow."""
    leads = FOLLOWS[step].get(state)
    if leads is None:
        raise ConflictError(
            f"{step} does not follow: the case is {state}. It can be done while a case is "
            f"{' or '.join(FOLLOWS[step])}."
        )
    return leads
