"""The queue of traces, on DBOS: a job outlives the process that was to run it.

DBOS keeps its tables in our own database, so that a trace and its job are one transaction. A job
holds the id of a run and nothing else; ``trace_run`` is the truth about it. DBOS runs inside this
process: no server of its own, no telemetry, nothing sent anywhere, and its words stay out of our
logs, because they hold what a job was called with.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import TYPE_CHECKING, Any, Final

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from sqlalchemy import create_engine, event, select

from fortnight.db.tables import trace_run
from fortnight.errors import DatabaseError, FortnightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbos import DBOSConfig, EnqueueOptions, StepOptions
    from sqlalchemy import Connection, Engine

    from fortnight.db.engine import Database

    Work = Callable[[str], None]

NAME: Final = "fortnight"
QUEUE: Final = "traces"
VERSION: Final = "1"
"""Pinned: by default it changes with every edit of the code, and jobs of others are left lying."""
EXECUTOR: Final = "fortnight"
"""Pinned: a process recovers the jobs of the executor whose name it has."""
SCHEMA: Final = "dbos"
"""Where DBOS has its tables on PostgreSQL; on SQLite they lie beside ours."""
_FOREIGN: Final = "DBOS__"
_PATIENCE_S: Final = 10.0
_BUSY_MS: Final = 30_000
_RETRY: Final[StepOptions] = {"retries_allowed": True, "max_attempts": 3, "interval_seconds": 1.0}


class TraceFailedError(FortnightError):
    """A trace broke; what DBOS keeps of it is the kind of error, never its words."""


class Traces:
    """Runs queued traces, and queues them.

    Parameters
    ----------
    database : Database
        The main one.
    work : callable
        Takes a run's id, and does the trace. It may be called again for the same run.
    give_up : callable
        Takes the id of a run whose work broke three times.
    at_once : int
        Traces that run at the same time.
    poll_s : float
        Seconds between two looks at the queue.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        give_up: Work,
        *,
        at_once: int = 2,
        poll_s: float = 0.2,
    ) -> None:
        self._database = database
        self._work, self._give_up = work, give_up
        self._at_once, self._poll_s = at_once, poll_s
        self._engine: Engine | None = None
        self._busy = 0
        self._changed = Condition()
        silence()
        self._client = DBOSClient(
            system_database_engine=database.engine,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=NAME,
            lazy=True,
        )

    def enqueue(self, connection: Connection, run_id: str) -> None:
        """Queue a run in the caller's transaction; for one that is queued this does nothing.

        Works in a process that never starts: another takes the job.
        """
        options: EnqueueOptions = {
            "workflow_name": "trace",
            "queue_name": QUEUE,
            "workflow_id": run_id,
            "app_version": VERSION,
        }
        self._client.enqueue_in_transaction(connection, options, run_id)

    def start(self) -> None:
        """Begin to run what is queued, and what a process that died had begun.

        Raises DatabaseError where DBOS's tables are not there, on PostgreSQL.
        """
        refuse_foreign_settings()
        self._engine = _engine(self._database)

        def trace(run_id: str) -> None:  # DBOS marks the function: a method cannot be marked
            self._trace(run_id)

        try:
            DBOS(config=self._config())
            DBOS.workflow(name="trace")(trace)
            DBOS.launch()
        except Exception as error:
            self.stop()
            raise DatabaseError(
                "The queue of jobs cannot be used as it is: run `fortnight migrate`."
            ) from error
        self._register()
        self._queue_forgotten()

    def _register(self) -> None:
        """Register the queue from a thread of its own: DBOS refuses to beside an event loop."""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(
                DBOS.register_queue,
                QUEUE,
                worker_concurrency=self._at_once,
                polling_interval_sec=self._poll_s,
            ).result()

    def stop(self) -> None:
        """Stop. What runs is waited for, but not for ever: it would run again at the next start."""
        DBOS.destroy(destroy_registry=True)
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, timeout=_PATIENCE_S)
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def forget(self, run_ids: list[str]) -> None:
        """Delete what DBOS holds of runs: for the sweep, once their rows are gone."""
        if run_ids:
            self._client.delete_workflows(run_ids)

    def _trace(self, run_id: str) -> None:
        try:
            DBOS.run_step({"name": "trace"} | _RETRY, self._once, run_id)
        except Exception:  # noqa: BLE001 - it broke each time: the run must not wait for ever
            self._give_up(run_id)

    def _once(self, run_id: str) -> None:
        self._count(1)
        try:
            self._work(run_id)
        except Exception as error:  # noqa: BLE001 - its words may hold a row of somebody's
            raise TraceFailedError(type(error).__name__) from None
        finally:
            self._count(-1)

    def _count(self, by: int) -> None:
        with self._changed:
            self._busy += by
            self._changed.notify_all()

    def _queue_forgotten(self) -> None:
        """Queue every run that waits or runs and has no job: a restored backup may hold some."""
        with self._database.write() as connection:
            open_runs = select(trace_run.c.id).where(trace_run.c.state.in_(("queued", "running")))
            for run_id in connection.scalars(open_runs).all():
                self.enqueue(connection, run_id)

    def _config(self) -> DBOSConfig:
        return {
            "name": NAME,
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "system_database_engine": self._engine,
            "dbos_system_schema": SCHEMA,
            "run_migrations": not self._database.is_postgres,
            "serializer": DBOSPortableJSONSerializer(),
            "use_listen_notify": False,  # nobody waits for an event of a job
            "enable_otlp": False,
            "log_level": "CRITICAL",
        }


def migrate_queue(url: str, app_role: str | None = None) -> None:
    """Make or renew DBOS's tables, before anything is queued.

    Parameters
    ----------
    url : str
        ``sqlite:///path``, or PostgreSQL's with the role that owns the schema.
    app_role : str, optional
        The service's own role on PostgreSQL, which may then use them.
    """
    silence()
    refuse_foreign_settings()
    DBOS.migrate(url, schema=SCHEMA, application_role=app_role)


def silence() -> None:
    """Keep DBOS's words out of every log: they hold what a job was called with."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.CRITICAL)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # or DBOS adds one that prints


def refuse_foreign_settings() -> None:
    """Raise DatabaseError where the environment would make DBOS report to its makers' cloud."""
    if found := sorted(name for name in os.environ if name.startswith(_FOREIGN)):
        raise DatabaseError(
            f"{', '.join(found)} would make the queue of jobs speak to a service elsewhere: "
            "take it out of the environment."
        )


def _engine(database: Database) -> Engine:
    """Return an engine of the same database for DBOS, which begins its transactions itself."""
    url = database.engine.url
    if database.is_postgres:
        return create_engine(url, pool_size=8, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = "IMMEDIATE"
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"busy_timeout = {_BUSY_MS}",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
