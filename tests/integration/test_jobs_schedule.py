"""What runs by the clock: when it is due, what a break does, and that it stops."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from tests.services import HOUR, MINUTE, NOON, Clock

from fortnight.jobs.schedule import Schedule, Task

if TYPE_CHECKING:
    import pytest


class Counted:
    """Notes when it was called."""

    def __init__(self) -> None:
        self.at: list[int] = []

    def __call__(self, now: int) -> None:
        self.at.append(now)


def test_everything_is_due_at_the_start_and_then_each_in_its_own_time(clock: Clock) -> None:
    often, seldom = Counted(), Counted()
    schedule = Schedule([Task("log", MINUTE, often), Task("sweep", HOUR, seldom)], clock)
    assert schedule.run_due(clock()) == ["log", "sweep"]
    assert schedule.run_due(clock()) == []
    for _ in range(120):
        schedule.run_due(clock.advance(MINUTE // 2))
    assert len(often.at) == 61
    assert seldom.at == [NOON, NOON + HOUR]


def test_turns_that_were_missed_are_made_up_by_one(clock: Clock) -> None:
    often = Counted()
    schedule = Schedule([Task("log", MINUTE, often)], clock)
    schedule.run_due(clock())
    schedule.run_due(clock.advance(10 * HOUR))
    assert len(often.at) == 2


def test_a_clock_that_was_set_back_does_not_stop_a_task(clock: Clock) -> None:
    often = Counted()
    schedule = Schedule([Task("log", MINUTE, often)], clock)
    schedule.run_due(clock())
    assert schedule.run_due(clock.advance(-10 * HOUR)) == ["log"]


def test_a_turn_that_broke_is_told_by_its_kind_and_followed_by_the_next(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    turns = iter([True, False])

    def breaks_once(_: int) -> None:
        if next(turns):
            raise ValueError("the number +37060000001")

    schedule = Schedule([Task("drain", MINUTE, breaks_once)], clock)
    schedule.run_due(clock())
    broken = schedule.health()["drain"]
    assert (broken.done, broken.broken, broken.problem, broken.ended_at) == (
        0,
        1,
        "ValueError",
        None,
    )
    schedule.run_due(clock.advance(MINUTE))
    mended = schedule.health()["drain"]
    assert (mended.done, mended.broken, mended.problem) == (1, 1, None)
    assert "3706" not in "".join(capfd.readouterr())


def test_a_task_can_be_run_before_its_time(clock: Clock) -> None:
    often = Counted()
    schedule = Schedule([Task("log", MINUTE, often)], clock)
    schedule.run_now("log", clock())
    schedule.run_now("log", clock())
    assert len(often.at) == 2
    assert schedule.run_due(clock()) == []


def test_each_task_has_a_thread_so_that_a_slow_one_delays_no_other(clock: Clock) -> None:
    held, ran = Event(), Event()
    schedule = Schedule(
        [Task("sweep", HOUR, lambda _: held.wait(60)), Task("log", MINUTE, lambda _: ran.set())],
        clock,
    )
    schedule.start()
    assert ran.wait(60)
    held.set()
    schedule.stop()
    assert {name: turns.done for name, turns in schedule.health().items()} == {
        "sweep": 1,
        "log": 1,
    }
