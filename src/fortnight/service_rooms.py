"""The rooms of a service, each opened from what it is made of."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.operators import Deliveries
from fortnight.case.cases import Cases
from fortnight.case.nearness import Near
from fortnight.case.reviews import Reviews
from fortnight.case.token import Laboratories
from fortnight.case.trace_job import TraceParts, give_up, run_trace
from fortnight.case.work import Work
from fortnight.consent.store import Consents
from fortnight.db.migrate import open_main
from fortnight.enrolment.rooms import EnrolmentRooms, open_enrolment
from fortnight.followup.emergency import Duty
from fortnight.followup.late_answers import LateAnswers
from fortnight.isolation.rooms import Support
from fortnight.jobs.queue import Traces
from fortnight.lake.forgetting import Forgetting
from fortnight.mine.rooms import Mine, open_mine
from fortnight.notify.rooms import TEXTS_FILE, TextRooms, open_texts
from fortnight.retention.erase import Eraser
from fortnight.retention.holdings import Holdings
from fortnight.retention.sunset import Sunset
from fortnight.retention.sweep import Sweeper
from fortnight.staff.rooms import StaffRooms, open_staff
from fortnight.taking.gathering import Gathering
from fortnight.taking.leaving import Leaving
from fortnight.taking.rooms import Taking
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.opening import open_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from fortnight.arrivals.choices import Choices
    from fortnight.db.engine import Database
    from fortnight.lake.days import Days
    from fortnight.lake.lake import Lake
    from fortnight.ledger.log import Log
    from fortnight.settings import Settings
    from fortnight.vault.people import People

LAKE_FOLDER: Final = "lake"


@dataclass(frozen=True, slots=True)
class Stores:
    """What every room is made from."""

    settings: Settings
    clock: Callable[[], int]
    random: Callable[[int], bytes]
    keys: FileKeys
    database: Database
    consents: Consents
    people: People
    vault: Vault
    lake: Path


def open_stores(
    settings: Settings,
    clock: Callable[[], int],
    random: Callable[[int], bytes],
    closing: ExitStack,
) -> Stores:
    """Open keys, databases, vault and lake; ``closing`` closes them."""
    keys = FileKeys(settings.keys, random)
    closing.callback(keys.close)
    database = open_main(settings)
    closing.callback(database.close)
    consents = Consents(database, random)
    people = open_people(settings, database, consents, closing)
    vault = Vault(database, people, keys, consents, random, clock)
    lake = settings.home / LAKE_FOLDER
    return Stores(settings, clock, random, keys, database, consents, people, vault, lake)


def traces_of(at: Stores, lake: Lake) -> Traces:
    """Return the queue of traces, and what each of its jobs does."""
    parts = TraceParts(at.database, at.vault, lake, at.random, at.settings.timezone)
    return Traces(
        at.database,
        lambda run_id: run_trace(parts, run_id, at.clock()),
        lambda run_id: give_up(parts, run_id, at.clock()),
    )


def staff_of(at: Stores, secret: bytes) -> StaffRooms:
    """Return the accounts of staff, and who is near whom."""
    near = Near(at.database, at.vault)
    return open_staff(at.database, at.settings, secret, at.vault.number_hash, at.random, near)


def _texts(at: Stores, answers: LateAnswers, secret: bytes) -> TextRooms:
    return open_texts(
        at.settings,
        at.database,
        at.vault,
        at.consents,
        answers,
        secret,
        at.random,
        at.clock,
    )


def _support(at: Stores, work: Work, zone: ZoneInfo) -> Support:
    said = at.settings
    duty = Duty(said.emergency_number, said.duty_number, said.duty_from, said.duty_until, zone)
    return Support.of(work.cases, work.decisions, work.named, duty, zone, at.clock)


def mine_of(at: Stores, lake: Lake, log: Log) -> Mine:
    """Return what people are shown of their own."""
    reviews = Reviews(at.database, at.random)
    return open_mine(at.settings, at.database, at.vault, at.consents, lake, log, reviews)


def deliveries_of(at: Stores, choices: Choices) -> Deliveries:
    """Return where operators deliver."""
    return Deliveries(
        at.database,
        at.vault,
        at.consents,
        at.random,
        Bounds(at.settings.max_part_bytes, at.settings.max_rows),
        hmac.digest(at.keys.named("operator"), b"subscriber list", "sha256"),
        at.settings.district,
        choices,
    )


def _holdings(at: Stores, days: Days, traces: Traces) -> Holdings:
    texts = at.settings.home / TEXTS_FILE
    return Holdings(
        at.database, at.people, at.keys, at.vault, Forgetting(days), texts, traces.forget
    )


class CaseRooms(NamedTuple):
    """The rooms in which a case is worked on, and people are told and helped."""

    texts: TextRooms
    cases: Cases
    work: Work
    support: Support
    enrolment: EnrolmentRooms


def case_rooms(at: Stores, traces: Traces) -> CaseRooms:
    """Return the rooms of cases, texts, support and enrolment."""
    secret = at.keys.named("token")
    laboratories = Laboratories(at.database, secret, at.vault.number_hash, at.random)
    answers = LateAnswers()
    texts = _texts(at, answers, secret)
    cases = Cases(at.database, at.vault, laboratories, texts.outbox, traces, at.random, secret)
    work = Work.of(at.database, at.vault, cases, at.random)
    support = _support(at, work, ZoneInfo(at.settings.timezone))
    answers.give_to(support.followups)
    enrolment = open_enrolment(at.settings, texts.outbox, secret, at.random)
    return CaseRooms(texts, cases, work, support, enrolment)


class Ends(NamedTuple):
    """What deletes, each in its own time."""

    holdings: Holdings
    eraser: Eraser
    sweeper: Sweeper
    sunset: Sunset


def ends_of(at: Stores, days: Days, traces: Traces, log: Log) -> Ends:
    """Return what deletes."""
    holdings = _holdings(at, days, traces)
    eraser = Eraser(holdings, at.random, at.settings.district)
    return Ends(
        holdings,
        eraser,
        Sweeper(holdings, eraser, at.random),
        Sunset(holdings, log, at.settings.programme_end),
    )


def taking_of(at: Stores, lake: Lake, log: Log, log_key: str, eraser: Eraser) -> Taking:
    """Return how people take a copy, and leave."""
    return Taking(
        Gathering(at.database, at.vault, lake, log, at.settings.home / TEXTS_FILE),
        Leaving(at.consents, eraser, log),
        log_key,
        at.settings.district,
    )
