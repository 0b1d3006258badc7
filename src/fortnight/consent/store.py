"""Grants in the database. A change, its entry in the log and what it stops are one transaction."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import String

from fortnight.consent.following import next_id, withdrawal_salt
from fortnight.consent.grant import (
    KINDS,
    Grant,
    TextRead,
    give,
    given_by,
    kind_named,
    standing,
    withdraw,
)
from fortnight.consent.texts import text_agreed_to
from fortnight.db.tables import consent_grant, message
from fortnight.errors import ConflictError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, Select

    from fortnight.consent.grant import By, Kind
    from fortnight.db.engine import Database
    from fortnight.ledger.entries import Leaf


@dataclass(frozen=True, slots=True)
class Consents:
    """What people agreed to.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    random: Callable[[int], bytes]

    def give(
        self, person: str, kind: str, *, text_version: str, language: str, by: str, now: int
    ) -> Grant:
        """Write down that a person agreed, and return the grant.

        Raises RefusedError for a kind, text, language or giver that does not exist, ConflictError
        where the same text was agreed to already.
        """
        known, giver = kind_named(kind), given_by(by)
        text = TextRead(text_agreed_to(known, text_version, language).version, language)
        try:
            with self.database.write() as connection:
                before = _held(connection, person, locked=True)
                after = give(before, known, text, now, giver)
                name = self._id_after(connection, person, known)
                for replaced in _ended(before, after):
                    _end(connection, person, replaced)
                self._insert(connection, person, name, after[-1], now)
        except IntegrityError as error:  # another process gave the same at the same moment
            raise ConflictError(f"The grant {kind} was given a moment ago; look again.") from error
        return after[-1]

    def withdraw(self, person: str, kind: str, now: int) -> Grant:
        """End a grant and everything queued under it; return it.

        Raises RefusedError for an unknown kind, ConflictError where no such grant stands.
        """
        known = kind_named(kind)
        with self.database.write() as connection:
            before = _held(connection, person, locked=True)
            (ended,) = self._withdraw(connection, person, before, (known,), now)
        return ended

    def withdraw_all(self, person: str, now: int) -> tuple[Grant, ...]:
        """End every grant that a person holds, at once; return those that ended."""
        with self.database.write() as connection:
            before = _held(connection, person, locked=True)
            kinds = tuple(kind for kind in KINDS if standing(before, kind) is not None)
            return self._withdraw(connection, person, before, kinds, now)

    def end(self, connection: Connection, person: str, kind: str, now: int) -> None:
        """End a grant in the caller's transaction, where one stands."""
        known, before = kind_named(kind), _held(connection, person, locked=True)
        if standing(before, known) is not None:
            self._withdraw(connection, person, before, (known,), now)

    def held(self, person: str) -> tuple[Grant, ...]:
        """Return every grant of a person, withdrawn ones too, in the order they were given."""
        with self.database.read() as connection:
            return _held(connection, person)

    def live(self, connection: Connection | None, person: str, kind: str) -> bool:
        """Tell whether a grant holds now, in the given transaction or in one of its own."""
        return person in self.live_people(connection, (person,), kind)

    def live_people(
        self, connection: Connection | None, people: Iterable[str], kind: str
    ) -> set[str]:
        """Return those of many people whose grant holds now."""
        return self.holders(connection, people, (kind,))[kind]

    def holders(
        self, connection: Connection | None, people: Iterable[str], kinds: Iterable[str]
    ) -> dict[str, set[str]]:
        """Return for each kind of grant who of many people holds it now: one query for all."""
        asked = sorted(set(people))
        found: dict[str, set[str]] = {kind_named(kind): set() for kind in kinds}
        with self._reading(connection) as reading:
            query = _LIVE_POSTGRES if reading.dialect.name == "postgresql" else _LIVE_SQLITE
            among = asked if query is _LIVE_POSTGRES else json.dumps(asked)
            for row in reading.execute(query, {"people": among, "kinds": sorted(found)}):
                found[row.kind].add(row.person)
        return found

    @contextmanager
    def _reading(self, connection: Connection | None) -> Iterator[Connection]:
        if connection is not None:
            yield connection
            return
        with self.database.read() as own:
            yield own

    def _id_after(self, connection: Connection, person: str, kind: Kind) -> str:
        """Return the id of a person's next grant of a kind; it follows that of one it replaces."""
        replaced = _standing_id(connection, person, kind)
        return self.random(16).hex() if replaced is None else next_id(replaced)

    def _leaf(
        self, kind: str, person: str, grant: Grant, now: int, salt: bytes | None = None
    ) -> Leaf:
        detail = agreed(person, grant.kind, grant.text, grant.given_by)
        return make_leaf(kind, now, detail, None, self.random, salt=salt)

    def _insert(
        self, connection: Connection, person: str, name: str, grant: Grant, now: int
    ) -> None:
        leaf = self._leaf("grant", person, grant, now)
        row = {
            "id": name,
            "person": person,
            "kind": grant.kind,
            "text_version": grant.text.version,
            "language": grant.text.language,
            "given_at": grant.given_at,
            "given_by": grant.given_by,
            "salt": leaf.salt,
            "leaf": add(connection, leaf, now),
        }
        connection.execute(consent_grant.insert().values(row))

    def _withdraw(
        self,
        connection: Connection,
        person: str,
        before: tuple[Grant, ...],
        kinds: tuple[Kind, ...],
        now: int,
    ) -> tuple[Grant, ...]:
        after = before
        for kind in kinds:
            after = withdraw(after, kind, now)
        ended = _ended(before, after)
        for grant in ended:
            standing_id = _standing_id(connection, person, grant.kind)
            salt = None if standing_id is None else withdrawal_salt(standing_id)
            leaf = self._leaf("withdrawal", person, grant, now, salt)
            added = add(connection, leaf, now)
            _end(connection, person, grant, withdrawn_salt=leaf.salt, withdrawn_leaf=added)
            stop_messages(connection, person, grant.kind)
        return ended


