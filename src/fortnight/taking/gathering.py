"""Everything of one person, gathered: under a look that they see, and read in one go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, LargeBinary, select

from fortnight.db.tables import case_file, look
from fortnight.errors import GoneError, RefusedError
from fortnight.taking.evidence import of_lake, waiting
from fortnight.taking.meetings import meetings
from fortnight.taking.moments import band, day, instant
from fortnight.taking.proofs import receipts
from fortnight.taking.selecting import Known
from fortnight.taking.sources import SOURCES
from fortnight.vault.purposes import Field, Purpose

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Column

    from fortnight.db.engine import Database
    from fortnight.lake.lake import Lake
    from fortnight.ledger.log import Log
    from fortnight.taking.evidence import Taken
    from fortnight.taking.proofs import Receipt
    from fortnight.taking.sources import Source
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

BESIDE: Final = ("you", "names-by-day", "on-its-way", "meetings", "devices")
"""Parts that are rows of no one table of ours, besides the evidence."""
_NO_INSTANTS: Final = frozenset({"rows"})


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a person.

    Attributes
    ----------
    parts : dict
        Rows by the name of their part, as JSON has them; empty parts are among them.
    """

    person: str
    made_at: int
    parts: dict[str, list[Taken]]
    receipts: list[Receipt]


@dataclass(frozen=True, slots=True)
class Gathering:
    """Gathers.

    Parameters
    ----------
    texts : Path
        The file in which texts are handed over; it need not be there.
    """

    database: Database
    vault: Vault
    lake: Lake
    log: Log
    texts: Path

    def gather(self, person: str, reader: Reader, now: int) -> Held:
        """Return everything of a person, under looks of the purpose ``rights``.

        Raises GoneError where they are not enrolled (any more).
        """
        known = self._known(person, reader, now)
        parts = {"you": [_you(known)], "names-by-day": _names(known)}
        parts |= of_lake(self.lake, known)
        parts["on-its-way"] = waiting(self.database, self.vault, person)
        for source in SOURCES:
            parts[source.name] = self._rows(source, known)
        parts["meetings"] = meetings(self.database, self.vault, person)
        parts["devices"] = _devices(self.vault, person)
        self._add_words(parts["texts"])
        proofs = receipts(self.database, self.vault, self.log, person)
        return Held(person, now, parts, proofs)

    # -- who they are ------------------------------------------------------------------------------

    def _known(self, person: str, reader: Reader, now: int) -> Known:
        fields = (Field.NUMBER, Field.LANGUAGE, Field.PSEUDONYMS, Field.EVIDENCE, Field.CASE)
        found: Any = self._read(person, None, fields, reader, now)
        if found is None:
            raise GoneError("Nobody of that id is enrolled: there is nothing to take.")
        with self.database.read() as connection:
            mine = select(case_file.c.id).where(case_file.c.person == person)
            cases = sorted(connection.scalars(mine))
            seen = select(look.c.case_id).where(look.c.person == person)
            others = set(connection.scalars(seen.distinct())) - {None, *cases}
        return Known(
            person=person,
            number=str(found[Field.NUMBER]),
            language=str(found[Field.LANGUAGE]),
            cases=tuple(cases),
            contacts=tuple(self._contacts(person, sorted(others), reader, now)),
            pseudonyms=found.get(Field.PSEUDONYMS, {}),
        )

    def _contacts(
        self, person: str, cases: list[str], reader: Reader, now: int
    ) -> list[tuple[str, str]]:
        """Return what the person is called in other people's cases."""
        found = []
        for case_id in cases:
            values: Any = self._read(person, case_id, (Field.CONTACT,), reader, now)
            if values and Field.CONTACT in values:
                found.append((case_id, str(values[Field.CONTACT])))
        return found

    def _read(
        self,
        person: str,
        case_id: str | None,
        fields: tuple[Field, ...],
        reader: Reader,
        now: int,
    ) -> object:
        """Read by the person's own right; None where there is nothing any more."""
        try:
            access = self.vault.open_access(reader, Purpose.RIGHTS, case_id, fields, (person,), now)
            return self.vault.read(access).get(person)
        except RefusedError:
            return None

    # -- rows --------------------------------------------------------------------------------------

    def _rows(self, source: Source, known: Known) -> list[Taken]:
        table = source.table
        query = select(table).where(source.rule(table, known)).order_by(*table.primary_key)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [self._row(source, known, row) for row in rows]

    def _row(self, source: Source, known: Known, row: Any) -> Taken:  # noqa: ANN401 - of any table
        taken = {name: plain(source.table.c[name], getattr(row, name)) for name in source.columns}
        for name in source.banded:
            taken[name] = band(getattr(row, name))
        for one in source.openers:
            taken[one.name] = one.open(self.vault, known.person, row)
        return taken

    def _add_words(self, texts: list[Taken]) -> None:
        """Add the words of texts that were handed over in a file."""
        if not self.texts.exists() or not texts:
            return
        wanted = {str(one["id"]): one for one in texts}
        with self.texts.open(encoding="utf-8") as lines:
            for line in lines:
                said = _said(line)
                if said.get("id") in wanted:
                    wanted[said["id"]]["words"] = said.get("words")


def plain(column: Column[Any], value: Any) -> object:  # noqa: ANN401 - whatever a column holds
    """Return a value as JSON has it: instants and days as ISO 8601, bytes in hexadecimal."""
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return bytes(value).hex()
    if isinstance(column.type, BigInteger) and column.name not in _NO_INSTANTS:
        return instant(value)
    if column.name == "day" or column.name.endswith("_day"):
        return day(value)
    return value


def _you(known: Known) -> Taken:
    return {"person": known.person, "number": known.number, "language": known.language}


def _names(known: Known) -> list[Taken]:
    return [{"day": day(at), "name": one.hex()} for at, one in sorted(known.pseudonyms.items())]


def _devices(vault: Vault, person: str) -> list[Taken]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "made_at": instant(one.made_at),
            "revoked_at": None if one.revoked_at is None else instant(one.revoked_at),
        }
        for one in vault.devices_of(person)
    ]


def _said(line: str) -> dict[str, Any]:
    """Return what a line says; nothing for one that was blanked or is half written."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
