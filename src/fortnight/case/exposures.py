"""What a trace found of each contact: a row to decide by, and the sealed detail behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from fortnight.case.crowds import MetPart
from fortnight.case.day_parts import DayPart, Episodes, Sums, day_of, joined, unsaid
from fortnight.db.tables import exposure, exposure_detail
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sqlalchemy import Connection, Select

    from fortnight.report.document import ContactDocument, EpisodeDocument

    Seal = Callable[[str, bytes, bytes], bytes]
    Openers = Callable[[str], Callable[[bytes, bytes], bytes]]

_Part = TypeVar("_Part", MetPart, DayPart, Sums, Episodes)
SECOND_KINDS: Final = frozenset({"bluetooth", "visit", "visit-room"})
"""Evidence that two devices or two people gave on the spot: it needs no second kind."""


# Written down once: SQLAlchemy takes longer to write a query than a database to answer it.
_LISTED: Final[Select[Any]] = select(
    exposure.c.contact,
    exposure.c.rank,
    exposure.c.first_day,
    exposure.c.last_day,
    exposure.c.minutes,
    exposure.c.tier,
    exposure.c.kinds,
    exposure.c.origins,
    exposure.c.late,
).where(exposure.c.case_id == bindparam("case"))
_OF_CASE: Final = _LISTED.order_by(exposure.c.rank)
_ONE: Final = _LISTED.where(exposure.c.contact == bindparam("contact"))
_PARTS: Final[Select[Any]] = (
    select(exposure_detail.c.contact, exposure_detail.c.last_day, exposure_detail.c.sealed)
    .where(exposure_detail.c.case_id == bindparam("case"))
    .order_by(exposure_detail.c.contact, exposure_detail.c.last_day)
)
_SOME_PARTS: Final = _PARTS.where(
    exposure_detail.c.contact.in_(bindparam("contacts", expanding=True))
)
_LAST_PARTS: Final = _SOME_PARTS.join(
    exposure,
    (exposure.c.case_id == exposure_detail.c.case_id)
    & (exposure.c.contact == exposure_detail.c.contact)
    & (exposure.c.last_day == exposure_detail.c.last_day),
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """One contact of one case.

    Attributes
    ----------
    contact : str
        Random; valid in this case only.
    rank : int
        From 1.
    first_day, last_day : int
        Days since 1970 UTC of the first and the last meeting.
    minutes : int
        Together, by all evidence.
    kinds : tuple of str
        Of evidence, as in ``together.evidence`` of docs/trace-document.md.
    origins : tuple of str
        Where the positions came from: ``phone`` stands where both sides' did.
    late : bool
        Whether evidence was received after the case's sample was taken.
    """

    contact: str
    rank: int
    first_day: int
    last_day: int
    minutes: int
    tier: str | None
    kinds: tuple[str, ...]
    origins: tuple[str, ...]
    late: bool


def exposure_of(
    contact: ContactDocument, rank: int, origins: Collection[str], *, late: bool
) -> Exposure:
    """Return what is decided by of one contact of a trace."""
    return Exposure(
        contact=contact.participant,
        rank=rank,
        first_day=day_of(contact.first),
        last_day=day_of(contact.last),
        minutes=round(contact.together.minutes),
        tier=contact.tier,
        kinds=tuple(sorted(contact.together.evidence)),
        origins=tuple(sorted(origins)),
        late=late,
    )


def may_tell(found: Exposure, *, interviewed: bool = False) -> str | None:
    """Return why a contact may not be told on this evidence; None where they may.

    A file can be made up, and an operator's cell is kilometres wide: neither, nor both together,
    resolves or tells anyone. It takes a second kind: positions that both phones sent by
    themselves, Bluetooth, a check-in, or an interview in which the case named them.
    """
    if interviewed or SECOND_KINDS & set(found.kinds):
        return None
    if "fixes" in found.kinds and "phone" in found.origins:
        return None
    return (
        "What speaks for this contact is an uploaded file or an operator's rows alone. Ask the "
        "case whether they met, or wait for a second kind of evidence."
    )


# -- the store -----------------------------------------------------------------------------------


def replace_all(
    connection: Connection,
    case_id: str,
    run_id: str,
    found: Sequence[tuple[Exposure, Sequence[DayPart]]],
    seal: Seal,
) -> None:
    """Put what a run found in the place of what earlier runs of the case did."""
    forget_all(connection, case_id)
    details = [
        {
            "case_id": case_id,
            "contact": one.contact,
            "last_day": part.day,
            "sealed": seal(case_id, msgspec.json.encode(part), _label(one.contact, part.day)),
        }
        for one, parts in found
        for part in parts
    ]
    if found:
        connection.execute(insert(exposure), [_row(case_id, run_id, one) for one, _ in found])
    if details:
        connection.execute(insert(exposure_detail), details)


def forget_all(connection: Connection, case_id: str) -> None:
    """Delete everything that traces of a case found."""
    forget_details(connection, case_id)
    connection.execute(delete(exposure).where(exposure.c.case_id == case_id))


def forget_details(connection: Connection, case_id: str) -> None:
    """Delete the episodes and places of a case; days, minutes and tiers stay."""
    connection.execute(delete(exposure_detail).where(exposure_detail.c.case_id == case_id))


def exposures(connection: Connection, case_id: str) -> tuple[Exposure, ...]:
    """Return the contacts of a case in rank order."""
    return tuple(_exposure(row) for row in connection.execute(_OF_CASE, {"case": case_id}))


def exposure_or_none(connection: Connection, case_id: str, contact: str) -> Exposure | None:
    """Return one contact of a case; None where the trace did not return them."""
    row = connection.execute(_ONE, {"case": case_id, "contact": contact}).first()
    return None if row is None else _exposure(row)


def exposure_to(connection: Connection, case_id: str, contact: str) -> Exposure:
    """Return one contact of a case. Raises RefusedError where the trace did not return them."""
    found = exposure_or_none(connection, case_id, contact)
    if found is None:
        raise RefusedError(f"The trace of case {case_id} returned no contact {contact}.")
    return found


def _exposure(row: Any) -> Exposure:  # noqa: ANN401 - a row of the query above
    contact, rank, first_day, last_day, minutes, tier, kinds, origins, late = row
    return Exposure(
        contact=contact,
        rank=rank,
        first_day=first_day,
        last_day=last_day,
        minutes=minutes,
        tier=tier,
        kinds=_words(kinds),
        origins=_words(origins),
        late=late,
    )


def detail(connection: Connection, case_id: str, contact: str, openers: Openers) -> ContactDocument:
    """Return the episodes, places and explanation of a contact, of the days still held.

    Raises RefusedError where none is, GoneError where the case's key was destroyed.
    """
    rows = connection.execute(
        select(exposure_detail)
        .where(exposure_detail.c.case_id == case_id, exposure_detail.c.contact == contact)
        .order_by(exposure_detail.c.last_day)
    ).all()
    if not rows:
        raise RefusedError(f"Nothing is held of where case {case_id} and {contact} met.")
    opened = openers(case_id)
    return joined(
        [
            msgspec.json.decode(opened(row.sealed, _label(contact, row.last_day)), type=DayPart)
            for row in rows
        ]
    )


def details(
    connection: Connection, case_id: str, contacts: Collection[str], openers: Openers
) -> dict[str, ContactDocument]:
    """Return what `detail` does of several contacts, without the words.

    Those of whom nothing is held are left out. Raises GoneError where the case's key was destroyed.
    """
    held = day_parts(connection, case_id, openers, contacts)
    return {contact: unsaid(parts) for contact, parts in held.items()}


def sums(
    connection: Connection, case_id: str, contacts: Collection[str], openers: Openers
) -> dict[str, ContactDocument]:
    """Return of several contacts what names no place: a list of them shows no more.

    Raises GoneError where the case's key was destroyed.
    """
    rows = connection.execute(_LAST_PARTS, {"case": case_id, "contacts": sorted(contacts)})
    return {contact: one.rest for contact, (one,) in _read(rows, case_id, openers, Sums).items()}


def episodes(
    connection: Connection, case_id: str, contacts: Collection[str], openers: Openers
) -> list[EpisodeDocument]:
    """Return the meetings of a case with several contacts.

    Raises GoneError where the case's key was destroyed.
    """
    held = _parts(connection, case_id, openers, contacts, Episodes)
    return [one for parts in held.values() for part in parts for one in part.episodes]


def met_parts(connection: Connection, case_id: str, openers: Openers) -> dict[str, list[MetPart]]:
    """Return where and when the case met each contact, as far as that is held.

    Raises GoneError where the case's key was destroyed.
    """
    return _parts(connection, case_id, openers, None, MetPart)


def day_parts(
    connection: Connection, case_id: str, openers: Openers, contacts: Collection[str] | None = None
) -> dict[str, list[DayPart]]:
    """Return what is held of where the case met each contact, or some, in the order of days.

    Raises GoneError where the case's key was destroyed.
    """
    return _parts(connection, case_id, openers, contacts, DayPart)


def _parts(
    connection: Connection,
    case_id: str,
    openers: Openers,
    contacts: Collection[str] | None,
    kind: type[_Part],
) -> dict[str, list[_Part]]:
    if contacts is None:
        rows = connection.execute(_PARTS, {"case": case_id})
    else:
        rows = connection.execute(_SOME_PARTS, {"case": case_id, "contacts": sorted(contacts)})
    return _read(rows, case_id, openers, kind)


def _read(
    rows: Iterable[Any], case_id: str, openers: Openers, kind: type[_Part]
) -> dict[str, list[_Part]]:
    held: dict[str, list[_Part]] = {}
    opened = None
    decoder = msgspec.json.Decoder(kind)
    for contact, last_day, sealed in rows:
        opened = opened or openers(case_id)  # where nothing is held, no key is needed
        part = decoder.decode(opened(sealed, _label(contact, last_day)))
        held.setdefault(contact, []).append(part)
    return held


def _row(case_id: str, run_id: str, one: Exposure) -> dict[str, object]:
    return {
        "case_id": case_id,
        "contact": one.contact,
        "run_id": run_id,
        "rank": one.rank,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "minutes": one.minutes,
        "tier": one.tier,
        "kinds": ",".join(one.kinds),
        "origins": ",".join(one.origins),
        "late": one.late,
    }


def _words(written: str) -> tuple[str, ...]:
    return tuple(written.split(",")) if written else ()


def _label(contact: str, day: int) -> bytes:
    return f"exposure {contact} {day}".encode()
