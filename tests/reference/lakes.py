"""A lake for tests: a real database and folder, and a vault that keeps everything in memory."""

from __future__ import annotations

import hmac
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from sqlalchemy import insert

from fortnight.api import index_of
from fortnight.contact.trace import Case, trace_one
from fortnight.db.tables import arrival
from fortnight.errors import GoneError
from fortnight.evidence.packed import (
    Encounters,
    Fixes,
    Ties,
    Visits,
    pack_encounters,
    pack_fixes,
    pack_ties,
    pack_visits,
)
from fortnight.evidence.schema import (
    ENCOUNTERS,
    FIXES,
    SOURCES,
    STAYS,
    TIES,
    VISITS,
    WINDOWS,
    Evidence,
    Signs,
)
from fortnight.lake.days import Days
from fortnight.lake.drain import Drain
from fortnight.lake.forgetting import Forgetting
from fortnight.lake.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection
    from tests.reference.people import Fix, World

    from fortnight.contact.trace import Question, Trace
    from fortnight.db.engine import Database
    from fortnight.vault.people import FoundRow

DAY = 86_400_000
HOUR = 3_600_000


@dataclass
class Vault:
    """What the lake asks of the vault, and what a trace asks in between."""

    keys: dict[str, bytes] = field(default_factory=dict)
    filed_under: dict[tuple[int, bytes], str] = field(default_factory=dict)
    ties: dict[int, set[tuple[bytes, bytes]]] = field(default_factory=dict)

    def enrol(self, person: str) -> None:
        """Make a key for a person."""
        self.keys[person] = hmac.digest(b"key", person.encode(), "sha256")

    def pseudonym(self, person: str, day: int) -> bytes:
        """Return a person's pseudonym of a day."""
        return hmac.digest(self.keys[person], day.to_bytes(8, "big"), "sha256")[:16]

    def beacon(self, person: str, day: int) -> bytes:
        """Return a person's beacon of a day."""
        return hmac.digest(self.keys[person], b"beacon" + day.to_bytes(8, "big"), "sha256")[:16]

    def unseal(self, person: str, sealed: bytes, label: bytes) -> bytes:
        """Open what was sealed under a person's key."""
        if person not in self.keys:
            raise GoneError("The key is gone.")
        assert sealed.startswith(label)
        return sealed.removeprefix(label)

    def file_under_many(self, people: Collection[str], day: int) -> dict[str, bytes]:
        """Return and record pseudonyms."""
        names = {one: self.pseudonym(one, day) for one in people if one in self.keys}
        self.filed_under.update({(day, name): one for one, name in names.items()})
        return names

    def file_ties(self, day: int, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self.ties.setdefault(day, set()).update(pairs)

    def people_of_beacons(self, day: int, beacons: Collection[bytes]) -> dict[bytes, str]:
        """Return who sent each beacon."""
        sent = {self.beacon(one, day): one for one in self.keys}
        return {one: sent[one] for one in beacons if one in sent}

    def filed(
        self, days: Collection[int], *, among: tuple[int, Collection[bytes]] | None = None
    ) -> list[dict[int, bytes]]:
        """Return each person's pseudonyms."""
        people = list(self.keys)
        if among is not None:
            day, wanted = among
            people = [one for one in people if self.pseudonym(one, day) in wanted]
        return [{day: self.pseudonym(one, day) for day in days} for one in people]

    def own(self, person: str, days: Iterable[int]) -> dict[int, bytes]:
        """Return a case's own pseudonyms."""
        return {day: self.pseudonym(person, day) for day in days}

    def group(self, found: Sequence[FoundRow], names: Mapping[str, str]) -> list[str | None]:
        """Return a number for each row of whoever has a strong one."""
        people = [self.filed_under[row.day, row.pseudonym] for row in found]
        strong = {one for one, row in zip(people, found, strict=True) if row.strong}
        return [names[one] if one in strong else None for one in people]


@dataclass
class Grants:
    """Grants that are live unless they were withdrawn."""

    withdrawn: set[tuple[str, str]] = field(default_factory=set)

    def live_people(self, _: Connection | None, people: Iterable[str], kind: str) -> set[str]:
        """Return those with a live grant."""
        return {one for one in people if (one, kind) not in self.withdrawn}


@dataclass
class Waters:
    """A whole lake, and what fills it."""

    database: Database
    folder: Path
    vault: Vault
    grants: Grants
    drain: Drain
    days: Days
    lake: Lake
    forgetting: Forgetting

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def send(
        self, person: str, kind: str, packed: bytes, received: int, origin: str = "phone"
    ) -> None:
        """Let something arrive."""
        with self.database.write() as connection:
            connection.execute(
                insert(arrival).values(
                    person=person,
                    kind=kind,
                    origin=origin,
                    received_at=received,
                    rows=1,
                    sealed=b"arrival" + packed,
                )
            )

    def take(self, now: int) -> None:
        """Drain what arrived, and build what changed."""
        self.drain.drain(now)
        self.days.refresh(now)

    def bytes_on_disk(self) -> bytes:
        """Return everything that lies in the lake's folder, names included."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return b"".join(
            str(path.relative_to(self.folder)).encode() + path.read_bytes() for path in files
        )

    def trace(
        self,
        person: str,
        case: Case,
        question: Question,
        now: int,
        hidden: Sequence[tuple[int, int]] = (),
        sample_at: int | None = None,
    ) -> Trace:
        """Trace a person, with everyone named as they are."""
        today = now // DAY
        own = self.vault.own(person, range(today - 20, today + 2))
        found = self.lake.search(own, case, question, hidden, now)
        names = {one: one for one in self.vault.keys}
        numbers = self.vault.group(found.rows, names)
        return self.lake.assemble(found, numbers, sample_at).trace(threads=1)


def waters(folder: Path, database: Database, seed: int = 1) -> Waters:
    """Return an empty lake in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    vault, grants = Vault(), Grants()
    chance = random.Random(seed).randbytes  # noqa: S311 - tests have to be repeatable
    lake = folder / "lake"
    days = Days(database, vault, lake, chance)
    return Waters(
        database,
        lake,
        vault,
        grants,
        Drain(database, vault, grants, lake, chance),
        days,
        Lake(database, lake),
        Forgetting(days),
    )


def person_id(name: str) -> str:
    """Return a name as an id of 32 hexadecimal digits that sorts as the name does."""
    return name.encode().hex().ljust(32, "0")


def packed_fixes(fixes: Sequence[Fix]) -> bytes:
    """Return fixes as the door packs them."""
    nothing = float("nan")
    return pack_fixes(
        Fixes(
            np.array([fix.time for fix in fixes], dtype=np.int64),
            np.rint([fix.lon * 1e7 for fix in fixes]).astype(np.int32),
            np.rint([fix.lat * 1e7 for fix in fixes]).astype(np.int32),
            np.array(
                [nothing if fix.accuracy is None else fix.accuracy for fix in fixes], np.float32
            ),
            np.array([SOURCES.index(fix.source) for fix in fixes], dtype=np.uint8),
        )
    )


def packed_visits(rows: Sequence[tuple[str, str | None, int, int, bool]]) -> bytes:
    """Return check-ins (venue, room, start, end, presumed) as the door packs them."""
    venue, room, start, end, presumed = zip(*rows, strict=True)
    return pack_visits(
        Visits(
            pa.array(venue, pa.string()),
            pa.array(room, pa.string()),
            np.array(start, dtype=np.int64),
            np.array(end, dtype=np.int64),
            np.array(presumed, dtype=np.bool_),
        )
    )


def packed_encounters(rows: Sequence[tuple[bytes, int, int, float]]) -> bytes:
    """Return encounters (beacon, start, end, attenuation) as the door packs them."""
    beacon, start, end, level = zip(*rows, strict=True)
    return pack_encounters(
        Encounters(
            np.frombuffer(b"".join(beacon), dtype=np.uint8).reshape(-1, 16),
            np.array(start, dtype=np.int64),
            np.array(end, dtype=np.int64),
            np.array(level, dtype=np.float32),
        )
    )


def packed_ties(rows: Sequence[tuple[str, int, str, int]]) -> bytes:
    """Return ties (other person, start, kind, seconds) as the door packs them."""
    other, start, kind, seconds = zip(*rows, strict=True)
    return pack_ties(
        Ties(
            np.frombuffer(bytes.fromhex("".join(other)), dtype=np.uint8).reshape(-1, 16),
            np.array(start, dtype=np.int64),
            np.array([("call", "message").index(one) for one in kind], dtype=np.uint8),
            np.array(seconds, dtype=np.int32),
        )
    )


@dataclass(frozen=True)
class Sent:
    """Evidence of a small world: fixes, and signs with people by their ids."""

    fixes: Mapping[str, Sequence[Fix]]
    visits: Sequence[tuple[str, str, str | None, int, int, bool]] = ()
    encounters: Sequence[tuple[str, str, int, int, float]] = ()
    ties: Sequence[tuple[str, str, int, str, int]] = ()

    def evidence(self) -> Evidence:
        """Return it as the library reads it."""
        rows = [(person, fix) for person, fixes in self.fixes.items() for fix in fixes]
        table = pa.table(
            {
                "participant": pa.array([person for person, _ in rows], pa.string()),
                "time": pa.array([fix.time for _, fix in rows], pa.int64()).cast(
                    FIXES.field("time").type
                ),
                "lon": pa.array([fix.lon for _, fix in rows], pa.float64()),
                "lat": pa.array([fix.lat for _, fix in rows], pa.float64()),
                "accuracy": pa.array([fix.accuracy for _, fix in rows], pa.float32()),
                "source": pa.array([fix.source for _, fix in rows], pa.string()),
            }
        )
        return Evidence(table, STAYS.empty_table(), (), self._signs())

    def _signs(self) -> Signs:
        closed = ("checked-out", "presumed")
        encounters = [(a, b, s, e, np.float32(level), "bluetooth") for a, b, s, e, level in
                      self.encounters]  # fmt: skip
        visits = [(p, v, r, s, e, closed[out], None, None) for p, v, r, s, e, out in self.visits]
        return Signs(
            _table(encounters, ENCOUNTERS),
            WINDOWS.empty_table(),
            _table(visits, VISITS),
            _table(self.ties, TIES),
        )

    def people(self) -> set[str]:
        """Return everyone who is named."""
        named = {person for person, fixes in self.fixes.items() if fixes}
        named |= {one for row in (*self.encounters, *self.ties) for one in row[:2]}
        return named | {row[0] for row in self.visits}

    def expected(self, case: Case, question: Question) -> Trace:
        """Return what the library finds."""
        index = index_of(self.evidence(), now=4_000_000_000_000)[0]
        return trace_one(index, case, question)

    def arrivals(self, vault: Vault) -> list[tuple[str, str, bytes, int]]:
        """Return it row by row as it arrives: person, kind, packed bytes, instant."""
        out = [
            (person, "fixes", packed_fixes([fix]), fix.time)
            for person, fixes in self.fixes.items()
            for fix in fixes
        ]
        for who, *visit in self.visits:
            row: Any = tuple(visit)
            out.append((who, "visits", packed_visits([row]), row[2]))
        for one, two, start, end, level in self.encounters:
            heard = (vault.beacon(two, start // DAY), start, end, level)
            out.append((one, "encounters", packed_encounters([heard]), start))
        for one, other, at, kind, seconds in self.ties:
            out.append((one, "ties", packed_ties([(other, at, kind, seconds)]), at))
        return out


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in schema]
    return pa.table(
        {
            field.name: pa.array(
                column, pa.int64() if pa.types.is_timestamp(field.type) else field.type
            ).cast(field.type)
            for field, column in zip(schema, columns, strict=True)
        },
        schema=schema,
    )


def of_world(people: World) -> dict[str, list[Fix]]:
    """Return everyone's fixes that a door lets in, by id."""
    return {
        person_id(person.name): [
            fix
            for fix in person.fixes
            if abs(fix.lat) <= 90
            and abs(fix.lon) <= 180
            and (round(fix.lon * 1e7), round(fix.lat * 1e7)) != (0, 0)
        ]
        for person in people
    }


def tables(trace: Trace) -> dict[str, list[dict[str, Any]]]:
    """Return a trace's tables; how long contacts were unseen on other days is not searched."""
    contacts = trace.contacts.drop_columns(["unobserved_minutes"])
    return {
        "contacts": contacts.to_pylist(),
        "episodes": trace.episodes.to_pylist(),
        "same area": trace.same_area.to_pylist(),
        "ties": trace.ties.to_pylist(),
        "coverage": [{"case": round(trace.coverage, 9), "more": trace.area_more}],
    }
