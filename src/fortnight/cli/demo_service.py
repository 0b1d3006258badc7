"""`fortnight demo --serve`: the simulated town through the whole service, step by step.

Everything goes the way that real people and phones would go: people enrol and agree, phones send
over HTTP to a service that runs beside this command, a laboratory gives a token, the case says
yes, the trace runs as a durable job, a contact is told, the text is in a file.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fortnight.case.cases import NewCase
from fortnight.cli.case import contacts_table
from fortnight.cli.init import make_home
from fortnight.cli.opened import DAY_MS, OUT, print_plain, reader_here, service_in
from fortnight.cli.terminal import progress
from fortnight.clock import now_ms
from fortnight.consent.many import give_many
from fortnight.consent.texts import current_text
from fortnight.errors import FortnightError
from fortnight.notify.pace import QUIET_FROM, QUIET_UNTIL
from fortnight.notify.rooms import TEXTS_FILE
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.run import simulate
from fortnight.staff.accounts import NewAccount
from fortnight.vault.purposes import Reader
from fortnight.web.documents import ARROW, BATCH_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from fortnight.service import Service

DAYS: Final = 13  # of the fourteen that a service holds: the oldest is half over
_ONSET_DAY: Final = 9
_GRANTS: Final = ("trace.phone", "notify")
_AT_ONCE: Final = 1_000
_PATIENCE_S: Final = 180.0
_LOOK_S: Final = 0.1
_CODE: Final = re.compile(r"\b\d{6}\b")
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_SHOWN: Final = 10
_NOON: Final = 12


@dataclass(frozen=True, slots=True)
class _Phone:
    name: str  # in the town
    number: str
    secret: str


def demo_service(home: Path, *, people: int, seed: int, quiet: bool, stay: bool) -> None:
    """Fill a new service in ``home`` with a simulated town, and trace one case in it.

    ``stay`` leaves the service running until Ctrl-C.
    """
    today = datetime.now(UTC).date()
    with progress("Simulating a town", quiet=quiet) as told:
        town = simulate(
            people,
            DAYS,
            seed,
            home.with_name("town"),
            start=today - timedelta(days=DAYS),
            truth=False,
            on_progress=told,
        )
    fixes = pq.read_table(town.folder / FIXES_FILE)
    make_home(home, timezone=waking_zone(now_ms()))
    port = _free_port()
    with service_in(home) as service, _running(home, port) as server:
        _say(f"A service in {home}, listening on http://127.0.0.1:{port}")
        phones = _enrol(
            service, [str(name) for name in fixes["participant"].unique().sort()], quiet=quiet
        )
        _say(f"{len(phones)} people enrolled, and agreed to {' and '.join(_GRANTS)}")
        kept = _send(phones, fixes, port, quiet=quiet)
        _say(f"their phones sent {kept:,} fixes over HTTP, each acknowledged once it was durable")
        _wait_until_filed(service)
        case_id = _open_case(service, _busiest(phones, fixes), home)
        _trace(service, case_id)
        listed = service.cases.exposures(case_id)
        _say(f"the trace found {len(listed)} contacts, each under a number of this case alone:")
        OUT.print(contacts_table(listed, shown=_SHOWN))
        _tell_first(service, case_id, home)
        if stay:
            _say("the service runs until Ctrl-C")
            server.wait()


def _say(line: str) -> None:
    print_plain(f"- {line}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service beside this command until the block ends."""
    log = home / "service.log"
    settings = {"PORT": str(port), "DRAIN_EVERY_S": "1", "POSTS_A_MINUTE": "100000"}
    environment = os.environ | {f"FORTNIGHT_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "fortnight.cli", "serve", str(home)]
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603 - our own module, with words of our own
            command, stdout=out, stderr=out, env=environment
        ) as server,
    ):
        try:
            _wait(
                lambda: _answers(port) or server.poll() is not None,
                f"The service did not start within {_PATIENCE_S:.0f} s: see {log}.",
            )
            if server.poll() is not None:
                raise FortnightError(f"The service did not start: see {log}.")
            yield server
        finally:
            server.terminate()


def _wait(until: Callable[[], bool], problem: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not until():
        if time.monotonic() > end:
            raise FortnightError(problem)
        time.sleep(_LOOK_S)


def _answers(port: int) -> bool:
    try:
        return _ask(port, "GET", "/healthz")[0] == HTTPStatus.OK
    except OSError:
        return False


def _ask(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)) as connection:
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()


def _enrol(service: Service, names: Sequence[str], *, quiet: bool) -> list[_Phone]:
    """Enrol the people of the town with the grants that the demonstration needs."""
    phones: list[_Phone] = []
    versions = {kind: current_text(kind, "en").version for kind in _GRANTS}
    with progress("Enrolling", quiet=quiet) as told:
        for first in range(0, len(names), _AT_ONCE):
            now, some = service.clock(), names[first : first + _AT_ONCE]
            numbers = [f"+3712{first + place:07d}" for place in range(len(some))]
            people = service.vault.enrol_many(numbers, language="en", now=now)
            give_many(service.consents, people, versions, language="en", by="self", now=now)
            devices = service.vault.add_devices(people, "api", now)
            phones += [
                _Phone(name, number, device.secret)
                for name, number, device in zip(some, numbers, devices, strict=True)
            ]
            told(len(phones), len(names))
    return phones


