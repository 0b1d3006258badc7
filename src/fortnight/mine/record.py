"""Proofs that the log holds a line of a person's record: a question, an answer, a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.errors import ConflictError, RefusedError
from fortnight.ledger.log import Inclusion
from fortnight.ledger.receipt import Opening, receipt
from fortnight.mine.looks import NOT_THERE, PENDING
from fortnight.notify.own_texts import texts_of

if TYPE_CHECKING:
    from fortnight.followup.record import Record
    from fortnight.ledger.log import Log


def proof_of(record: Record, log: Log, person: str, leaf: str) -> str:
    """Return the proof that the log holds a line of a person's record, which says what it says.

    Raises RefusedError for a line of somebody else, ConflictError while it is pending.
    """
    opening = _openings(record, person).get(leaf)
    if opening is None:
        raise RefusedError(NOT_THERE)
    proof = log.proof(leaf)
    if not isinstance(proof, Inclusion):
        raise ConflictError(PENDING)
    return receipt(proof, opening)


def _openings(record: Record, person: str) -> dict[str, Opening]:
    """Return what opens each entry of a person's record, by its leaf."""
    lines = {one.leaf: Opening(one.salt, one.detail_of(person)) for one in record.of_person(person)}
    texts = {
        entry.leaf: Opening(entry.salt, entry.detail)
        for text in texts_of(record.database, person)
        for entry in text.entries
    }
    return lines | texts
