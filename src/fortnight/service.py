"""The service, put together from its rooms; and what it does by the clock."""

from __future__ import annotations

import hmac
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.journal import Journal
from fortnight.arrivals.operator_accounts import Operators
from fortnight.arrivals.operators import Deliveries
from fortnight.case.cases import Cases
from fortnight.case.token import Laboratories
from fortnight.case.trace_job import TraceParts, give_up, run_trace
from fortnight.consent.store import Consents
from fortnight.db.migrate import MAIN_FILE, migrate_embedded, open_main
from fortnight.jobs.queue import Traces, migrate_queue
from fortnight.jobs.schedule import Schedule, Task
from fortnight.lake.days import Days
from fortnight.lake.drain import Drain
from fortnight.lake.forgetting import Forgetting
from fortnight.lake.lake import Lake
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer
from fortnight.notify.file_gateway import FileGateway
from fortnight.notify.outbox import Outbox
from fortnight.retention.erase import Eraser
from fortnight.retention.fsck import Fsck
from fortnight.retention.holdings import Holdings
from fortnight.retention.sunset import Sunset
from fortnight.retention.sweep import Sweeper
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.opening import open_people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fortnight.db.engine import Database
    from fortnight.settings import Settings
    from fortnight.vault.people import People

LAKE_FOLDER: Final = "lake"
LOG_FOLDER: Final = "log"
TEXTS_FILE: Final = "texts.jsonl"
MINUTE_MS: Final = 60_000
_TEXTS_EVERY_MS: Final = 2_000
_SWEEP_EVERY_MS: Final = 30 * MINUTE_MS
_COPY_EVERY_MS: Final = 10 * MINUTE_MS
_LATE_TURNS: Final = 5
"""After how many missed turns a task counts as not working."""


@dataclass(frozen=True, slots=True)
class Service:
    """Every room of one service, opened. Close it when done.

    ``start`` begins what runs by itself; a command that only asks or writes need not.
    """

    settings: Settings
    clock: Callable[[], int]
    database: Database
    people: People
    keys: FileKeys
    vault: Vault
    consents: Consents
    log: Log
    log_key: str
    journal: Journal
    operators: Operators
    deliveries: Deliveries
    laboratories: Laboratories
    drain: Drain
    days: Days
    lake: Lake
    outbox: Outbox
    gateway: FileGateway
    traces: Traces
    cases: Cases
    eraser: Eraser
    sweeper: Sweeper
    sunset: Sunset
    fsck: Fsck
    schedule: Schedule
    _closing: ExitStack

    def start(self) -> None:
        """Recover from however the last run ended, then begin what runs by the clock.

        Erasures are replayed before anything is answered: a database that was restored from a
        backup may hold people whose keys are gone.
        """
        now = self.clock()
        self.eraser.replay(now)
        self.eraser.resume(now)
        self.drain.sweep_orphans()
        self.outbox.recover(now)
        self.log.sequence(now)
        self.traces.start()
        self._closing.callback(self.traces.stop)
        self.schedule.start()
        self._closing.callback(self.schedule.stop)

    def close(self) -> None:
        """Stop what runs, keep what was acknowledged, and close every file."""
        self._closing.close()

    def waiting(self) -> bool:
        """Tell whether anything that arrived is not yet where a search finds it."""
        return self.drain.waiting() or self.days.behind()

    def ready(self) -> Mapping[str, str]:
        """Return what is not ready, in words without personal data; empty where all is."""
        problems = {}
        now = self.clock()
        for name, turns in self.schedule.health().items():
            every = self.schedule.every_ms(name)
            if turns.problem is not None:
                problems[name] = f"its last turn ended with {turns.problem}"
            elif turns.ended_at is None or now - turns.ended_at > _LATE_TURNS * every + MINUTE_MS:
                problems[name] = "has not run for too long"
        return problems


