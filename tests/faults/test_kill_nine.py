"""Kill -9 of `fortnight serve` at random moments, under writers, on both kinds of database.

What was acknowledged is there afterwards, once; what was not, is sent again until it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from tests.databases import url_of
from tests.served import Nursery, free_port, nursery
from tests.whole_service import enrolled, opened

from fortnight.cli.init import make_home
from fortnight.clock import now_ms
from fortnight.consent.store import Consents
from fortnight.consent.texts import current_text
from fortnight.db.migrate import open_main
from fortnight.lake import catalogue
from fortnight.lake.files import DAY_MS, read_rows
from fortnight.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fortnight.service import Service
    from fortnight.settings import Settings

KILLS: Final = int(os.environ.get("KILLS", "15"))
"""50 before a release: each is a life of the service, with a start and a death."""
WRITERS: Final = 4
FIXES: Final = 7
PATIENCE_S: Final = 60.0
NUMBERS: Final = [f"+371200000{place:02d}" for place in range(2 * WRITERS)]
Sent = tuple[str, int]  # person, ms since 1970


@dataclass
class Phones:
    """What all writers together sent, and what they were told is kept."""

    port: int
    first: int  # ms since 1970: of the first fix
    sent: set[Sent] = field(default_factory=set)
    kept: set[Sent] = field(default_factory=set)
    answers: int = 0
    odd: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self, place: int, devices: Mapping[str, str]) -> None:
        """Send batch after batch, each until it is acknowledged, for two people in turn."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10) as client:
            number = 0
            while not self.ended.is_set():
                person = sorted(devices)[number % len(devices)]
                times = [self.first + (number * FIXES + k) * 1_000 for k in range(FIXES)]
                self._send_until_kept(client, person, devices[person], times, f"{place}-{number}")
                number += 1

    def _send_until_kept(
        self, client: httpx.Client, person: str, secret: str, times: list[int], batch: str
    ) -> None:
        rows = [{"time": at, "lon": 24.1, "lat": 56.95, "accuracy": 9.0} for at in times]
        body = json.dumps({"batch": batch, "fixes": rows}).encode()
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        fixes = {(person, at) for at in times}
        with self.changed:
            self.sent |= fixes
        while not self.ended.is_set():
            try:
                answer = client.post("/api/v1/fixes", content=body, headers=headers)
            except httpx.HTTPError:  # killed, or not there yet
                self.ended.wait(0.02)
                continue
            self._note(answer, fixes)
            return

    def _note(self, answer: httpx.Response, fixes: set[Sent]) -> None:
        with self.changed:
            if answer.status_code == 200 and answer.json()["kept"] == len(fixes):
                self.kept |= fixes
            else:
                self.odd.append(answer.text)
            self.answers += 1
            self.changed.notify_all()

    def wait_for(self, more: int) -> None:
        """Return once so many more batches were answered."""
        with self.changed:
            wanted = self.answers + more
            assert self.changed.wait_for(lambda: self.answers >= wanted, PATIENCE_S)


@pytest.fixture
def database_url(world_folder: Path) -> str:
    return url_of(world_folder)


def environment(port: int, database_url: str) -> dict[str, str]:
    return {
        "FORTNIGHT_PORT": str(port),
        "FORTNIGHT_DATABASE_URL": database_url,
        "FORTNIGHT_DRAIN_EVERY_S": "0.2",
        "FORTNIGHT_POSTS_A_MINUTE": "100000",
    }


def people_with_devices(settings: Settings) -> list[tuple[str, str]]:
    """Enrol people; return each with the secret of their device."""
    with opened(settings, now_ms, os.urandom) as service:
        people = [enrolled(service, number, "trace.phone") for number in NUMBERS]
        return [(one, service.vault.add_device(one, "api", now_ms()).secret) for one in people]


def change_mind(settings: Settings, person: str) -> None:
    """Give or take back a grant from another process: an entry that the log has to take in."""
    with contextlib.closing(open_main(settings)) as database:
        consents = Consents(database, os.urandom)
        if consents.live(None, person, "support"):
            consents.withdraw(person, "support", now_ms())
        else:
            text = current_text("support", "en").version
            consents.give(
                person, "support", text_version=text, language="en", by="self", now=now_ms()
            )


def kill_again_and_again(
    nest: Nursery, phones: Phones, settings: Settings, person: str, chance: random.Random
) -> None:
    """Kill the service while it starts, and while it serves, in turn and at random moments."""
    for place in range(KILLS):
        child = nest.start()
        if place % 3 == 0:
            time.sleep(chance.uniform(0, 1))  # the moment of death, somewhere in the start
        else:
            phones.wait_for(chance.randint(1, 20))
            change_mind(settings, person)
            time.sleep(chance.uniform(0, 0.4))  # somewhere in a commit, a drain or an index
        nest.kill(child)


def lake_of(service: Service, people: list[str]) -> Counter[Sent]:
    """Return how often each fix lies in the lake, found by the pseudonyms of its people."""
    with service.database.read() as connection:
        days = list(catalogue.days(connection))
        files = catalogue.files(connection, days, "fixes")
    found: Counter[Sent] = Counter()
    for (day, kind), names in files.items():
        rows: Any = read_rows(service.drain.folder, names, kind)
        known = {service.vault.file_under(one, day): one for one in people}
        pairs = zip(rows["pseudonym"].to_pylist(), rows["time"].to_pylist(), strict=True)
        found.update((known[name], at) for name, at in pairs)
    return found


def test_a_service_that_is_killed_keeps_what_it_acknowledged_once(
    tmp_path: Path, database_url: str
) -> None:
    home = tmp_path / "home"
    make_home(home)
    settings = read_settings(home, {"FORTNIGHT_DATABASE_URL": database_url}, now=now_ms())
    owners = people_with_devices(settings)
    phones = Phones(free_port(), (now_ms() // DAY_MS - 1) * DAY_MS)
    with (
        nursery(home, environment(phones.port, database_url)) as nest,
        ThreadPoolExecutor(WRITERS) as writers,
    ):
        writing = [
            writers.submit(phones.write, k, dict(owners[2 * k : 2 * k + 2])) for k in range(WRITERS)
        ]
        try:
            kill_again_and_again(nest, phones, settings, owners[0][0], random.Random(9))  # noqa: S311 - repeatable
        finally:
            phones.ended.set()
    for one in writing:
        one.result()
    assert phones.odd == []
    assert len(phones.kept) >= KILLS * FIXES // 2
    with opened(settings, now_ms, os.urandom) as service:
        check_what_is_there(service, phones, [person for person, _ in owners])


def check_what_is_there(service: Service, phones: Phones, people: list[str]) -> None:
    now = now_ms()
    service.drain.drain(now)
    service.days.refresh(now)
    service.log.sequence(now)
    stored = lake_of(service, people)
    assert phones.kept - set(stored) == set()  # lost
    assert [fix for fix, count in stored.items() if count > 1] == []  # twice
    assert set(stored) - phones.sent == set()  # made up
    for person in people:
        day = phones.first // DAY_MS
        indexed = service.lake.provenance(day, service.vault.file_under(person, day))
        assert indexed.rows == sum(one == person and at // DAY_MS == day for one, at in stored)
    assert service.fsck.findings(now) == []
