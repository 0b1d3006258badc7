"""A table as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from fortnight.exchange.tables import Table

SCHEMA: Final = "fortnight-export-1"


def to_json(table: Table) -> bytes:
    """Return a table as one object: schema, table, columns in their order, a row an object."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    document = {"schema": SCHEMA, "table": table.name, "columns": table.columns, "rows": rows}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
