"""A trace as JSON, and the JSON Schema of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fortnight.report.document import SCHEMA, TraceDocument

SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def to_json(document: TraceDocument) -> bytes:
    """Return a trace as JSON, indented, in UTF-8, with a newline at its end.

    The same document gives the same bytes: fields in the order of the contract, free keys
    (parameters, reasons of refusal) in alphabetical order.
    """
    compact = msgspec.json.encode(document, order="deterministic")
    return msgspec.json.format(compact, indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) that every document from `to_json` keeps.

    It is generated from the Structs, so it cannot fall behind them; ``schema`` itself is held
    to this version's name.
    """
    generated = msgspec.json.schema(TraceDocument)
    generated["$defs"]["TraceDocument"]["properties"]["schema"] = {"const": SCHEMA}
    return {"$schema": SCHEMA_DIALECT, "$id": f"urn:{SCHEMA}", "title": SCHEMA, **generated}
