"""Who waits for a commit, threads and tasks alike, and how they hear of it.

A loop is woken once for all of its tasks: waking it for each costs more than the commit.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from fortnight.arrivals.receipts import Receipt

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from fortnight.arrivals.receipts import Waiting

Caller: TypeAlias = "Future[Receipt] | asyncio.Future[Receipt]"
Outcome: TypeAlias = "Receipt | Exception"


class Put:
    """One batch, and who waits for it."""

    __slots__ = ("caller", "waiting")

    def __init__(self, waiting: Waiting, caller: Caller) -> None:
        self.waiting = waiting
        self.caller = caller

    def is_wanted(self) -> bool:
        """Tell whether the caller still waits; from here on a thread can no longer give up."""
        if isinstance(self.caller, Future):
            return self.caller.set_running_or_notify_cancel()
        return not self.caller.cancelled()


def tell(told: Iterable[tuple[Put, Outcome]]) -> None:
    """Tell callers what became of their batches."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Receipt], Outcome]]] = {}
    for put, outcome in told:
        if isinstance(put.caller, Future):
            _settle(put.caller, outcome)
        else:
            loops.setdefault(put.caller.get_loop(), []).append((put.caller, outcome))
    for loop, pairs in loops.items():
        with suppress(RuntimeError):  # a loop that was closed has nobody left to tell
            loop.call_soon_threadsafe(_settle_all, pairs)


def _settle_all(pairs: Iterable[tuple[asyncio.Future[Receipt], Outcome]]) -> None:
    for caller, outcome in pairs:
        if not caller.done():  # its task may have been cancelled meanwhile
            _settle(caller, outcome)


def _settle(caller: Caller, outcome: Outcome) -> None:
    if isinstance(outcome, Receipt):
        caller.set_result(outcome)
    else:
        caller.set_exception(outcome)
