"""An office in the middle of its work, with something on every page: to be read, and looked at."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, update
from tests.office_world import CASE, NEXT, TODAY, OfficeWorld, office_world, reader
from tests.services import DAY, HOUR
from tests.staff_world import Colleague, colleague
from tests.support_rich import supported
from tests.unit.sample_document import sample_document

from fortnight.case.calls import NewCall
from fortnight.case.cases import NewCase
from fortnight.case.day_parts import cut
from fortnight.case.exposures import exposure_of, replace_all
from fortnight.case.named import NewNamed
from fortnight.db.office_tables import decision
from fortnight.db.tables import alarm, case_file, trace_run
from fortnight.risk.dates import testing_words
from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.case.named import Named
    from fortnight.report.document import AssessmentDocument, ContactDocument
    from fortnight.service import Service

MANY: Final = 24
"""Contacts of the large case."""
WRITTEN: Final = (
    "Час за одним столом.",
    "Были вместе дома.",
    "Позвонить вечером",
    "Имя",
    "Просмотр был по их случаю.",
)
"""What people wrote."""
RICH: Final = 12
"""The contact of the sample document for whom there is evidence of most kinds."""
_CURVE: Final = (3, 4, 4, 6, 6, 6, 7, 7, 8, 8, 8, 8, 9, 9, 11, 12, 14, 15, 20, 33, 41)
"""How many days before today each of many cases was tested."""
_LATER: Final = 253
"""Days from the sample document to the clock of the tests."""
_STAMP: Final = re.compile(r'"(\d{4}-\d{2}-\d{2})(T[^"]*)?"')
_CROWD: Final = {"lon": 24.105, "lat": 56.948}
_VERSION: Final = '{"radius_m": 25, "version": "%s"}'


@dataclass(frozen=True)
class RichWorld:
    """The paths of pages on which there is something, and who may read them."""

    office: OfficeWorld
    colleagues: dict[str, Colleague]  # by role
    large: str  # a case with contacts of all kinds of evidence
    contacts: tuple[str, ...]  # of it
    opened: str
    absent: str  # a case that did not enrol
    named: str  # a contact that it named
    withdrawn: str
    failed: str
    upload: str
    support: tuple[str, ...]  # pages of follow-up, tickets and replies

    @property
    def service(self) -> Service:
        return self.office.service

    def own_words(self) -> list[str]:
        """Return what people wrote or are called: it is shown in whatever language it is in."""
        service = self.service
        holders = service.oversight.key_holders
        accounts = service.staff.accounts.list()
        keys = [*holders.laboratories(), *holders.operators()]
        visits = [one for document in near_documents(MANY) for one in document.together.visits]
        places = [name for one in visits for name in (one.venue, one.room) if name]
        words = [
            *(one.name for one in keys),
            *(one.name for one in accounts),
            *(one.login for one in accounts),
        ]
        return sorted([*words, *places, *WRITTEN, service.settings.district], key=len, reverse=True)

    def pages(self) -> list[tuple[str, str]]:
        """Return every page with who reads it, by role."""
        cases = [self.large, self.opened, self.absent, self.withdrawn, self.failed]
        shown = [self.office.case, *(f"/office/cases/{one}" for one in cases)]
        large = f"/office/cases/{self.large}"
        met = [f"{large}/contacts/{one}" for one in self.contacts[:6]]
        met += [self.office.met, f"/office/cases/{self.absent}/contacts/{self.named}"]
        worker = ["/office", "/office/cases/new", "/office/intake", f"/office/intake/{self.upload}"]
        return [
            *(("case-worker", path) for path in (*worker, *shown, f"{large}/places", *met)),
            *(("case-worker", path) for path in ("/office/step-up", "/office/nothing/here")),
            *(("case-worker", path) for path in self.support),
            ("stepped-up", f"{large}/export"),
            ("nobody", "/office/sign-in"),
            ("nobody", "/office/invitation"),
            ("lead", "/office"),
            ("lead", "/office/overview"),
            ("epidemiologist", "/office"),
            ("epidemiologist", "/office/overview"),
            ("administrator", "/office/settings"),
            ("data-protection", "/office/log"),
        ]


@contextmanager
def rich_world(folder: Path, port: int = 8080) -> Iterator[RichWorld]:
    """Give an office a working week."""
    with office_world(folder, port) as office:
        yield _worked(office)


def _worked(office: OfficeWorld) -> RichWorld:
    service, who = office.service, reader(office.worker)
    roles = ("epidemiologist", "data-protection", "administrator")
    staff = {"case-worker": office.worker, "lead": office.lead}
    staff |= {role: colleague(service, role) for role in roles}
    staff["stepped-up"] = colleague(service, "lead", stepped_up=True)
    large, contacts = _large(office)
    met_as(office, near_documents(MANY)[RICH])
    opened, absent = _opened(office, NEXT, "opened"), _opened(office, "+37129999999", "absent")
    named = _named(office, absent)
    withdrawn, failed = (_opened(office, CASE, name) for name in ("wrong", "failed"))
    service.cases.withdraw_test(withdrawn, who, office.clock())
    _set(service, failed, {"state": "agreed", "agreed_at": office.clock()})
    _run(service, failed, {"state": "failed", "problem": "The case was closed."})
    _curve(office, staff["lead"])
    _calls(office, absent)
    _watched(office, staff)
    upload = service.intake.take(BytesIO(_rows(office)), who).id
    support = supported(office, absent, named.contact)
    return RichWorld(
        office, staff, large, contacts, opened, absent, named.contact, withdrawn, failed, upload,
        support,
    )  # fmt: skip


def _opened(office: OfficeWorld, number: str, test: str) -> str:
    """Open a case that the worker has."""
    service, own, now = office.service, office.worker.account.id, office.clock()
    new = NewCase(office.token(number, test), number, "covid-19", TODAY - 2, TODAY - 1, now - HOUR)
    case_id = service.cases.open(new, reader(office.worker), now)
    service.work.assignments.assign(case_id, own, own, reader(office.worker), now)
    return case_id


def _set(service: Service, case_id: str, values: dict[str, Any]) -> None:
    with service.database.write() as connection:
        connection.execute(update(case_file).where(case_file.c.id == case_id).values(values))


def _run(service: Service, case_id: str, values: dict[str, Any], version: str = "a1") -> str:
    """Put down a trace that ended."""
    now, run_id = service.clock(), service.cases.random(16).hex()
    whole = {
        "id": run_id,
        "case_id": case_id,
        "state": "done",
        "asked_at": now - HOUR,
        "asked_by": "w" * 32,
        "asked_role": "case-worker",
        "started_at": now - HOUR,
        "ended_at": now - HOUR,
        "window_first_day": TODAY - 17,
        "window_last_day": TODAY,
        "held_from_day": TODAY - 13,
        "parameters": _VERSION % version,
        "contacts": MANY,
    }
    with service.database.write() as connection:
        connection.execute(insert(trace_run).values(whole | values))
    return run_id


# -- a case with contacts of all kinds ---------------------------------------------------------


def near_documents(count: int) -> list[ContactDocument]:
    """Return contacts of the sample town, as if met in the days before the clock of the tests."""
    moved = [
        msgspec.json.decode(_STAMP.sub(_moved, msgspec.json.encode(one).decode()), type=type(one))
        for one in sample_document(count).contacts
    ]
    return [msgspec.structs.replace(one, assessment=_assessed(one)) for one in moved]


def _assessed(document: ContactDocument) -> AssessmentDocument:
    """Return what follows in words that the library has: the sample's are its own."""
    disease, immune = load_disease("covid-19"), load_disease("measles").immunity
    asked = [] if immune is None or not document.assessment.questions else [immune.question]
    words = testing_words(disease.testing)
    return msgspec.structs.replace(document.assessment, test_words=words, questions=asked)


