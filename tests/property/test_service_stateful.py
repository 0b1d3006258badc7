"""A service lives through what comes, in any order, beside a model that is a few sets.

Whatever happened: nobody was read without a look that others can see, nothing is kept past its
time, and of who withdrew or left, nothing is returned and nothing is sent.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from tests.services import DAY, HOUR, MINUTE, NOON, Clock, seeded
from tests.whole_service import WORKER, agree, open_case, opened, send_fixes, settings_in

from fortnight.case.trace_job import TraceParts, run_trace
from fortnight.db.tables import message
from fortnight.errors import GoneError, RefusedError
from fortnight.service import open_service
from fortnight.vault.purposes import Field, Purpose, Reader
from fortnight.vault.reading import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.service import Service
    from fortnight.settings import Settings

SEQUENCES: Final = int(os.environ.get("SEQUENCES", "40"))
"""1,000 in the whole run before a release; each is a service with databases of its own."""
MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - thousands of syncs
NUMBERS: Final = [f"+3712000000{place}" for place in range(4)]
PLACES: Final = [(24.10, 56.95), (24.20, 56.99)]
PHONE: Final = "trace.phone"
OFFICER: Final = Reader("data-protection", "officer-1", "north")
people = st.sampled_from(NUMBERS)


@dataclass
class Person:
    """What the model knows of somebody who is enrolled."""

    id: str
    grants: set[str] = field(default_factory=set)
    wavered: bool = False  # withdrew something once: what was sent before is not foretold
    waiting: set[tuple[int, int]] = field(default_factory=set)  # (day, place) that was sent
    filed: set[tuple[int, int]] = field(default_factory=set)
    cases: list[str] = field(default_factory=list)


class Life(RuleBasedStateMachine):
    """One service, on a clock that is moved."""

    template: Path  # a service's folder in which nothing happened yet

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.clock = Clock()
        self.random = seeded(1)
        self.people: dict[str, Person] = {}
        self.sent_batches = 0
        self.tests = 0

    @initialize(
        together=st.sets(people, max_size=3), kinds=st.sampled_from(({PHONE}, {PHONE, "notify"}))
    )
    def begin(self, together: set[str], kinds: set[str]) -> None:
        """Open a service in which some took part and were at one place the day before."""
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.settings: Settings = settings_in(self.folder, NOON, "")
        self.open()
        for number in sorted(together):
            self.enrol(number, kinds)
            self.send(number, 1, 0)
        if together:
            self.drain()
            self.become_case(min(together))

    def open(self) -> None:
        self.service: Service = open_service(
            self.settings, clock=self.clock, random=self.random.randbytes
        )

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.settle()
            self.service.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- what people do ----------------------------------------------------------------------------

    @rule(number=people, kinds=st.sets(st.sampled_from((PHONE, "notify")), max_size=2))
    def enrol(self, number: str, kinds: set[str]) -> None:
        person = self.service.vault.enrol(number, language="en", now=self.clock())
        known = self.people.setdefault(number, Person(person))
        assert known.id == person
        for kind in sorted(kinds - known.grants):
            agree(self.service, person, kind)
            known.grants.add(kind)

    @precondition(lambda self: self.people)
    @rule(number=people, kind=st.sampled_from((PHONE, "notify")))
    def withdraw(self, number: str, kind: str) -> None:
        if (known := self.people.get(number)) and kind in known.grants:
            self.service.consents.withdraw(known.id, kind, self.clock())
            known.grants.discard(kind)
            known.wavered = True
            assert kind != "notify" or known.id not in self.waiting_texts()

    @precondition(lambda self: self.people)
    @rule(number=people, days_ago=st.integers(1, 3), place=st.integers(0, 1))
    def send(self, number: str, days_ago: int, place: int) -> None:
        if not (known := self.people.get(number)):
            return
        day = self.clock() // DAY - days_ago
        times = range(day * DAY + 18 * HOUR, day * DAY + 19 * HOUR, MINUTE)
        self.sent_batches += 1
        fixes = [(at, *PLACES[place]) for at in times]
        batch = str(self.sent_batches)
        if PHONE in known.grants:
            send_fixes(self.service, known.id, fixes, batch)
            known.waiting.add((day, place))
            return
        with pytest.raises(RefusedError):
            send_fixes(self.service, known.id, fixes, batch)

    @precondition(lambda self: self.people)
    @rule(number=people)
    def erase(self, number: str) -> None:
        if known := self.people.pop(number, None):
            self.service.eraser.erase(known.id, self.clock())
            assert self.names(known.id) == []
            with pytest.raises((GoneError, RefusedError)):
                send_fixes(self.service, known.id, [(self.clock() - HOUR, *PLACES[0])], "gone")

    # -- what the office does ----------------------------------------------------------------------

    @precondition(lambda self: self.people)
    @rule(number=people)
    def become_case(self, number: str) -> None:
        if known := self.people.get(number):
            self.tests += 1
            today = self.clock() // DAY
            case_id = open_case(self.service, number, today - 2, f"test-{self.tests}")
            known.cases.append(case_id)

    @precondition(lambda self: any(known.cases for known in self.people.values()))
    @rule(data=st.data(), told=st.booleans())
    def trace(self, data: st.DataObject, *, told: bool) -> None:
        number = data.draw(st.sampled_from(sorted(n for n in self.people if self.people[n].cases)))
        known = self.people[number]
        case_id = known.cases[-1]
        service = self.service
        before = {one.contact for one in service.cases.exposures(case_id)}
        run = service.cases.request_trace(case_id, WORKER, self.clock())
        parts = TraceParts(
            service.database, service.vault, service.lake, self.random.randbytes, "UTC"
        )
        run_trace(parts, run, self.clock())
        after = service.cases.exposures(case_id)
        ended = service.cases.run(run)
        if ended.state != "done" or ended.held_from_day is None:
            return
        # The list outlives the evidence: of days that are gone a run says nothing, for or against.
        seen = {one.contact for one in after if one.last_day >= ended.held_from_day}
        assert {one.contact for one in after} - seen <= before
        found = {person for contact, person in self.contacts(case_id) if contact in seen}
        self.check_found(known, found, case_id)
        for contact in sorted(one.contact for one in after) if told else ():
            self.tell(case_id, contact)

    def check_found(self, case: Person, found: set[str], case_id: str) -> None:
        """Nobody is found who did not agree and was not there; who did and was, is found."""
        others = [one for one in self.people.values() if one is not case]
        near = {one.id for one in others if one.filed & case.filed and PHONE in one.grants}
        assert found <= near
        assert PHONE in case.grants or not found
        if PHONE in case.grants and not case.wavered:
            held = {meet for meet in case.filed if meet[0] >= self.clock() // DAY - 2}
            steady = {one.id for one in others if not one.wavered and PHONE in one.grants}
            sure = {one.id for one in others if one.id in steady and one.filed & held}
            assert sure <= found
        assert found <= {row["person"] for row in self.looks() if row["case_id"] == case_id}

    def tell(self, case_id: str, contact: str) -> None:
        person = dict(self.contacts(case_id))[contact]
        try:
            self.service.cases.tell(case_id, contact, WORKER, self.clock(), interviewed=True)
        except RefusedError:
            return
        looked = {(row["person"], row["case_id"]) for row in self.looks()}
        assert (person, case_id) in looked

    @precondition(lambda self: self.people)
    @rule(number=people, purpose=st.sampled_from((Purpose.NOTIFY, Purpose.RIGHTS)))
    def read(self, number: str, purpose: Purpose) -> None:
        if not (known := self.people.get(number)):
            return
        vault, before = self.service.vault, len(self.looks())
        with pytest.raises(RefusedError):  # a look that nobody committed
            vault.read(Access((self.random.randbytes(16).hex(),)))
        asked = (OFFICER, purpose, None, [Field.NUMBER], [known.id], self.clock())
        if purpose is Purpose.NOTIFY and "notify" not in known.grants:
            with pytest.raises(RefusedError):
                vault.open_access(*asked)
            assert len(self.looks()) == before
            return
        access = vault.open_access(*asked)
        looks = self.looks()
        assert len(looks) == before + 1
        assert {row["person"] for row in looks if row["id"] in access.looks} == {known.id}
        assert vault.read(access)[known.id][Field.NUMBER] == number

    # -- what happens by itself --------------------------------------------------------------------

    @rule()
    def drain(self) -> None:
        now = self.clock()
        self.service.drain.drain(now)
        self.service.days.refresh(now)
        for known in self.people.values():
            if PHONE in known.grants:
                known.filed |= known.waiting
            known.waiting.clear()

    @rule()
    def hand_over_texts(self) -> None:
        before = len(self.texts())
        self.service.outbox.drain(self.service.texts.gateway, self.clock())
        allowed = {number for number, one in self.people.items() if "notify" in one.grants}
        wanted = {one.id for one in self.people.values() if "notify" in one.grants}
        assert self.waiting_texts() <= wanted  # what waited for others was stopped
        new = self.texts()[before:]
        assert {one["number"] for one in new if "something to tell you" in one["words"]} <= allowed

    @rule(days=st.sampled_from((0, 1, 3, 15)))
    def time_passes(self, days: int) -> None:
        for step in {0: [20 * MINUTE], 1: [DAY], 3: [3 * DAY], 15: [8 * DAY, 7 * DAY]}[days]:
            self.clock.advance(step)
            self.settle()

    def settle(self) -> None:
        """Let an hour's work be done; after it nothing is past its time, and all is whole."""
        now = self.clock()
        self.drain()
        self.service.sweeper.sweep(now)
        self.service.log.sequence(now)
        there = set(self.service.people.ids())
        for number, known in list(self.people.items()):
            if known.id not in there:
                assert not known.grants  # only who agrees to nothing is let go
                del self.people[number]
        assert [one for one in self.service.fsck.findings(now) if one.kind != "no-reason"] == []
        self.forget_old()

    def forget_old(self) -> None:
        with closing(sqlite3.connect(self.folder / "home" / "fortnight.db")) as raw:
            held = {one for (one,) in raw.execute("SELECT id FROM case_file")}
        first = self.clock() // DAY - 14
        for known in self.people.values():
            known.cases = [one for one in known.cases if one in held]
            known.filed = {meet for meet in known.filed if meet[0] >= first}
            known.waiting = {meet for meet in known.waiting if meet[0] >= first}

    @rule()
    def restart(self) -> None:
        self.service.close()
        self.open()
        self.service.eraser.replay(self.clock())
        self.service.drain.sweep_orphans()
        self.service.outbox.recover(self.clock())

    def waiting_texts(self) -> set[str]:
        """Return to whom a text waits that needs their grant."""
        query = select(message.c.person).where(
            message.c.state == "queued", message.c.purpose == "notify"
        )
        with self.service.database.read() as connection:
            return set(connection.scalars(query))

    # -- what is there, by other means than the service's ------------------------------------------

    def looks(self) -> list[sqlite3.Row]:
        """Return the looks that another connection sees: those that are committed."""
        with closing(sqlite3.connect(self.folder / "home" / "fortnight.db")) as raw:
            raw.row_factory = sqlite3.Row
            return raw.execute("SELECT id, person, case_id FROM look").fetchall()

    def contacts(self, case_id: str) -> list[tuple[str, str]]:
        query = "SELECT contact, person FROM case_contact WHERE case_id = ?"
        with closing(sqlite3.connect(self.folder / "home" / "people.db")) as raw:
            return list(raw.execute(query, (case_id,)))

    def names(self, person: str) -> list[str]:
        """Return the tables, of both databases, that name a person anywhere."""
        found = []
        for name in ("fortnight.db", "people.db"):
            with closing(sqlite3.connect(self.folder / "home" / name)) as raw:
                tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (table,) in tables.fetchall():
                    rows = raw.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608 - its own names
                    found += [table for row in rows if person in map(str, row)]
        return found

    def texts(self) -> list[dict[str, str]]:
        path = self.folder / "home" / "texts.jsonl"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [msgspec.json.decode(line) for line in lines if line.strip()]


@pytest.fixture
def template() -> Iterator[Path]:
    """Yield a folder with a service in which nothing happened yet."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        with opened(settings_in(folder, NOON, ""), Clock(), seeded(2).randbytes):
            pass
        yield folder


def test_a_service_keeps_its_promises_whatever_happens(template: Path) -> None:
    Life.template = template
    effort = settings(
        max_examples=SEQUENCES,
        stateful_step_count=10,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # ten steps can be read as they are
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=effort)
