"""The queue of traces on DBOS: a job and its reason are one transaction, and both outlive us."""

from __future__ import annotations

import logging
import socket
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, text
from tests.case_world import WORKER, Office
from tests.services import Clock, seeded

from fortnight.db.tables import trace_run
from fortnight.errors import DatabaseError
from fortnight.jobs.queue import Traces, migrate_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fortnight.db.engine import Database

WAIT_S = 60.0  # only how long a test that fails takes


class Work:
    """Remembers what was run; breaks as often as it is told."""

    def __init__(self, breaks: int = 0) -> None:
        self.done: list[str] = []
        self.given_up: list[str] = []
        self.ended = Event()
        self._breaks = breaks

    def run(self, run_id: str) -> None:
        if self._breaks:
            self._breaks -= 1
            raise ValueError("the number +37060000001")
        self.done.append(run_id)
        self.ended.set()

    def give_up(self, run_id: str) -> None:
        self.given_up.append(run_id)
        self.ended.set()


@pytest.fixture
def traces(database: Database) -> Iterator[Callable[[Work], Traces]]:
    """Make queues that are stopped at the end."""
    migrate_queue(database.engine.url.render_as_string(hide_password=False))
    made: list[Traces] = []

    def make(work: Work) -> Traces:
        made.append(Traces(database, work.run, work.give_up, poll_s=0.05))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_what_was_queued_before_the_start_is_run_once(
    database: Database, traces: Callable[[Work], Traces]
) -> None:
    work = Work()
    queue = traces(work)
    for _ in range(2):  # asked for twice
        with database.write() as connection:
            queue.enqueue(connection, "run-1")
    queue.start()
    assert work.ended.wait(WAIT_S)
    queue.stop()
    assert work.done == ["run-1"]


def test_a_job_is_gone_with_the_transaction_of_its_reason(
    database: Database, traces: Callable[[Work], Traces]
) -> None:
    work = Work()
    queue = traces(work)

    def fail_after_queuing() -> None:
        with database.write() as connection:
            queue.enqueue(connection, "never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_queuing()
    with database.write() as connection:
        queue.enqueue(connection, "run-1")
    queue.start()
    assert work.ended.wait(WAIT_S)
    queue.stop()
    assert work.done == ["run-1"]


def test_work_that_breaks_is_tried_again_and_given_up_in_the_end(
    database: Database, traces: Callable[[Work], Traces], caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(breaks=3)
    queue = traces(work)
    queue.start()
    with database.write() as connection:
        queue.enqueue(connection, "run-1")
    with caplog.at_level(logging.DEBUG):
        assert work.ended.wait(WAIT_S)
        queue.stop()
    assert (work.done, work.given_up) == ([], ["run-1"])
    assert "3706" not in caplog.text
    assert "37060000001" not in _everything_held(database)


def _everything_held(database: Database) -> str:
    schema = "dbos." if database.is_postgres else ""
    names = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")
    with database.read() as connection:
        rows = [
            list(connection.execute(text(f"SELECT * FROM {schema}{name}")))  # noqa: S608 - our own names
            for name in names
        ]
    return repr(rows)


def test_a_job_holds_the_id_of_a_run_as_json_and_no_pickle(
    database: Database, traces: Callable[[Work], Traces]
) -> None:
    queue = traces(Work())
    with database.write() as connection:
        queue.enqueue(connection, "run-1")
    held = _everything_held(database)
    assert '["run-1"]' in held
    assert "py_pickle" not in held


def test_a_run_without_a_job_is_queued_at_the_start(
    database: Database, traces: Callable[[Work], Traces], clock: Clock
) -> None:
    office = Office(database, clock, seeded().randbytes)
    case_id = office.agreed()
    row: dict[str, Any] = {
        "id": "e" * 32,
        "case_id": case_id,
        "state": "running",
        "asked_at": clock(),
        "asked_by": WORKER.actor,
        "asked_role": WORKER.role,
    }
    with database.write() as connection:
        connection.execute(insert(trace_run).values(row))
    work = Work()
    traces(work).start()
    assert work.ended.wait(WAIT_S)
    assert work.done == ["e" * 32]


def test_what_is_held_of_a_run_can_be_forgotten(
    database: Database, traces: Callable[[Work], Traces]
) -> None:
    work = Work()
    queue = traces(work)
    with database.write() as connection:
        queue.enqueue(connection, "run-1")
    queue.start()
    assert work.ended.wait(WAIT_S)
    queue.stop()
    queue.forget(["run-1"])
    assert "run-1" not in _everything_held(database)


def test_the_queue_speaks_to_nobody_and_prints_nothing(
    database: Database,
    traces: Callable[[Work], Traces],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    reached: list[object] = []
    connect = socket.socket.connect

    def noted(one: socket.socket, address: object) -> None:
        reached.append(address)
        connect(one, address)  # type: ignore[arg-type] # whatever it was called with

    monkeypatch.setattr(socket.socket, "connect", noted)
    work = Work()
    queue = traces(work)
    queue.start()
    with database.write() as connection:
        queue.enqueue(connection, "run-1")
    assert work.ended.wait(WAIT_S)
    queue.stop()
    assert reached == []  # PostgreSQL's own client does not go through this
    assert capfd.readouterr() == ("", "")


def test_an_environment_that_would_report_to_a_cloud_is_refused(
    traces: Callable[[Work], Traces], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBOS__CLOUD", "true")
    with pytest.raises(DatabaseError, match="DBOS__CLOUD"):
        traces(Work()).start()
