"""A process that is killed with a trace in its hands: the next start takes it up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from fortnight.jobs.queue import Traces, migrate_queue

if TYPE_CHECKING:
    from fortnight.db.engine import Database

WAIT_S = 120.0  # only how long a test that fails takes
ROOT = Path(__file__).parents[2]
WORKER = """
    import sys, threading
    from fortnight.db.engine import open_postgres, open_sqlite
    from fortnight.jobs.queue import Traces

    def hang(run_id):
        print("began", run_id, flush=True)
        threading.Event().wait()

    url = sys.argv[1]
    kind = open_postgres if url.startswith("postgresql") else open_sqlite
    database = kind(url)
    queue = Traces(database, hang, hang, at_once=1)
    queue.start()
    with database.write() as connection:
        for run_id in ("run-1", "run-2"):
            queue.enqueue(connection, run_id)
    threading.Event().wait()
"""


def test_traces_that_ran_or_waited_when_the_process_was_killed_are_run(database: Database) -> None:
    url = database.engine.url
    migrate_queue(url.render_as_string(hide_password=False))
    given = str(url.database)
    if database.is_postgres:
        given = url.set(drivername="postgresql").render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER), given],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == b"began run-1\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    done: list[str] = []
    both = Event()

    def work(run_id: str) -> None:
        done.append(run_id)
        if set(done) == {"run-1", "run-2"}:
            both.set()

    queue = Traces(database, work, done.append, poll_s=0.05)
    queue.start()
    assert both.wait(WAIT_S)
    queue.stop()
    assert sorted(done) == ["run-1", "run-2"]
