"""The whole service for tests: opened in a folder, on a clock that tests move."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select
from tests.databases import url_of

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.rows import fixes_of_json
from fortnight.case.cases import NewCase
from fortnight.consent.texts import current_text
from fortnight.db.migrate import MAIN_FILE, migrate_embedded
from fortnight.db.tables import message
from fortnight.jobs.queue import migrate_queue
from fortnight.service import open_service
from fortnight.settings import Settings
from fortnight.vault.keys import FileKeys
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fortnight.arrivals.checked import Checked
    from fortnight.service import Service

DAY = 86_400_000
BOUNDS = Bounds(max_bytes=64 << 20, max_rows=1_000_000)
WORKER = Reader("case-worker", "worker-1", "north")


def settings_in(
    folder: Path, now: int, database_url: str | None = None, zone: str = "UTC"
) -> Settings:
    """Return settings of a service in a folder, and make its keys where there are none.

    Its database is the folder's own, of the kind that is asked for, where no URL is given.
    """
    made = Settings(
        home=folder / "home",
        keys=folder / "keys",
        programme_end=(datetime.fromtimestamp(now / 1_000, tz=UTC) + timedelta(days=300)).date(),
        database_url=url_of(folder) if database_url is None else database_url,
        timezone=zone,
    )
    if not made.keys.exists():
        FileKeys.create(made.keys).close()
    return made


@contextmanager
def opened(
    settings: Settings, clock: Callable[[], int], random: Callable[[int], bytes]
) -> Iterator[Service]:
    """Open a service, and close it."""
    if settings.is_embedded:
        fill(settings.home)
    service = open_service(settings, clock=clock, random=random)
    try:
        yield service
    finally:
        service.close()


@cache
def _new_home() -> Mapping[str, bytes]:
    """Return the files of a home as `fortnight migrate` makes them, to be copied; made once."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        migrate_embedded(home)
        migrate_queue(f"sqlite:///{home / MAIN_FILE}")
        return {one.name: one.read_bytes() for one in home.iterdir()}


def fill(home: Path) -> None:
    """Give a new home its databases, unless it has them: a start migrates what is not current."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in _new_home().items():
        if not (home / name).exists():
            (home / name).write_bytes(content)
            (home / name).chmod(0o600)


def agree(service: Service, person: str, *kinds: str) -> None:
    """Give grants under the present texts."""
    for kind in kinds:
        version = current_text(kind, "en").version
        service.consents.give(
            person, kind, text_version=version, language="en", by="self", now=service.clock()
        )


def enrolled(service: Service, number: str, *kinds: str) -> str:
    """Enrol a phone number with grants; return its person."""
    person = service.vault.enrol(number, language="en", now=service.clock())
    agree(service, person, *kinds)
    return person


def open_case(service: Service, number: str, onset_day: int, test: str = "test-1") -> str:
    """Open a case with a laboratory's token, and say yes with the code that was sent."""
    now = service.clock()
    laboratory = service.laboratories.register(f"Laboratory of {test}", now)
    token = service.laboratories.issue(laboratory.key, test, number, now)
    new = NewCase(token, number, "covid-19", onset_day, now // DAY, now)
    case_id = service.cases.open(new, WORKER, now)
    service.cases.agree(case_id, code_sent(service, case_id), now)
    return case_id


def code_sent(service: Service, case_id: str) -> str:
    """Read the code of a case that waits to be sent to its person."""
    query = select(message).where(message.c.template == "code", message.c.case_id == case_id)
    with service.database.read() as connection:
        row = connection.execute(query).one()
    sealed = service.vault.unseal(row.person, row.sealed, b"message " + row.id.encode())
    return str(msgspec.json.decode(sealed)["code"])


def app_of(service: Service, person: str) -> str:
    """Give a person an app; return its secret."""
    return service.vault.add_device(person, "api", service.clock()).secret


def send_fixes(
    service: Service, person: str, fixes: Sequence[tuple[int, float, float]], batch: str
) -> None:
    """Send fixes (ms since 1970, lon, lat) as a phone does, past HTTP alone."""
    rows = [{"time": at, "lon": lon, "lat": lat, "accuracy": 10.0} for at, lon, lat in fixes]
    send_rows(service, person, rows, batch)


def send_rows(
    service: Service, person: str, rows: Sequence[Mapping[str, object]], batch: str
) -> None:
    """Send fixes as the door takes them in JSON; none of them may be refused."""
    service.journal.put(person, "fixes", "phone", batch, checked_rows(rows, batch, service.clock()))


def checked_rows(rows: Sequence[Mapping[str, object]], batch: str, now: int) -> Checked:
    """Return what the door takes of fixes in JSON; none of them may be refused."""
    body = json.dumps({"batch": batch, "fixes": rows}).encode()
    found = fixes_of_json(body, BOUNDS, now)
    assert found.checked.kept == len(rows)
    return found.checked
