"""In SQLite: which calls are of somebody who works here, and which contacts are near to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select
from sqlalchemy.dialects.sqlite import insert

from fortnight.db.office_tables import staff_account
from fortnight.vault.rows_sqlite import parts
from fortnight.vault.tables import case_contact, colleague_tie, person, pseudonym

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

GRANT: Final = "trace.ties"


def colleagues(main: Connection) -> list[bytes]:
    """Return the keyed hashes of the numbers that live accounts registered."""
    c = staff_account.c
    known = c.number_hash.is_not(None), c.ended_at.is_(None)
    return [bytes(one) for one in main.scalars(select(c.number_hash).where(*known))]


def keep_ties(
    people: Connection, numbers: Collection[bytes], day: int, pairs: Collection[tuple[bytes, bytes]]
) -> None:
    """Keep the pairs of one day's pseudonyms in which somebody has one of the numbers."""
    ours = _pseudonyms_of(people, numbers, day)
    turned = [pair for a, b in pairs for pair in ((a, b), (b, a)) if pair[0] in ours]
    others = _people_of(people, day, {other for _, other in turned})
    rows = {
        (ours[one], others[other])
        for one, other in turned
        if other in others and ours[one] != others[other]
    }
    if rows:
        kept = [{"day": day, "person": one, "other": other} for one, other in sorted(rows)]
        people.execute(insert(colleague_tie).on_conflict_do_nothing(), kept)


def self_and_tied(
    people: Connection, number: bytes, case_id: str
) -> tuple[str | None, dict[str, str]]:
    """Return who has a number, and by person the contacts of a case who are they, or tied."""
    me = people.scalar(select(person.c.id).where(person.c.number_lookup == number))
    if me is None:
        return None, {}
    tied = select(colleague_tie.c.other).where(colleague_tie.c.person == me)
    c = case_contact.c
    near = select(c.person, c.contact).where(
        c.case_id == case_id, or_(c.person == me, c.person.in_(tied))
    )
    return me, {row.person: row.contact for row in people.execute(near)}


def _pseudonyms_of(people: Connection, numbers: Collection[bytes], day: int) -> dict[bytes, str]:
    c = pseudonym.c
    return {
        row.pseudonym: row.person
        for part in parts(sorted(numbers))
        for row in people.execute(
            select(c.pseudonym, c.person)
            .join(person, person.c.id == c.person)
            .where(c.day == day, person.c.number_lookup.in_(part))
        )
    }


def _people_of(people: Connection, day: int, names: Collection[bytes]) -> dict[bytes, str]:
    c = pseudonym.c
    return {
        row.pseudonym: row.person
        for part in parts(sorted(names))
        for row in people.execute(select(pseudonym).where(c.day == day, c.pseudonym.in_(part)))
    }