def agreed(person: str, kind: str, text: TextRead, by: str) -> Mapping[str, str | int]:
    """Return what the log's entries of a grant, and of its withdrawal, commit to."""
    return {
        "by": by,
        "grant": kind,
        "language": text.language,
        "person": person,
        "text": text.version,
    }


def _standing_id(connection: Connection, person: str, kind: str) -> str | None:
    """Return the id of a person's grant of a kind that was not withdrawn."""
    query = select(consent_grant.c.id).where(
        consent_grant.c.person == person,
        consent_grant.c.kind == kind,
        consent_grant.c.withdrawn_at.is_(None),
    )
    found = connection.scalar(query)
    return None if found is None else str(found)


def _held(connection: Connection, person: str, *, locked: bool = False) -> tuple[Grant, ...]:
    query = (
        select(consent_grant)
        .where(consent_grant.c.person == person)
        .order_by(
            consent_grant.c.given_at,
            consent_grant.c.withdrawn_at.is_(None),
            consent_grant.c.withdrawn_at,
            consent_grant.c.kind,
        )
    )
    if locked:  # a second withdrawal waits here, then finds nothing standing
        query = query.with_for_update()
    return tuple(
        Grant(
            kind=kind_named(row.kind),
            text=TextRead(row.text_version, row.language),
            given_at=row.given_at,
            given_by=cast("By", row.given_by),
            withdrawn_at=row.withdrawn_at,
        )
        for row in connection.execute(query)
    )


def _ended(before: tuple[Grant, ...], after: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Return the grants that ended between the two: the rules keep every grant in its place."""
    return tuple(new for old, new in zip(before, after, strict=False) if new != old)


def _end(connection: Connection, person: str, ended: Grant, **proof: bytes | str) -> None:
    """Write down the end of the standing grant of a kind."""
    connection.execute(
        update(consent_grant)
        .where(
            consent_grant.c.person == person,
            consent_grant.c.kind == ended.kind,
            consent_grant.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=ended.withdrawn_at, **proof)
    )


def stop_messages(connection: Connection, person: str, purpose: str) -> None:
    """Stop every queued text that needs the grant; its words go with it."""
    connection.execute(
        update(message)
        .where(
            message.c.person == person,
            message.c.purpose == purpose,
            message.c.state == "queued",
        )
        .values(state="stopped", sealed=None)
    )


def _live(among: ColumnElement[bool]) -> Select[tuple[str, str]]:
    """Return the question who of many people holds which of some grants.

    Written down once: SQLAlchemy takes longer to write a query than SQLite to answer it.
    """
    c = consent_grant.c
    kinds = c.kind.in_(bindparam("kinds", expanding=True))
    return select(c.person, c.kind).where(among, kinds, c.withdrawn_at.is_(None))


# Many people are told as one value: thousands take long.
_LIVE_SQLITE: Final = _live(
    consent_grant.c.person.in_(
        select(func.json_each(bindparam("people")).table_valued("value").c.value)
    )
)
_LIVE_POSTGRES: Final = _live(
    consent_grant.c.person == any_(bindparam("people", type_=ARRAY(String)))
)