def _moved(found: re.Match[str]) -> str:
    if found[2] is None:
        return f'"{date.fromisoformat(found[1]) - timedelta(days=_LATER)}"'
    at = datetime.fromisoformat(found[1] + found[2]) - timedelta(days=_LATER)
    return f'"{at.isoformat()}"'


def _large(office: OfficeWorld) -> tuple[str, tuple[str, ...]]:
    service = office.service
    case_id = _opened(office, NEXT, "large")
    _set(service, case_id, {"state": "traced", "agreed_at": office.clock(), "test_day": TODAY - 1})
    run_id = _run(service, case_id, {})
    documents = [
        _renumbered(document, place) for place, document in enumerate(near_documents(MANY))
    ]
    found = [
        (exposure_of(one, rank, ("phone",), late=rank == 2), cut(one, "UTC"))
        for rank, one in enumerate(documents, start=1)
    ]
    with service.database.write() as connection:
        replace_all(connection, case_id, run_id, found, service.vault.seal_case)
    _decided(office, case_id, [one.participant for one in documents])
    return case_id, tuple(one.participant for one in documents)


def met_as(office: OfficeWorld, document: ContactDocument) -> None:
    """Let the one contact who can be looked at have met the case as a document says."""
    service, replace = office.service, msgspec.structs.replace
    found = replace(document, participant=office.contact)
    rows = [(exposure_of(found, 1, ("phone",), late=True), cut(found, "UTC"))]
    run_id = _run(service, office.case_id, {})
    with service.database.write() as connection:
        replace_all(connection, office.case_id, run_id, rows, service.vault.seal_case)


