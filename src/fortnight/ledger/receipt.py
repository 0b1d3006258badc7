"""A receipt: what a person keeps, to show anybody that the log holds an entry and what it says.

One JSON document, checked by ``verify/verify_ledger.py`` with the log's public key alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.errors import RefusedError
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.ledger.log import Inclusion

FORMAT: Final = "fortnight-receipt-1"


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens the person's commitment of an entry: whoever has it can read the entry."""

    salt: bytes
    detail: Mapping[str, str | int]


def receipt(inclusion: Inclusion, opening: Opening | None = None) -> str:
    """Return the receipt of an entry in the tree, as JSON.

    Raises RefusedError where the opening does not open the entry: such a receipt would accuse
    the log of what the receipt's maker did.
    """
    document: dict[str, object] = {
        "format": FORMAT,
        "entry": inclusion.entry.decode("ascii"),
        "index": inclusion.index,
        "hashes": [step.hex() for step in inclusion.hashes],
        "checkpoint": inclusion.checkpoint.note,
    }
    if opening is not None:
        if not opens(inclusion.entry, opening.salt, opening.detail):
            raise RefusedError(f"the opening does not open entry {inclusion.index} of the log.")
        document["opening"] = {"salt": opening.salt.hex(), "detail": dict(opening.detail)}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
