"""Leaving with everything: at once for whoever reads, in steps for what lies on disk.

The job is a row of the database: begun here, done by the clock (`retention.erase.Eraser.resume`),
and gone on with after a crash. Its id names nobody, so it is also what a person keeps: with it
they fetch the proof, once nothing else of them is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.errors import RefusedError
from fortnight.ledger.log import Inclusion
from fortnight.ledger.receipt import Opening, receipt
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from fortnight.consent.store import Consents
    from fortnight.ledger.log import Log
    from fortnight.retention.erase import Eraser, Erasure

PROOF_DAYS: Final = 30
"""Days after the end of an erasure for which its proof is given out."""
NOT_KNOWN: Final = "There is no proof under this code, or it was too long ago."
_CODE: Final = re.compile(r"[0-9a-f]{32}")
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class Left:
    """How far an erasure is. Instants in ms since 1970, None for what is yet to come.

    Attributes
    ----------
    receipt : str or None
        The proof, once the log holds it.
    """

    code: str
    asked_at: int
    key_gone_at: int | None
    rows_gone_at: int | None
    files_gone_at: int | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """People who leave, and the proof that they did."""

    consents: Consents
    eraser: Eraser
    log: Log

    def leave(self, person: str, now: int) -> str:
        """End every grant, queue the erasure, and return its code.

        When this returns, nothing is read for a case, matched or texted any more: both steps of
        every such reading ask for a grant, and texts that wait have gone with theirs. Raises
        GoneError where nobody of that id is enrolled.
        """
        name = self.eraser.ask(person, now)  # first: a crash in between may not lose the wish
        self.consents.withdraw_all(person, now)
        return name

    def left(self, code: str, now: int) -> Left:
        """Return how far an erasure is. Raises RefusedError, in one wording, for any other code."""
        name = plain_code(code)
        if not _CODE.fullmatch(name):
            raise RefusedError(NOT_KNOWN)
        try:
            found = self.eraser.erasure(name)
        except RefusedError as error:
            raise RefusedError(NOT_KNOWN) from error
        if found.done_at is not None and now - found.done_at > PROOF_DAYS * MILLISECONDS_A_DAY:
            raise RefusedError(NOT_KNOWN)
        return Left(
            code=found.id,
            asked_at=found.asked_at,
            key_gone_at=found.key_gone_at,
            rows_gone_at=found.rows_gone_at,
            files_gone_at=found.done_at,
            receipt=self._receipt(found),
        )

    def _receipt(self, found: Erasure) -> str | None:
        if found.leaf is None or found.salt is None:
            return None
        proof = self.log.proof(found.leaf)
        if not isinstance(proof, Inclusion):
            return None
        return receipt(proof, Opening(found.salt, found.detail()))


def plain_code(said: str) -> str:
    """Return a code as it is kept, however somebody typed it."""
    return re.sub(r"[\s-]", "", said).lower()


def grouped(code: str) -> str:
    """Return a code as people copy it: in groups of four."""
    return " ".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))