def _renumbered(document: ContactDocument, place: int) -> ContactDocument:
    """Return a contact under a number of this case; a third of them met in one crowd."""
    replace = msgspec.structs.replace
    episodes = document.episodes
    if place % 3 == 0:
        start = (TODAY - 2) * DAY + 18 * HOUR
        times = {"start": _iso(start), "end": _iso(start + HOUR)}
        episodes = [*episodes[:-1], replace(episodes[-1], **times, **_CROWD)]
    return replace(document, participant=f"{place + 17:04x}{place:012x}", episodes=episodes)


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000).astimezone().isoformat()


def _decided(office: OfficeWorld, case_id: str, contacts: list[str]) -> None:
    """Decide about some of them: as rows, since nobody stands behind their numbers."""
    service, own, other = office.service, office.worker.account.id, office.lead.account.id
    now = office.clock() - HOUR
    kinds = ["tell", "tell", "dismiss", "tell", "tell"]
    for contact, kind in zip(contacts[2:], kinds, strict=False):
        waits = contact == contacts[6]
        row = {
            "id": service.cases.random(16).hex(),
            "case_id": case_id,
            "contact": contact,
            "kind": kind,
            "reason": WRITTEN[0],
            "by": own,
            "at": now,
            "needs_second": waits,
            "second_by": None,
        }
        with service.database.write() as connection:
            connection.execute(insert(decision).values(row))
    assert other != own


# -- the rest of the office ----------------------------------------------------------------------


def _named(office: OfficeWorld, case_id: str) -> Named:
    service, now = office.service, office.clock()
    new = NewNamed(
        case_id, WRITTEN[3], "+37128888888", "", TODAY - 2, TODAY - 1, "household", "A", True, False
    )
    service.work.named.add(new, office.worker.account.id, reader(office.worker), now)
    (found,) = service.work.named.of_case(case_id)
    text = WRITTEN[1]
    service.work.notes.add(case_id, text, office.worker.account.id, reader(office.worker), now)
    return found


def _calls(office: OfficeWorld, case_id: str) -> None:
    now = office.clock()
    for outcome, again in (("no-answer", None), ("call-back", now + HOUR)):
        call = NewCall(case_id, None, outcome, "ru", WRITTEN[2], again)  # type: ignore[arg-type] # of the closed list
        own = office.worker.account.id
        office.service.work.calls.record(call, own, reader(office.worker), now)