def _send(phones: Sequence[_Phone], fixes: pa.Table, port: int, *, quiet: bool) -> int:
    """Send each person's fixes as their phone would; return how many were acknowledged."""
    fixes = fixes.sort_by("participant")
    own = fixes["participant"].to_numpy(zero_copy_only=False)
    kept = 0

    def send(phone: _Phone) -> int:
        first, end = (int(np.searchsorted(own, phone.name, side)) for side in ("left", "right"))
        rows = fixes.slice(first, end - first).drop_columns("participant")
        status, answer = _ask(port, "POST", "/api/v1/fixes", _as_stream(rows), _headers(phone))
        if status != HTTPStatus.OK:
            raise FortnightError(f"The service did not take a batch: it answered {status}.")
        return int(json.loads(answer)["kept"])

    with progress("Sending", quiet=quiet) as told, ThreadPoolExecutor(4) as pool:
        for place, count in enumerate(pool.map(send, phones)):
            kept += count
            told(place + 1, len(phones))
    return kept


def _headers(phone: _Phone) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {phone.secret}",
        "Content-Type": ARROW,
        BATCH_HEADER: "history",
    }


def _as_stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as out:
        out.write_table(rows)
    return sink.getvalue().to_pybytes()


def _wait_until_filed(service: Service) -> None:
    """Wait until what arrived is in the lake, and the indexes hold it."""
    _wait(lambda: not service.waiting(), "What the phones sent was not filed: see service.log.")


def _busiest(phones: Sequence[_Phone], fixes: pa.Table) -> _Phone:
    """Return the phone that reported most: one that was silent for days would show gaps alone."""
    counts = Counter(map(str, fixes["participant"].to_pylist()))
    return max(phones, key=lambda phone: (counts[phone.name], phone.name))


def _open_case(service: Service, phone: _Phone, home: Path) -> str:
    """Go the case's way: laboratory, token, case, the code that was sent, their yes."""
    now = service.clock()
    laboratory = service.laboratories.register("Demonstration laboratory", now)
    token = service.laboratories.issue(laboratory.key, "test-1", phone.number, now)
    _say("a laboratory gave a token for one positive test")
    today = now // DAY_MS
    new = NewCase(
        token=token,
        number=phone.number,
        disease="covid-19",
        onset_day=today - DAYS + _ONSET_DAY,
        test_day=today,
        sample_at=now,
    )
    case_id = service.cases.open(new, reader_here(service.settings), now)
    _say("the case was opened; the person was told at once, and sent a code")
    service.cases.agree(case_id, _code_sent(home, phone), service.clock())
    _say("they said yes with it")
    return case_id


def _code_sent(home: Path, phone: _Phone) -> str:
    """Read the code as the person would: from the text that came."""
    found: list[str] = []

    def came() -> bool:
        words = [one["words"] for one in _texts(home) if one["number"] == phone.number]
        found[:] = [code for text in words for code in _CODE.findall(text)]
        return bool(found)

    _wait(came, "The code was not sent: see service.log.")
    return found[-1]


def waking_zone(now: int) -> str:
    """Return a zone in which it is day: at night nobody is told, and the demo would wait."""
    hour = datetime.fromtimestamp(now / 1_000, UTC).hour
    if QUIET_UNTIL <= hour < QUIET_FROM - 1:
        return "UTC"
    return f"Etc/GMT{hour - _NOON:+d}"  # the sign of these names is the other way about


def _texts(home: Path) -> list[dict[str, str]]:
    path = home / TEXTS_FILE
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _trace(service: Service, case_id: str) -> None:
    """Queue the trace; the service beside this command runs it."""
    begun = time.monotonic()
    run = service.cases.request_trace(case_id, reader_here(service.settings), service.clock())
    _wait(
        lambda: service.cases.run(run).state in ("done", "failed"),
        "The trace did not end: see service.log.",
    )
    ended = service.cases.run(run)
    if ended.state == "failed":
        raise FortnightError(f"The trace failed: {ended.problem}")
    _say(f"the trace ran as a durable job: {time.monotonic() - begun:.1f} s from asking")


def _tell_first(service: Service, case_id: str, home: Path) -> None:
    """Decide on the first contact of the list, and wait for their text."""
    listed = service.cases.exposures(case_id)
    if not listed:
        _say("nobody to tell; this does not mean that nobody was near")
        return
    before = len(_texts(home))
    contact = listed[0].contact
    made = service.work.decisions.decide(
        case_id,
        contact,
        "tell",
        "The longest of all meetings.",
        *_somebody(service, "first"),
        service.clock(),
    )
    if made.is_waiting:
        _say("many met at one place, so a second person has to agree before anybody is resolved")
        service.work.decisions.approve(made.id, *_somebody(service, "second"), service.clock())
    _wait(lambda: len(_texts(home)) > before, "The text was not sent: see service.log.")
    _say(f"contact {contact} was told, by a decision of a named person; the text:")
    print_plain(f"  {_texts(home)[-1]['words']}", f"  ({home / TEXTS_FILE})")


def _somebody(service: Service, login: str) -> tuple[str, Reader]:
    """Return the account of somebody who works in this demonstration, and them as a reader."""
    district = service.settings.district
    new = NewAccount(login, "lead", f"The {login} person", district, None, None)
    account = service.staff.accounts.add(new, by="demonstration", now=service.clock()).account
    return account, Reader(role="lead", actor=account, district=district)
