"""The service, put together from its rooms; and what it does by the clock."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from fortnight.arrivals.choices import Choices
from fortnight.arrivals.journal import Journal
from fortnight.arrivals.operator_accounts import Operators
from fortnight.arrivals.phones import Phones
from fortnight.arrivals.uploads import Held
from fortnight.case.oversight import Oversight, open_oversight
from fortnight.db.migrate import MAIN_FILE, migrate, role_of
from fortnight.exchange.exports import Exports
from fortnight.exchange.intake import Intake
from fortnight.exchange.results import Results
from fortnight.jobs.queue import Traces, migrate_queue
from fortnight.jobs.schedule import Schedule, Task
from fortnight.lake.colleagues import ColleagueTies
from fortnight.lake.days import Days
from fortnight.lake.drain import Drain
from fortnight.lake.forgetting import Forgetting
from fortnight.lake.lake import Lake
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer
from fortnight.retention.fsck import Fsck
from fortnight.retention.restore import Restorer
from fortnight.service_rooms import (
    LAKE_FOLDER,
    CaseRooms,
    Ends,
    Stores,
    case_rooms,
    deliveries_of,
    ends_of,
    mine_of,
    open_stores,
    staff_of,
    taking_of,
    traces_of,
)
from fortnight.venues.posters import Venues
from fortnight.venues.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fortnight.arrivals.operators import Deliveries
    from fortnight.case.cases import Cases
    from fortnight.case.token import Laboratories
    from fortnight.case.work import Work
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.enrolment.rooms import EnrolmentRooms
    from fortnight.isolation.rooms import Support
    from fortnight.mine.rooms import Mine
    from fortnight.notify.outbox import Outbox
    from fortnight.notify.rooms import TextRooms
    from fortnight.retention.erase import Eraser
    from fortnight.retention.sunset import Sunset
    from fortnight.retention.sweep import Sweeper
    from fortnight.settings import Settings
    from fortnight.staff.rooms import StaffRooms
    from fortnight.taking.rooms import Taking
    from fortnight.vault.door import Vault
    from fortnight.vault.keys import FileKeys
    from fortnight.vault.people import People

LOG_FOLDER: Final = "log"
MINUTE_MS: Final = 60_000
_LOG_EVERY_MS: Final = 5_000  # what a busy minute leaves at once would keep every writer waiting
_TEXTS_EVERY_MS: Final = 2_000
_LEAVING_EVERY_MS: Final = 5_000
_ERASURES_EVERY_MS: Final = 5 * MINUTE_MS  # files of a large lake take minutes to rewrite
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
    choices: Choices
    phones: Phones
    uploads: Held
    venues: Venues
    visits: Visits
    journal: Journal
    operators: Operators
    deliveries: Deliveries
    laboratories: Laboratories
    drain: Drain
    days: Days
    lake: Lake
    outbox: Outbox
    texts: TextRooms
    traces: Traces
    cases: Cases
    work: Work
    support: Support
    enrolment: EnrolmentRooms
    results: Results
    intake: Intake
    exports: Exports
    staff: StaffRooms
    oversight: Oversight
    mine: Mine
    eraser: Eraser
    sweeper: Sweeper
    sunset: Sunset
    restorer: Restorer
    taking: Taking
    fsck: Fsck
    schedule: Schedule
    _closing: ExitStack

    def start(self) -> None:
        """Recover from however the last run ended, then begin what runs by the clock.

        Erasures are replayed before anything is answered: a database that was restored from a
        backup may hold people whose keys are gone.
        """
        now = self.clock()
        self.log.check_current()  # first: a sweep of orphans would remove what a restore adopts
        if self.has_ended():
            self.sunset.end(now)
            return  # nothing runs any more: the log is served as it stands
        self.eraser.replay(now)
        self.eraser.resume(now)
        self.drain.sweep_orphans()
        self.outbox.recover(now)
        self.intake.recover()
        self.log.sequence(now)
        self.traces.start()
        self._closing.callback(self.traces.stop)
        self.schedule.start()
        self._closing.callback(self.schedule.stop)

    def close(self) -> None:
        """Stop what runs, keep what was acknowledged, and close every file."""
        self._closing.close()

    def has_ended(self) -> bool:
        """Tell whether the programme is over: then the log is answered, and nothing else."""
        return self.sunset.is_due(self.clock())

    def waiting(self) -> bool:
        """Tell whether anything that arrived is not yet where a search finds it."""
        return self.drain.waiting() or self.days.behind()

    def ready(self) -> Mapping[str, str]:
        """Return what is not ready, in words without personal data; empty where all is."""
        if self.has_ended():
            return {}
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
    """Make the folders of a service; where it is embedded its databases too."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.home / LAKE_FOLDER).mkdir(exist_ok=True, mode=0o700)
    (settings.home / LOG_FOLDER).mkdir(exist_ok=True)
    if settings.is_embedded:
        migrate_all(settings)


