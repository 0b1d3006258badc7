"""What runs by the clock: each task in a thread of its own, so that a slow one delays no other."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOGGER: Final = structlog.get_logger("fortnight.jobs")
_LOOK_S: Final = 1.0
"""Longest wait between two looks at the clock: tests and administrators set clocks."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do again and again.

    Attributes
    ----------
    every_ms : int
        From one start to the next. A turn that takes longer is followed at once by one turn, not
        by all those it missed.
    run : callable
        Takes the present instant, ms since 1970. It may be called again after it broke.
    """

    name: str
    every_ms: int
    run: Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Turns:
    """How a task has fared: for metrics and the page of health.

    ``problem`` is the kind of the last turn's error, None where it went well; ``ended_at`` the
    end of the last turn that went well, ms since 1970.
    """

    done: int = 0
    broken: int = 0
    ended_at: int | None = None
    problem: str | None = None


class Schedule:
    """Runs tasks by a clock.

    Parameters
    ----------
    clock : callable
        Returns ms since 1970.
    """

    def __init__(self, tasks: Sequence[Task], clock: Callable[[], int]) -> None:
        self._tasks = {task.name: task for task in tasks}
        self._clock = clock
        self._begun: dict[str, int] = {}  # the start of each task's last turn
        self._turns = dict.fromkeys(self._tasks, Turns())
        self._running = {name: Lock() for name in self._tasks}
        self._stopped = Event()
        self._threads: list[Thread] = []

    def run_due(self, now: int) -> list[str]:
        """Run every task that is due, one after the other; return their names."""
        return [name for name in self._tasks if self._run_if_due(name, now)]

    def run_now(self, name: str, now: int) -> None:
        """Run one task whether it is due or not; what runs already is waited for."""
        with self._running[name]:
            self._run(name, now)

    def start(self) -> None:
        """Begin to run tasks by the clock."""
        self._stopped.clear()
        self._threads = [
            Thread(target=self._keep_running, args=(name,), name=f"fortnight-{name}", daemon=True)
            for name in self._tasks
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop; what runs is waited for."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def every_ms(self, name: str) -> int:
        """Return the time from one start of a task to the next, in milliseconds."""
        return self._tasks[name].every_ms

    def health(self) -> dict[str, Turns]:
        """Return how each task has fared."""
        return dict(self._turns)

    def _keep_running(self, name: str) -> None:
        while not self._stopped.is_set():
            now = self._clock()
            self._run_if_due(name, now)
            wait_s = (now + self._tasks[name].every_ms - self._clock()) / 1_000
            self._stopped.wait(min(max(wait_s, 0.0), _LOOK_S))

    def _run_if_due(self, name: str, now: int) -> bool:
        with self._running[name]:
            begun = self._begun.get(name, now + 1)  # at the start everything is due
            if begun <= now < begun + self._tasks[name].every_ms:
                return False  # a clock that was set back makes it due too
            self._run(name, now)
        return True

    def _run(self, name: str, now: int) -> None:
        self._begun[name] = now
        before = self._turns[name]
        try:
            self._tasks[name].run(now)
        except Exception as error:  # noqa: BLE001 - one bad turn must not end all that follow
            problem = type(error).__name__  # its words may hold a row of somebody's
            _LOGGER.error("a task broke", task=name, problem=problem)  # noqa: TRY400 - no traceback
            self._turns[name] = Turns(before.done, before.broken + 1, before.ended_at, problem)
        else:
            self._turns[name] = Turns(before.done + 1, before.broken, self._clock(), None)