def _curve(office: OfficeWorld, lead: Colleague) -> None:
    """Put down cases of six weeks, with what was decided in them."""
    service = office.service
    for place, ago in enumerate(_CURVE):
        case_id = _opened(office, f"+3712700{place:04d}", f"curve {place}")
        at = (TODAY - ago) * DAY + 9 * HOUR
        days = {"test_day": TODAY - ago, "onset_day": TODAY - ago - 2, "sample_at": at}
        _set(service, case_id, days | {"state": "closed", "agreed_at": at})
        run_id = _run(service, case_id, {}, "a1" if place % 2 else "b2")
        document = _renumbered(near_documents(1)[0], place)
        found = [(exposure_of(document, 1, ("phone",), late=False), cut(document, "UTC"))]
        with service.database.write() as connection:
            replace_all(connection, case_id, run_id, found, service.vault.seal_case)
            row = {
                "id": service.cases.random(16).hex(),
                "case_id": case_id,
                "contact": document.participant,
                "kind": "dismiss" if place % 4 == 0 else "tell",
                "reason": "so",
                "by": lead.account.id,
                "at": at + (place + 1) * HOUR,
                "needs_second": False,
            }
            connection.execute(insert(decision).values(row))


def _watched(office: OfficeWorld, staff: dict[str, Colleague]) -> None:
    """Leave something to the officer and the administrator."""
    service, now = office.service, office.clock()
    kinds = ("look-questioned", "track-contradictory", "duplicate-case", "appeal")
    asked = [service.oversight.reviews.ask(one, "ab" * 16, now - DAY) for one in kinds]  # type: ignore[arg-type] # of the closed list
    officer = staff["data-protection"].account.id
    service.oversight.reviews.answer(asked[0], officer, WRITTEN[4], now)
    details = {
        "strangers-in-delivery": json.dumps({"received": 812, "strangers": 3}),
        "contradictory-track": f"day={TODAY - 1} jumps=4 origins=phone,upload",
    }
    with service.database.write() as connection:
        for kind, detail in details.items():
            row = {"id": service.cases.random(16).hex(), "kind": kind, "at": now, "detail": detail}
            connection.execute(insert(alarm).values(row | {"subject": "cd" * 16}))
    service.laboratories.register("Лаборатория", now)
    ended = service.laboratories.register("Старая лаборатория", now)
    service.laboratories.revoke(ended.id, now)
    service.operators.register("Оператор", now)
    service.log.sequence(now)


def _rows(office: OfficeWorld) -> bytes:
    """Return a file with a row for each reason to refuse it."""
    token = office.token("+37126000001", "uploaded")
    good = f"{token},+37126000001,covid-19,,2026-02-28,"
    rows = [
        "token,number,disease,onset,test_date,sample",
        good,
        good,
        ",+37126000001,covid-19,,2026-02-28,",
        "x,,covid-19,,2026-02-28,",
        "x,+37126000001,,,2026-02-28,",
        "x,+37126000001,plague,,2026-02-28,",
        "x,12,covid-19,,2026-02-28,",
        "x,+37126000001 ext. 4,covid-19,,2026-02-28,",
        "x,+3712,covid-19,,2026-02-28,",
        f"x,{'1' * 50},covid-19,,2026-02-28,",
        "x,+37126000001,covid-19,,28/02/2026,",
        "x,+37126000001,covid-19,28/02/2026,2026-02-28,",
        "x,+37126000001,covid-19,,2026-02-28,noon",
        "x,+37126000001,covid-19,,2026-02-28,2026-02-28 25:61",
        "x,+37126000001,covid-19,,2027-02-28,",
        f"{'x' * 300},+37126000001,covid-19,,2026-02-28,",
        "x,+37126000001,covid-19",
        "x,+37126000001,covid-19,,2026-02-28,,,,more",
        "x,+37126000001,covid-19,2026-02-28,2026-02-28,2026-02-28 08:15",
        "token,number,disease,onset,test_date,sample",
    ]
    return "\r\n".join(rows).encode()