def migrate_all(settings: Settings) -> None:
    """Bring every table to the version of this program, those of the queue too.

    Raises DatabaseError, with what to do, where PostgreSQL or its roles are not as needed.
    """
    migrate(settings)
    if settings.is_embedded:
        migrate_queue(f"sqlite:///{settings.home / MAIN_FILE}")
    else:
        migrate_queue(settings.owner_database_url, role_of(settings.database_url))


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
    at = open_stores(settings, clock, random, closing)
    signer = Signer(settings.log_name, at.keys.named("log"))
    log = Log(at.database, settings.home / LOG_FOLDER, signer, clock)
    drain = Drain(at.database, at.vault, at.consents, at.lake, random)
    days, lake = Days(at.database, at.vault, at.lake, random), Lake(at.database, at.lake)
    traces = traces_of(at, lake)
    ends = ends_of(at, days, traces, log)
    with_cases = case_rooms(at, traces)
    texts, cases, work, support, _ = with_cases
    closing.callback(texts.gateway.close)
    zone = ZoneInfo(settings.timezone)
    intake = Intake(at.database, cases, clock, random, zone, work.assignments)
    closing.callback(intake.close)
    choices = Choices(at.database, at.vault, zone)
    journal = Journal(at.database, at.vault, at.consents, clock, choices)
    closing.callback(journal.close)
    visits = Visits(at.database, at.vault, at.consents, journal, Forgetting(days), choices, random)
    tasks = _tasks(at, log, drain, days, with_cases, ends, visits)
    return Service(
        settings=settings,
        clock=clock,
        database=at.database,
        people=at.people,
        keys=at.keys,
        vault=at.vault,
        consents=at.consents,
        log=log,
        log_key=str(signer.public),
        choices=choices,
        phones=Phones(at.database, at.vault),
        uploads=Held(),
        venues=Venues(at.database, random),
        visits=visits,
        journal=journal,
        operators=Operators(at.database, at.keys.named("operator"), random),
        deliveries=deliveries_of(at, choices),
        laboratories=cases.laboratories,
        drain=drain,
        days=days,
        lake=lake,
        outbox=texts.outbox,
        texts=texts,
        traces=traces,
        cases=cases,
        work=work,
        support=support,
        enrolment=with_cases.enrolment,
        results=Results(cases.laboratories, cases, settings.district),
        intake=intake,
        exports=Exports(at.database, at.vault, random),
        staff=staff_of(at, at.keys.named("token")),
        oversight=open_oversight(at.database, at.vault, log, random),
        mine=mine_of(at, lake, log),
        eraser=ends.eraser,
        sweeper=ends.sweeper,
        sunset=ends.sunset,
        restorer=Restorer(ends.holdings, ends.eraser, ends.sweeper, log, at.lake, random),
        taking=taking_of(at, lake, log, str(signer.public), ends.eraser),
        fsck=Fsck(at.database, at.people, at.keys, at.lake, settings.home / LOG_FOLDER),
        schedule=Schedule(tasks, clock),
        _closing=closing.pop_all(),
    )


def _tasks(
    at: Stores,
    log: Log,
    drain: Drain,
    days: Days,
    rooms: CaseRooms,
    ends: Ends,
    visits: Visits,
) -> list[Task]:
    ties = ColleagueTies(at.database, at.vault, at.lake)

    def move(now: int) -> None:
        drain.drain(now)
        ties.catch_up(now)
        days.refresh(now)

    def send(now: int) -> None:
        if not ends.sunset.is_due(now):
            rooms.support.bell.turn(rooms.texts.gateway, now)  # first: somebody waits for it
            rooms.enrolment.entry.turn(now)
            rooms.texts.send(now)

    def enrolled(now: int) -> None:
        rooms.enrolment.turn(now)
        for person in rooms.enrolment.resets.over(now):
            ends.eraser.erase(person, now)

    return [
        Task("drain", round(at.settings.drain_every_s * 1_000), move),
        Task("log", _LOG_EVERY_MS, log.sequence),
        Task("texts", _TEXTS_EVERY_MS, send),
        Task("reminders", MINUTE_MS, rooms.texts.reminders.turn),
        Task("cases", MINUTE_MS, rooms.work.turn),
        Task("follow-up", MINUTE_MS, rooms.support.turn),
        Task("visits", MINUTE_MS, visits.turn),
        Task("enrolment", MINUTE_MS, enrolled),
        Task("keys", _COPY_EVERY_MS, lambda _: at.keys.refresh_copy()),
        Task("leaving", _LEAVING_EVERY_MS, ends.eraser.hurry),
        Task("erasures", _ERASURES_EVERY_MS, ends.eraser.resume),
        Task("sweep", _SWEEP_EVERY_MS, ends.sweeper.sweep),
        Task("end", MINUTE_MS, ends.sunset.end),
    ]
