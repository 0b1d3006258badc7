"""A small health office at work: colleagues, and cases as a finished trace leaves them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import insert, update
from tests.case_world import DAY_MS, Office
from tests.services import HOUR
from tests.unit.sample_document import sample_document

from fortnight.case.day_parts import cut
from fortnight.case.decisions import Decisions
from fortnight.case.exposures import Exposure, replace_all
from fortnight.db.office_tables import staff_account
from fortnight.db.tables import case_file, trace_run
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services import Clock

    from fortnight.db.engine import Database
    from fortnight.report.document import ContactDocument

_BASE = sample_document(1).contacts[0]


def contact_id(place: int) -> str:
    """Return the number of one of many contacts."""
    return f"{place:016x}"


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat()


class Colleagues(Office):
    """An office with staff, whose traces are put down by hand."""

    def __init__(self, database: Database, clock: Clock, random: Callable[[int], bytes]) -> None:
        super().__init__(database, clock, random)
        self.decisions = Decisions(database, self.vault, self.cases, random)
        self.tests = 0
        self.ann = self.colleague("case-worker")
        self.ben = self.colleague("case-worker")
        self.lee = self.colleague("lead")

    def colleague(self, role: str, district: str = "north") -> Reader:
        """Give somebody an account; the reader's actor is its id."""
        account = self.random(16).hex()
        with self.database.write() as connection:
            connection.execute(
                insert(staff_account).values(
                    id=account,
                    login=account,
                    name=f"{role} {account[:4]}",
                    role=role,
                    district=district,
                    made_at=self.clock(),
                )
            )
        return Reader(role, account, district)

    def new_case(self, number: str = "+37060000001", reader: Reader | None = None) -> str:
        """Open a case of a test of its own."""
        self.tests += 1
        self.clock.advance(1)
        token = self.token(number, f"work-{self.tests}")
        return self.cases.open(self.new(token, number), reader or self.ann, self.clock())

    def new_agreed(self) -> str:
        """Open a case, and give its yes."""
        case_id = self.new_case()
        self.cases.agree(case_id, self.code(), self.clock())
        return case_id

    def traced(self, contacts: int = 1, *, together: bool = False) -> str:
        """Return a case whose trace found so many contacts, each elsewhere or all together."""
        case_id = self.new_agreed()
        self.found(case_id, [self.contact_met(one, together=together) for one in range(contacts)])
        return case_id

    def found(
        self,
        case_id: str,
        documents: list[ContactDocument],
        origins: tuple[str, ...] = ("phone",),
    ) -> str:
        """Put down what a trace found, and end it."""
        now = self.clock()
        run_id = self.cases.request_trace(case_id, self.ann, now)
        found = [
            (self.exposure(document, rank, origins), cut(document, "UTC"))
            for rank, document in enumerate(documents, start=1)
        ]
        with self.database.write() as connection:
            replace_all(connection, case_id, run_id, found, self.vault.seal_case)
            done = {"state": "done", "started_at": now, "ended_at": now, "contacts": len(found)}
            today = now // DAY_MS
            window = {"window_first_day": today - 14, "window_last_day": today}
            ended = update(trace_run).where(trace_run.c.id == run_id)
            connection.execute(ended.values(done | window | {"held_from_day": today - 14}))
            traced = update(case_file).where(case_file.c.id == case_id)
            connection.execute(traced.values(state="traced"))
        return run_id

    def exposure(
        self, document: ContactDocument, rank: int, origins: tuple[str, ...] = ("phone",)
    ) -> Exposure:
        """Return what is decided by, of two phones' positions."""
        day = int(datetime.fromisoformat(document.first).timestamp() * 1_000) // DAY_MS
        minutes = round(document.minutes)
        row = (document.participant, rank, day, day, minutes, "test", ("fixes",), origins)
        return Exposure(*row, late=False)

    def contact_met(self, place: int, *, together: bool = False) -> ContactDocument:
        """Return a contact met for an hour yesterday, far from everybody else or with all."""
        contact = contact_id(place)
        self.fake.contacts.setdefault(contact, f"{place + 1:032x}")
        start = self.clock() - DAY_MS
        episode = replace(
            sample_document(1).contacts[0].episodes[0],
            start=iso(start),
            end=iso(start + HOUR),
            lon=24.1 if together else 24.1 + place,
            lat=56.9,
        )
        return replace(
            _BASE,
            participant=contact,
            first=iso(start),
            last=iso(start + HOUR),
            minutes=60.0,
            gaps=[],
            together=replace(_BASE.together, visits=[]),
            episodes=[episode],
        )
