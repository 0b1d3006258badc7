"""A small town, and the office that works on it: `fortnight serve` in a process of its own."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import func, select
from tests.databases import url_of
from tests.served import free_port

from fortnight.cli.init import make_home
from fortnight.clock import now_ms
from fortnight.consent.texts import current_text
from fortnight.db.tables import ledger_leaf, message
from fortnight.notify.rooms import TEXTS_FILE
from fortnight.service import open_service
from fortnight.settings import read_settings
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.run import simulate
from fortnight.staff.accounts import NewAccount
from fortnight.web.documents import ARROW, BATCH_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fortnight.service import Service

PEOPLE: Final = 40
DAYS: Final = 13
PATIENCE_S: Final = 120.0
_GRANTS: Final = ("trace.phone", "notify")
_CODE: Final = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True)
class Town:
    """The service in its folder, and who of the town reported most."""

    home: Path
    port: int
    service: Service
    busiest: str = ""  # their phone number

    @property
    def zone(self) -> ZoneInfo:
        """Where the office is: what is typed into a form is by its clock."""
        return ZoneInfo(self.service.settings.timezone)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def invite(self, role: str, name: str) -> str:
        """Make an account; return the address that registers its passkey."""
        district = self.service.settings.district
        new = NewAccount(f"{role}-{secrets.token_hex(3)}", role, name, district)
        made = self.service.staff.accounts.add(new, by="test", now=now_ms())
        return f"{self.origin}/office/invitation#{made.code}"

    def token(self, test: str, number: str) -> str:
        """Return a laboratory's token, as the laboratory would ask for it."""
        now = now_ms()
        made = self.service.laboratories.register(f"Laboratory of {test}", now)
        return self.service.laboratories.issue(made.key, test, number, now)

    def texts(self, number: str) -> list[str]:
        """Return the texts that a phone got."""
        path = self.home / TEXTS_FILE
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [one["words"] for one in map(json.loads, lines) if one["number"] == number]

    def code(self, number: str, after: int) -> str:
        """Return the code that came to a phone, after so many codes before."""
        wait(lambda: len(self.codes(number)) > after, "no code was sent")
        return self.codes(number)[-1]

    def codes(self, number: str) -> list[str]:
        """Return every code that came to a phone."""
        return [code for text in self.texts(number) for code in _CODE.findall(text)]

    def await_texts(self) -> None:
        """Wait until no text waits to be sent."""
        query = select(func.count()).where(message.c.state.in_(("queued", "sending")))

        def none_waits() -> bool:
            with self.service.database.read() as connection:
                return connection.scalar(query) == 0

        wait(none_waits, "texts wait to be sent")

    def leaves(self) -> dict[str, int]:
        """Return how many entries of each kind the log holds."""
        query = select(ledger_leaf.c.kind, func.count()).group_by(ledger_leaf.c.kind)
        with self.service.database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _noon_somewhere() -> str:
    """Return a zone in which it is about noon: texts of decisions wait for the morning at night."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # the sign of these names is the other way about


def wait(until: Callable[[], bool], problem: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < end, problem
        time.sleep(0.1)


@contextmanager
def town_in(folder: Path) -> Iterator[Town]:
    """Fill a new service with a simulated town, and serve it until the block ends."""
    today = datetime.now(UTC).date()
    start = today - timedelta(days=DAYS)
    made = simulate(PEOPLE, DAYS, 1, folder / "town", start=start, truth=False)
    fixes = pq.read_table(made.folder / FIXES_FILE).sort_by("participant")
    with serving(folder) as town:
        phones = _enrol(town.service, [str(one) for one in fixes["participant"].unique()])
        counts = {name: _send(fixes, name, phone, town.port) for name, phone in phones.items()}
        wait(lambda: not town.service.waiting(), "what was sent was not filed")
        yield replace(town, busiest=phones[max(counts, key=lambda one: counts[one])][0])


@contextmanager
def serving(folder: Path, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Town]:
    """Serve a new service in which nobody is enrolled, until the block ends.

    ``more``: settings beside those that make it quick.
    """
    home, port = folder / "service", free_port()
    make_home(home)
    settings = {
        "FORTNIGHT_PORT": str(port),
        "FORTNIGHT_DATABASE_URL": url_of(folder),
        "FORTNIGHT_DRAIN_EVERY_S": "0.2",
        "FORTNIGHT_POSTS_A_MINUTE": "100000",
        "FORTNIGHT_TIMEZONE": _noon_somewhere(),
        **more,
    }
    opened = open_service(
        read_settings(home, settings, now=now_ms()), clock=now_ms, random=secrets.token_bytes
    )
    command = [sys.executable, "-m", "fortnight.cli", "serve", str(home)]
    with (
        closing(opened) as service,
        (folder / "service.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | settings) as process,
    ):
        try:
            wait(lambda: _answers(port), f"it does not serve: {folder / 'service.log'}")
            yield Town(home, port, service)
        finally:
            process.kill()


def _enrol(service: Service, names: list[str]) -> dict[str, tuple[str, str]]:
    phones = {}
    for place, name in enumerate(sorted(names)):
        now, number = now_ms(), f"+3712{place:07d}"
        person = service.vault.enrol(number, language="en", now=now)
        for kind in _GRANTS:
            text = current_text(kind, "en").version
            service.consents.give(
                person, kind, text_version=text, language="en", by="self", now=now
            )
        phones[name] = number, service.vault.add_device(person, "api", now).secret
    return phones


def _send(fixes: pa.Table, name: str, phone: tuple[str, str], port: int) -> int:
    own = fixes["participant"].to_numpy(zero_copy_only=False)
    first, end = (int(np.searchsorted(own, name, side)) for side in ("left", "right"))
    rows = fixes.slice(first, end - first).drop_columns("participant")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as out:
        out.write_table(rows)
    headers = {
        "Authorization": f"Bearer {phone[1]}",
        "Content-Type": ARROW,
        BATCH_HEADER: "history",
    }
    body = sink.getvalue().to_pybytes()
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/api/v1/fixes", body, headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return int(json.loads(answer.read())["kept"])


def _answers(port: int) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except OSError:
        return False
