"""Visits: somebody checks in, leaves or is taken to have left, and may have each one forgotten.

While a visit goes on it is no evidence yet: it becomes that when it ends, once, under a name of
its own. What a person sees of their visits is sealed under their key.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import numpy as np
import pyarrow as pa
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fortnight.arrivals.checked import Checked
from fortnight.arrivals.journal import LABEL as ARRIVED
from fortnight.arrivals.never_sent import hidden_instants
from fortnight.db.scrub import scrub
from fortnight.db.sending_tables import check_in
from fortnight.db.tables import arrival, receipt
from fortnight.errors import ConflictError, GoneError, QuestionError, RefusedError
from fortnight.evidence.packed import Visits as Packed
from fortnight.evidence.packed import pack_visits, unpack_visits
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.venues.rules import due_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.arrivals.never_sent import Chosen
    from fortnight.arrivals.receipts import Receipt
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.venues.posters import Spot

GRANT: Final = "trace.visits"
LABEL: Final = b"check-in"
_KIND: Final = "visits"


class Vault(Protocol):
    """What is asked of the vault."""

    def seal(self, person: str, plaintext: bytes, label: bytes) -> bytes:
        """Encrypt under a person's key; raises GoneError where it was destroyed."""

    def unseal(self, person: str, sealed: bytes, label: bytes) -> bytes:
        """Open what `seal` sealed."""

    def file_under(self, person: str, day: int) -> bytes:
        """Return the pseudonym of a person on a day."""


class Journal(Protocol):
    """Where evidence is kept first."""

    def put(self, person: str, kind: str, origin: str, batch: str, rows: Checked) -> Receipt:
        """Keep rows, and return once that is durable. RefusedError where no grant is live."""


class Lake(Protocol):
    """What the lake can forget."""

    def visit(self, day: int, pseudonym: bytes, venue: str, start: int, now: int) -> int:
        """Take one visit out of files and indexes."""


class Said(msgspec.Struct, frozen=True):
    """What is sealed of a visit. ``end`` is None while it goes on."""

    venue: str
    room: str | None
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as its person sees it."""

    id: str
    said: Said
    due_at: int | None


@dataclass(frozen=True, slots=True)
class Visits:
    """Everybody's visits."""

    database: Database
    vault: Vault
    consents: Consents
    journal: Journal
    lake: Lake
    chosen: Chosen
    random: Callable[[int], bytes]

    def begin(self, person: str, spot: Spot, now: int) -> str:
        """Check somebody in, out of wherever they were; return the visit's id.

        Raises RefusedError where they did not agree to visits, and QuestionError in an hour of
        which they want nothing kept.
        """
        if not self.consents.live(None, person, GRANT):
            raise RefusedError("You have not agreed to keeping visits: turn them on first.")
        if hidden_instants(np.array([now]), self.chosen.of(person), self.chosen.zone).any():
            raise QuestionError("You chose that nothing of this hour is kept, so this is not.")
        self.leave(person, now)
        made = self.random(16).hex()
        said = Said(spot.venue, spot.room, now)
        values = {
            "due_at": due_at(now, spot.closes, spot.stay_minutes, self.chosen.zone),
            "day": now // MILLISECONDS_A_DAY,
            "sealed": self._sealed(person, said),
        }
        try:
            with self.database.write() as connection:
                connection.execute(insert(check_in).values(id=made, person=person, **values))
        except IntegrityError as error:  # twice at once: two taps on one button
            raise ConflictError("You are checked in already.") from error
        return made

    def leave(self, person: str, now: int) -> None:
        """Check somebody out of wherever they are; where they are nowhere nothing is done."""
        for visit in self.of(person):
            if visit.due_at is not None:
                self._end(person, visit, min(now, visit.due_at), presumed=now > visit.due_at)

    def turn(self, now: int) -> None:
        """End what is due: the venue closed, or nobody stays there for so long."""
        due = select(check_in.c.person).where(check_in.c.due_at <= now)
        with self.database.read() as connection:
            people = [str(one) for one in connection.scalars(due)]
        for person in people:
            with suppress(GoneError):  # erased this moment
                self.leave(person, now)

    def of(self, person: str) -> list[Visit]:
        """Return a person's visits, the latest first."""
        asked = select(check_in).where(check_in.c.person == person)
        with self.database.read() as connection:
            rows = connection.execute(asked).all()
        found = [Visit(row.id, self._opened(person, row.sealed), row.due_at) for row in rows]
        return sorted(found, key=lambda one: one.said.start, reverse=True)

    def forget(self, person: str, made: str, now: int) -> None:
        """Forget one visit wherever it is kept. Raises GoneError where it is not theirs.

        Its row goes last: whoever was interrupted finds it in the list, and begins again.
        """
        visit = next((one for one in self.of(person) if one.id == made), None)
        if visit is None:
            raise GoneError("This visit is not there any more.")
        said = visit.said
        with self.database.write() as connection:
            self._drop_arrivals(connection, person, said)
        day = said.start // MILLISECONDS_A_DAY
        self.lake.visit(day, self.vault.file_under(person, day), said.venue, said.start, now)
        with self.database.write() as connection:
            batch = receipt.c.batch == _batch(made)
            connection.execute(delete(receipt).where(receipt.c.person == person, batch))
            connection.execute(delete(check_in).where(check_in.c.id == made))
        scrub(self.database)

    def _end(self, person: str, visit: Visit, end: int, *, presumed: bool) -> None:
        """Make evidence of a visit; dying before the last line does it again, to no effect."""
        said = msgspec.structs.replace(visit.said, end=max(end, visit.said.start))
        mine = check_in.c.id == visit.id
        try:
            given = self.journal.put(
                person, _KIND, "phone", _batch(visit.id), _evidence(said, presumed=presumed)
            )
            is_kept = msgspec.json.decode(given.answer)["kept"] > 0
        except RefusedError:  # they take visits back while they are somewhere: nothing is kept
            is_kept = False
        with self.database.write() as connection:
            if is_kept:
                values = {"due_at": None, "sealed": self._sealed(person, said)}
                connection.execute(update(check_in).where(mine).values(values))
            else:
                connection.execute(delete(check_in).where(mine))

    def _drop_arrivals(self, connection: Connection, person: str, said: Said) -> None:
        """Delete the arrival that holds a visit: each visit from here is one of its own."""
        asked = select(arrival.c.id, arrival.c.sealed).where(
            arrival.c.person == person, arrival.c.kind == _KIND
        )
        for row in connection.execute(asked).all():
            rows, _ = unpack_visits([self.vault.unseal(person, row.sealed, ARRIVED)])
            found = list(zip(rows.venue.to_pylist(), rows.start.tolist(), strict=True))
            if found == [(said.venue, said.start)]:
                connection.execute(delete(arrival).where(arrival.c.id == row.id))

    def _sealed(self, person: str, said: Said) -> bytes:
        return self.vault.seal(person, msgspec.json.encode(said), LABEL)

    def _opened(self, person: str, sealed: bytes) -> Said:
        return msgspec.json.decode(self.vault.unseal(person, sealed, LABEL), type=Said)


def _batch(made: str) -> str:
    return f"visit-{made}"


def _evidence(said: Said, *, presumed: bool) -> Checked:
    rows = Packed(
        pa.array([said.venue], pa.string()),
        pa.array([said.room], pa.string()),
        np.array([said.start]),
        np.array([said.end or said.start]),
        np.array([presumed]),
    )
    return Checked(pack_visits(rows), 1, 1, {}, ())
