"""A whole delivery into the database: sealed for each person, in one transaction, once."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from fortnight.arrivals.choices import Nobody, count_hidden
from fortnight.arrivals.journal import LABEL
from fortnight.arrivals.never_sent import hidden_instants, hidden_places
from fortnight.arrivals.rows import packed_fixes
from fortnight.db.tables import arrival, delivery
from fortnight.errors import ConflictError, DatabaseError, GoneError
from fortnight.evidence.packed import ID_BYTES, Ties, pack_ties
from fortnight.ledger.alarms import Alarm, raise_alarm
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from fortnight.arrivals.journal import Sealer
    from fortnight.arrivals.never_sent import Chosen, NeverSent
    from fortnight.arrivals.operator_rows import KeptTies
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.evidence.batches import RawFixes

    Rows = NDArray[np.intp]

FIXES: Final = "trace.operator"
TIES: Final = "trace.ties"
_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Whole:
    """What a delivery came to, in memory: of people who agreed alone."""

    fixes: Sequence[RawFixes]  # names are people's ids
    ties: Sequence[KeptTies]
    received: int  # rows of all files
    strangers: int  # rows that name somebody who did not agree to them

    def people(self) -> dict[str, set[str]]:
        """Return by kind of grant the people whose rows these are."""
        return {
            FIXES: {str(name) for one in self.fixes for name in one.names.to_pylist()},
            TIES: {name for one in self.ties for name in one.people},
        }


class Named(NamedTuple):
    """Which delivery it is."""

    operator: str
    batch: str
    sha256: str  # of its manifest
    began_at: int  # milliseconds since 1970 UTC


@dataclass(frozen=True, slots=True)
class OperatorStore:
    """Writes deliveries."""

    database: Database
    vault: Sealer
    consents: Consents
    random: Callable[[int], bytes]
    chosen: Chosen = field(default_factory=Nobody)

    def keep(self, named: Named, whole: Whole, now: int) -> None:
        """Write a delivery that was found right; one that is there already is not written again.

        Grants are asked again inside the transaction. Where one was withdrawn since the rows were
        sealed, they are sealed anew without that person, on either side of a tie.
        """
        people = whole.people()
        for _ in range(_TRIES):
            with self.database.read() as connection:
                live = self._live(connection, people)
            hidden: Counter[str] = Counter()
            sealed = list(self._sealed(whole, live, now, hidden))
            try:
                with self.database.write() as connection:
                    if self._live(connection, people) == live:
                        if self._write(connection, named, whole, sealed, now):
                            count_hidden(connection, _on_day(hidden, now))
                        return
            except IntegrityError:  # the same delivery was written by another process just now
                continue
        raise DatabaseError("Grants kept changing while a delivery was written. Send it again.")

    def _live(self, connection: Connection, people: dict[str, set[str]]) -> dict[str, set[str]]:
        return {
            kind: self.consents.live_people(connection, some, kind) for kind, some in people.items()
        }

    def _sealed(
        self, whole: Whole, live: dict[str, set[str]], now: int, hidden: Counter[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield a row of ``arrival`` for each person and kind; count what is never sent."""
        fixes = _fixes_by_person(whole, live[FIXES], self.chosen, hidden)
        ties = _ties_by_person(whole, live[TIES], self.chosen, hidden)
        for kind, person, count, data in chain(fixes, ties):
            try:
                sealed = self.vault.seal(person, data, LABEL)
            except GoneError:  # erased a moment ago
                continue
            yield {
                "person": person,
                "kind": kind,
                "origin": "operator",
                "received_at": now,
                "rows": count,
                "sealed": sealed,
            }

    def _write(
        self,
        connection: Connection,
        named: Named,
        whole: Whole,
        sealed: Sequence[dict[str, Any]],
        now: int,
    ) -> bool:
        """Write what was sealed; return False where the delivery is there already."""
        if delivered_at(connection, named) is not None:
            return False
        self._enter(connection, named, whole, now)
        if sealed:
            connection.execute(insert(arrival), sealed)
        if whole.strangers:
            counts = json.dumps({"received": whole.received, "strangers": whole.strangers})
            raised = Alarm("strangers-in-delivery", named.operator, counts)
            raise_alarm(connection, raised, now, self.random)
        return True

    def _enter(self, connection: Connection, named: Named, whole: Whole, now: int) -> None:
        """Enter the delivery, and its leaf in the log."""
        detail: dict[str, str | int] = {
            "batch": named.batch,
            "operator": named.operator,
            "rows": whole.received,
            "sha256": named.sha256,
        }
        leaf = make_leaf("delivery", now, detail, None, self.random)
        connection.execute(
            insert(delivery).values(
                operator=named.operator,
                batch=named.batch,
                received_at=named.began_at,
                rows=whole.received,
                sha256=named.sha256,
                salt=leaf.salt,
                leaf=add(connection, leaf, now),
            )
        )


