"""Exports for the file: each a look at everybody in it that is committed before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from sqlalchemy import select

from fortnight.case.decision_rows import decisions_of
from fortnight.case.exposures import exposures
from fortnight.case.files import log, read_case
from fortnight.db.office_tables import named_contact
from fortnight.errors import QuestionError
from fortnight.exchange.csv_out import to_csv
from fortnight.exchange.json_out import to_json
from fortnight.exchange.pdf_out import to_pdf
from fortnight.exchange.tables import CaseParts, Interviewed, cases_table, contacts_table
from fortnight.exchange.xlsx_out import to_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.exchange.tables import Table
    from fortnight.vault.door import Vault
    from fortnight.vault.purposes import Reader

Kind = Literal["contacts", "cases"]
Form = Literal["csv", "xlsx", "json", "pdf"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
FORMS: Final[tuple[Form, ...]] = get_args(Form)
_WRITERS: Final[Mapping[str, tuple[Callable[[Table], bytes], str]]] = MappingProxyType(
    {
        "csv": (to_csv, "text/csv; charset=utf-8"),
        "xlsx": (to_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "json": (to_json, "application/json"),
        "pdf": (to_pdf, "application/pdf"),
    }
)
_TABLES: Final[Mapping[str, Callable[[Sequence[CaseParts]], Table]]] = MappingProxyType(
    {"contacts": contacts_table, "cases": cases_table}
)


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand out."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exports:
    """What leaves the service as files.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    vault: Vault
    random: Callable[[int], bytes]

    def export(
        self,
        kind: str,
        form: str,
        case_ids: Sequence[str],
        reader: Reader,
        now: int,
        *,
        without: Collection[str] = (),
    ) -> File:
        """Return cases, or their contacts, as a file.

        A look (purpose trace, fields case and contact) at each contact and each case is committed
        before any of it is read, and an entry of the log before the file is handed out. Left out
        are who withdrew, and the contacts ``without`` whom it is asked for. Raises QuestionError
        for an unknown kind or form, RefusedError for a case that does not stand; a closed one is
        for a lead.
        """
        if kind not in _TABLES or form not in _WRITERS:
            raise QuestionError(
                f"There are exports of {' and '.join(KINDS)}, as {', '.join(FORMS)}."
            )
        wanted = tuple(dict.fromkeys(case_ids))
        seen = {case_id: self._look(case_id, without, reader, now) for case_id in wanted}
        with self.database.read() as connection:
            parts = [_parts(connection, case_id, seen[case_id], without) for case_id in wanted]
        table = _TABLES[kind](parts)
        write, media_type = _WRITERS[form]
        content = write(table)
        self._log(wanted, table, content, form, reader, now)
        named = wanted[0][:8] if len(wanted) == 1 else f"{len(wanted)}-cases"
        return File(f"fortnight-{kind}-{named}.{form}", media_type, content)

    def _look(
        self, case_id: str, without: Collection[str], reader: Reader, now: int
    ) -> frozenset[str]:
        """Commit the looks for one case; return the contacts that they open."""
        with self.database.read() as connection:
            enrolled = read_case(connection, case_id).enrolled
            listed = [one.contact for one in exposures(connection, case_id)]
            measured = [contact for contact in listed if contact not in without]
        if not enrolled and not measured:  # nobody in it ever enrolled
            return frozenset()
        return self.vault.open_export(case_id, measured, reader, now)

    def _log(
        self,
        case_ids: Sequence[str],
        table: Table,
        content: bytes,
        form: str,
        reader: Reader,
        now: int,
    ) -> None:
        digest = sha256(content).hexdigest()
        with self.database.write() as connection:
            for case_id in case_ids:
                entry: dict[str, str | int] = {
                    "case": case_id,
                    "step": f"exported-{table.name}-{form}",
                    "rows": len(table.rows),
                    "sha256": digest,
                }
                log(connection, "case", entry, reader, now, self.random)


def _parts(
    connection: Connection, case_id: str, seen: frozenset[str], without: Collection[str]
) -> CaseParts:
    rows = connection.execute(
        select(named_contact)
        .where(named_contact.c.case_id == case_id, named_contact.c.objected_at.is_(None))
        .order_by(named_contact.c.added_at, named_contact.c.id)
    )
    return CaseParts(
        case=read_case(connection, case_id),
        measured=[one for one in exposures(connection, case_id) if one.contact in seen],
        interviewed=[
            Interviewed(row.contact, row.first_day, row.last_day, row.setting, row.merged_with)
            for row in rows
            if row.contact not in without
        ],
        decisions={one.contact: one for one in decisions_of(connection, case_id) if one.is_live},
    )