def prepare(settings: Settings) -> None:
    """Make what an embedded service needs: its files, at the version of this program."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.home / LAKE_FOLDER).mkdir(exist_ok=True, mode=0o700)
    (settings.home / LOG_FOLDER).mkdir(exist_ok=True)
    if settings.is_embedded:
        migrate_embedded(settings.home)
        migrate_queue(f"sqlite:///{settings.home / MAIN_FILE}")


def open_service(
    settings: Settings, *, clock: Callable[[], int], random: Callable[[int], bytes]
) -> Service:
    """Open every room of a service.

    Raises SettingsError or DatabaseError, with what to do, where something is missing.
    """
    prepare(settings)
    with ExitStack() as stack:
        opened = _open(settings, clock, random, stack)
        stack.pop_all()
    return opened


def _open(
    settings: Settings,
    clock: Callable[[], int],
    random: Callable[[int], bytes],
    stack: ExitStack,
) -> Service:
    closing = stack.enter_context(ExitStack())
    keys = FileKeys(settings.keys, random)
    closing.callback(keys.close)
    database = open_main(settings)
    closing.callback(database.close)
    consents = Consents(database, random)
    people = open_people(settings, database, consents, closing)
    vault = Vault(database, people, keys, consents, random, clock)
    signer = Signer(settings.log_name, keys.named("log"))
    log = Log(database, settings.home / LOG_FOLDER, signer, clock)
    lake_folder = settings.home / LAKE_FOLDER
    drain = Drain(database, vault, consents, lake_folder, random)
    days = Days(database, vault, lake_folder, random)
    lake = Lake(database, lake_folder)
    trace_parts = TraceParts(database, vault, lake, random, settings.timezone)
    traces = Traces(
        database,
        lambda run_id: run_trace(trace_parts, run_id, clock()),
        lambda run_id: give_up(trace_parts, run_id, clock()),
    )
    laboratories = Laboratories(database, keys.named("token"), vault.number_hash, random)
    outbox = Outbox(database, vault, consents, random, settings.district)
    holdings = Holdings(
        database,
        people,
        keys,
        vault,
        Forgetting(days),
        settings.home / TEXTS_FILE,
        traces.forget,
    )
    eraser = Eraser(holdings, random, settings.district)
    sweeper = Sweeper(holdings, eraser, random)
    sunset = Sunset(holdings, log, settings.programme_end)
    gateway = FileGateway(settings.home / TEXTS_FILE)
    journal = Journal(database, vault, consents, clock)
    closing.callback(journal.close)
    return Service(
        settings=settings,
        clock=clock,
        database=database,
        people=people,
        keys=keys,
        vault=vault,
        consents=consents,
        log=log,
        log_key=str(signer.public),
        journal=journal,
        operators=Operators(database, keys.named("operator"), random),
        deliveries=Deliveries(
            database,
            vault,
            consents,
            random,
            Bounds(settings.max_part_bytes, settings.max_rows),
            hmac.digest(keys.named("operator"), b"subscriber list", "sha256"),
            settings.district,
        ),
        laboratories=laboratories,
        drain=drain,
        days=days,
        lake=lake,
        outbox=outbox,
        gateway=gateway,
        traces=traces,
        cases=Cases(database, vault, laboratories, outbox, traces, random, keys.named("token")),
        eraser=eraser,
        sweeper=sweeper,
        sunset=sunset,
        fsck=Fsck(database, people, keys, lake_folder, settings.home / LOG_FOLDER),
        schedule=_schedule(
            settings, clock, keys, log, drain, days, outbox, gateway, sweeper, sunset
        ),
        _closing=closing.pop_all(),
    )


def _schedule(
    settings: Settings,
    clock: Callable[[], int],
    keys: FileKeys,
    log: Log,
    drain: Drain,
    days: Days,
    outbox: Outbox,
    gateway: FileGateway,
    sweeper: Sweeper,
    sunset: Sunset,
) -> Schedule:
    def move(now: int) -> None:
        drain.drain(now)
        days.refresh(now)

    def sweep(now: int) -> None:
        sweeper.sweep(now)
        sunset.end(now)

    return Schedule(
        [
            Task("drain", round(settings.drain_every_s * 1_000), move),
            Task("log", MINUTE_MS, log.sequence),
            Task("texts", _TEXTS_EVERY_MS, lambda now: outbox.drain(gateway, now)),
            Task("keys", _COPY_EVERY_MS, lambda _: keys.refresh_copy()),
            Task("sweep", _SWEEP_EVERY_MS, sweep),
        ],
        clock,
    )