def delivered_at(connection: Connection, named: Named) -> int | None:
    """Return when a delivery began that is there already, None for one that is not.

    Raises ConflictError where another delivery has its name.
    """
    row = connection.execute(
        select(delivery.c.sha256, delivery.c.received_at).where(
            delivery.c.operator == named.operator, delivery.c.batch == named.batch
        )
    ).one_or_none()
    if row is not None and row.sha256 != named.sha256:
        raise ConflictError(
            "Another delivery came under this batch id, with other files. Nothing was imported; "
            "give this one an id of its own."
        )
    return None if row is None else int(row.received_at)


def _by_person(people: Sequence[str], who: NDArray[np.int32]) -> Iterator[tuple[str, Rows]]:
    """Yield each person and the places of their rows."""
    order = np.argsort(who, kind="stable")
    cuts = np.flatnonzero(np.diff(who[order])) + 1
    for rows in np.split(order, cuts):
        if len(rows):
            yield people[who[rows[0]]], rows


def _on_day(hidden: Counter[str], now: int) -> dict[tuple[str, int], int]:
    return {(person, now // MILLISECONDS_A_DAY): rows for person, rows in hidden.items()}


def _fixes_by_person(
    whole: Whole, live: Collection[str], chosen: Chosen, hidden: Counter[str]
) -> Iterator[tuple[str, str, int, bytes]]:
    """Yield each person's fixes, but for those that they chose never to send."""
    for one in whole.fixes:
        people = [str(name) for name in one.names.to_pylist()]
        for person, found in _by_person(people, one.who):
            if person not in live or (choice := _choice(chosen, person)) is None:
                continue
            out = hidden_instants(one.time[found], choice, chosen.zone)
            out |= hidden_places(one.lon[found], one.lat[found], one.accuracy[found], choice)
            hidden[person] += int(out.sum())
            rows = found[~out]
            if len(rows):
                yield "fixes", person, len(rows), packed_fixes(one, rows)


def _ties_by_person(
    whole: Whole, live: Collection[str], chosen: Chosen, hidden: Counter[str]
) -> Iterator[tuple[str, str, int, bytes]]:
    """Yield a caller's calls and messages to those whose own grant is live too.

    An hour that either of the two chose never to send leaves the call out for both.
    """
    for one in whole.ties:
        choices = [_choice(chosen, person) if person in live else None for person in one.people]
        answers = np.array([choice is not None for choice in choices], dtype=np.bool_)
        ids = np.frombuffer(bytes.fromhex("".join(one.people)), dtype=np.uint8)
        others = ids.reshape(-1, ID_BYTES)
        out = _hidden_ties(one, choices, chosen, hidden)
        for person, found in _by_person(one.people, one.who):
            rows = found[answers[one.other[found]] & ~out[found]]
            if answers[one.who[found[0]]] and len(rows):
                kinds = one.is_message[rows].astype(np.uint8)
                ties = Ties(others[one.other[rows]], one.start[rows], kinds, one.seconds[rows])
                yield "ties", person, len(rows), pack_ties(ties)


def _hidden_ties(
    ties: KeptTies, choices: Sequence[NeverSent | None], chosen: Chosen, hidden: Counter[str]
) -> NDArray[np.bool_]:
    """Mark calls in an hour that either side never sends; count each to whoever chose it."""
    out = np.zeros(len(ties.start), dtype=np.bool_)
    for place, choice in enumerate(choices):
        if choice is None or not choice.hours:
            continue
        mine = np.flatnonzero((ties.who == place) | (ties.other == place))
        found = hidden_instants(ties.start[mine], choice, chosen.zone)
        hidden[ties.people[place]] += int(found.sum())
        out[mine[found]] = True
    return out


def _choice(chosen: Chosen, person: str) -> NeverSent | None:
    """Return what a person chose, None where they were erased a moment ago."""
    try:
        return chosen.of(person)
    except GoneError:
        return None
