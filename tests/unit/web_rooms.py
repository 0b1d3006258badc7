"""Small rooms behind the doors: what a door asked of them can be read afterwards."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx

from fortnight.errors import ConflictError, RefusedError
from fortnight.exchange.results import Taken
from fortnight.followup.rows import here
from fortnight.notify.post import Dropped
from fortnight.settings import Settings
from fortnight.vault.people import Device
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from litestar import Litestar

    from fortnight.arrivals.checked import Checked
    from fortnight.exchange.observation import Observed
    from fortnight.followup.rows import Here
    from fortnight.isolation.reminder import Position
    from fortnight.web.bodies import Patience

NOW = 1_772_366_400_000  # 2026-03-01 12:00 UTC
OPERATOR = "0" * 31 + "1"
OPERATOR_KEY = "operator-key"
LABORATORY = "0" * 31 + "2"
LABORATORY_KEY = "laboratory-key"
PHONE, APP = "phone-secret", "app-secret"
TRACKER = "Basic " + "YW55OnBob25lLXNlY3JldA=="  # any:phone-secret
BEARER = f"Bearer {APP}"


DEVICES = {
    PHONE: Device("d1", "p1", "owntracks"),
    APP: Device("d2", "p1", "api"),
}


@dataclass
class Vault:
    devices: dict[str, Device] = field(default_factory=lambda: dict(DEVICES))
    asked: int = 0

    def recall(self, _: str) -> Device | None:
        return None

    def authenticate(self, secret: str) -> Device | None:
        self.asked += 1
        return self.devices.get(secret)

    def owntracks_key(self, device: Device) -> bytes:
        return hashlib.sha256(device.id.encode()).digest()

    def beacons(self, person: str, days: Collection[int]) -> Mapping[int, bytes]:
        assert person == "p1"
        return {day: day.to_bytes(16, "big") for day in days}


@dataclass
class Consents:
    kinds: set[str] = field(default_factory=lambda: {"trace.bluetooth"})

    def live(self, connection: None, person: str, kind: str) -> bool:
        assert connection is None
        assert person == "p1"
        return kind in self.kinds


@dataclass(frozen=True)
class Receipt:
    answer: bytes


@dataclass
class Journal:
    kept: dict[tuple[str, str, str], Checked] = field(default_factory=dict)
    raises: Exception | None = None

    async def put_async(
        self, person: str, kind: str, origin: str, batch: str, rows: Checked
    ) -> Receipt:
        if self.raises is not None:
            raise self.raises
        assert origin == "phone"
        self.kept.setdefault((person, kind, batch), rows)
        answer = {
            "batch": batch,
            "received": rows.received,
            "kept": rows.kept,
            "refused": dict(rows.refused),
            "examples": [{"row": one.row, "reason": one.reason} for one in rows.examples],
        }
        return Receipt(json.dumps(answer).encode())


@dataclass
class Delivery:
    batch: str
    files: dict[str, str]
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    is_kept: bool = False

    def part(self, name: str, data: bytes) -> None:
        if self.files.get(name) != hashlib.sha256(data).hexdigest():
            raise ConflictError("The file is not what the manifest says.")
        if data.startswith(b"PAR1"):
            raise RefusedError("The file is no Parquet.")
        self.taken.append((name, data))

    def finish(self, now: int) -> bytes:
        assert now >= NOW
        if len(self.taken) != len(self.files):
            raise ConflictError("A file of the manifest is missing.")
        self.is_kept = True
        files = [{"name": name, "rows": 1} for name in self.files]
        answer = {"batch": self.batch, "received": 1, "accepted": 1, "refused": {}, "files": files}
        return json.dumps(answer).encode()


@dataclass
class Deliveries:
    begun: list[Delivery] = field(default_factory=list)

    def begin(self, operator: str, manifest: bytes, now: int) -> Delivery:
        assert operator == OPERATOR
        assert now >= NOW
        try:
            document = json.loads(manifest)
            files = {one["name"]: one["sha256"] for one in document["files"]}
            self.begun.append(Delivery(str(document["batch"]), files))
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError("The manifest cannot be used.") from error
        return self.begun[-1]

    def subscriber_list(self, operator: str, now: int) -> bytes:
        assert operator == OPERATOR
        assert now >= NOW
        return b'{"numbers":[],"signature":""}'


class Operators:
    def authenticate(self, key: str) -> str | None:
        return OPERATOR if key == OPERATOR_KEY else None


@dataclass
class Laboratories:
    """Gives the same token for the same test, whoever it is of."""

    given: dict[str, str] = field(default_factory=dict)  # test: number

    def authenticate(self, key: str) -> str | None:
        return LABORATORY if key == LABORATORY_KEY else None

    def issue_for(self, laboratory_id: str, test: str, number: str, now: int) -> str:
        assert laboratory_id == LABORATORY
        assert now >= NOW
        if not number.startswith("+"):
            raise RefusedError("This is not a phone number: give it in full with its country.")
        if self.given.setdefault(test, number) != number:
            raise ConflictError("This test has a token of another person.")
        return "fncase-" + hashlib.sha256(test.encode()).hexdigest()[:32]


@dataclass
class Results:
    laboratories: Laboratories

    def take(self, laboratory: str, observed: Observed, now: int) -> Taken:
        if observed.number is None:
            return Taken(has_withdrawn=self.laboratories.given.pop(observed.test, None) is not None)
        token = self.laboratories.issue_for(laboratory, observed.test, observed.number, now)
        return Taken(token=token)


@dataclass
class Reminders:
    """Reminds whoever is away from the equator."""

    people: set[str] = field(default_factory=set)
    heard: list[Position] = field(default_factory=list)

    def concerns(self, person: str, now: int) -> bool:
        assert now >= NOW
        return person in self.people

    def position(self, person: str, position: Position, now: int) -> bool:
        assert now >= NOW
        self.heard.append(position)
        return person in self.people and abs(position.lat) > 1


class FollowUps:
    """Everybody lives by UTC."""

    def here(self, person: str | None, now: int) -> Here:  # noqa: ARG002 - whoever it is
        return here(now, ZoneInfo("UTC"))


@dataclass
class Support:
    reminders: Reminders = field(default_factory=Reminders)
    followups: FollowUps = field(default_factory=FollowUps)


@dataclass
class Post:
    dropped: Dropped = field(default_factory=Dropped)


@dataclass
class Texts:
    post: Post = field(default_factory=Post)


@dataclass
class Rooms:
    """A service of nothing but what doors need."""

    settings: Settings
    now: int = NOW
    vault: Vault = field(default_factory=Vault)
    consents: Consents = field(default_factory=Consents)
    journal: Journal = field(default_factory=Journal)
    deliveries: Deliveries = field(default_factory=Deliveries)
    operators: Operators = field(default_factory=Operators)
    laboratories: Laboratories = field(default_factory=Laboratories)
    texts: Any = field(default_factory=Texts)
    support: Support = field(default_factory=Support)
    staff: Any = None  # the office's own tests have real rooms
    log_key: str = "fortnight.invalid/log+00000000+AAAA"
    not_ready: dict[str, str] = field(default_factory=dict)

    @property
    def results(self) -> Results:
        return Results(self.laboratories)

    def clock(self) -> int:
        return self.now

    def ready(self) -> Mapping[str, str]:
        return self.not_ready


def rooms(home: Path, **settings: int) -> Rooms:
    """Return rooms in a folder, with some settings changed."""
    return Rooms(
        Settings(
            home=home,
            keys=Path(f"{home}-keys"),
            programme_end=date(2026, 12, 31),
            **settings,  # type: ignore[arg-type] # tests change numbers only
        )
    )


@dataclass(frozen=True)
class Client:
    """Asks an application, each time from one address."""

    app: Litestar
    address: str = "127.0.0.1"

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] = b"",
        files: list[tuple[str, tuple[str, bytes]]] | None = None,
    ) -> httpx.Response:
        """Return the answer to one request."""
        return asyncio.run(self._ask(method, path, headers, content, files))

    async def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None,
        content: bytes | AsyncIterator[bytes],
        files: list[tuple[str, tuple[str, bytes]]] | None,
    ) -> httpx.Response:
        application: Any = self.app
        transport = httpx.ASGITransport(
            application, client=(self.address, 1), raise_app_exceptions=False
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(
                method, path, headers=headers, content=None if files else content, files=files
            )

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Ask for something."""
        return self.ask("GET", path, headers=headers)

    def track(
        self, message: bytes | AsyncIterator[bytes], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send what OwnTracks sends."""
        return self.ask(
            "POST",
            "/owntracks",
            headers={"authorization": TRACKER, **(headers or {})},
            content=message,
        )

    def send(
        self, kind: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a batch."""
        given = {"authorization": BEARER, "content-type": "application/json", **(headers or {})}
        return self.ask("POST", f"/api/v1/{kind}", headers=given, content=body)


def client_of(service: Rooms, patience: Patience | None = None) -> Client:
    """Return a client of a service's doors."""
    return Client(create_app(service, patience))


def message(**values: object) -> bytes:
    """Return a location that OwnTracks sends, with some values changed."""
    plain = {"_type": "location", "lat": 56.95, "lon": 24.11, "tst": NOW // 1_000 - 60, "acc": 12}
    return json.dumps(plain | values).encode()


def fix(**values: object) -> dict[str, object]:
    """Return a row of a batch of fixes, with some values changed."""
    return {"time": NOW - 60_000, "lon": 24.11, "lat": 56.95, "accuracy": 12.0} | values


def batch(*rows: object, name: str | None = "b1", kind: str = "fixes") -> bytes:
    """Return the body of a batch."""
    named = {} if name is None else {"batch": name}
    return json.dumps(named | {kind: list(rows)}).encode()
