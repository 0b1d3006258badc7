"""Grants of many people at once, as in an enrolment that people did on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from fortnight.consent.grant import TextRead, given_by, kind_named
from fortnight.consent.store import agreed
from fortnight.consent.texts import text_agreed_to
from fortnight.db.tables import consent_grant
from fortnight.errors import ConflictError
from fortnight.ledger.append import add_all
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from fortnight.consent.grant import By, Kind
    from fortnight.consent.store import Consents
    from fortnight.consent.texts import ConsentText
    from fortnight.ledger.entries import Leaf

_AT_ONCE: Final = 500
"""People asked about in one query, as in `store`."""


def give_many(
    consents: Consents,
    people: Sequence[str],
    versions: Mapping[str, str],
    *,
    language: str,
    by: str,
    now: int,
) -> None:
    """Write down that many people agreed, each to the text of every kind in ``versions``.

    One transaction, with an entry of the log for every grant, as `Consents.give` writes them. It
    begins grants and replaces none: raises ConflictError, and keeps nothing, where one of the
    people holds a grant of one of these kinds; RefusedError as `Consents.give`.
    """
    giver = given_by(by)
    texts = {
        known: text_agreed_to(known, version, language)
        for known, version in ((kind_named(kind), version) for kind, version in versions.items())
    }
    with consents.database.write() as connection:
        _refuse_holders(connection, people, list(texts))
        made = [
            _made(consents, person, kind, text, giver, now)
            for person in people
            for kind, text in texts.items()
        ]
        add_all(connection, [leaf for leaf, _ in made], now)
        if made:
            connection.execute(insert(consent_grant), [row for _, row in made])


def _made(
    consents: Consents, person: str, kind: Kind, text: ConsentText, by: By, now: int
) -> tuple[Leaf, dict[str, object]]:
    """Return the entry and the row of one grant."""
    detail = agreed(person, kind, TextRead(text.version, text.language), by)
    leaf = make_leaf("grant", now, detail, None, consents.random)
    row = {
        "id": consents.random(16).hex(),
        "person": person,
        "kind": kind,
        "text_version": text.version,
        "language": text.language,
        "given_at": now,
        "given_by": by,
        "salt": leaf.salt,
        "leaf": leaf.id,
    }
    return leaf, row


def _refuse_holders(connection: Connection, people: Sequence[str], kinds: Sequence[Kind]) -> None:
    c = consent_grant.c
    for start in range(0, len(people), _AT_ONCE):
        some = people[start : start + _AT_ONCE]
        standing = c.person.in_(some) & c.kind.in_(kinds) & c.withdrawn_at.is_(None)
        if connection.scalar(select(c.id).where(standing).limit(1)) is not None:
            raise ConflictError(
                "Some of these people hold one of these grants already: give them one at a time."
            )
