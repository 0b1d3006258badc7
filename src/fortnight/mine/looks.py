"""Who looked: every look at a person, with its proof; and questioning one.

Of a look a person is shown its hour, role, district, purpose, kinds of field and outcome. Never the
case, a place or the person behind it: none of them is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.errors import ConflictError, RefusedError
from fortnight.ledger.log import Inclusion
from fortnight.ledger.receipt import Opening, receipt
from fortnight.vault.purposes import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.case.reviews import Noted, Review, Reviews
    from fortnight.ledger.log import Log, Proof
    from fortnight.vault.door import Vault
    from fortnight.vault.looks import Look

QUESTIONED: Final = "look-questioned"
NOT_THERE: Final = "There is no such line here."
PENDING: Final = (
    "The log has not taken this in yet. It does so every minute: come back for the proof."
)
ASKED_BEFORE: Final = "You questioned this look before: the question and its answer stand below it."
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class SeenLook:
    """One look, as the person sees it.

    Attributes
    ----------
    hour : int
        Its first instant, ms since 1970.
    is_proved : bool
        Whether the log has taken its entry in. Which number it has there is in the proof: on the
        page it would tell when within the hour it was.
    is_own : bool
        Whether the person themselves read, on these pages.
    """

    id: str
    hour: int
    role: str
    district: str
    purpose: str
    fields: tuple[str, ...]
    outcome: str
    is_proved: bool
    is_own: bool
    question: Review | None


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks at people."""

    vault: Vault
    log: Log
    reviews: Reviews

    def of_person(self, person: str, first: int, most: int) -> tuple[list[SeenLook], int]:
        """Return some of the looks at a person, the newest hour first; and how many there are."""
        looks = sorted(self.vault.looks_at(person), key=lambda one: (-one.hour, one.id))
        wanted = looks[first : first + most]
        proofs = self.log.proofs([one.leaf for one in wanted])
        questions = self.reviews.about(QUESTIONED, [one.id for one in wanted])
        return [_seen(one, proofs, questions) for one in wanted], len(looks)

    def question(self, person: str, look_id: str, now: int) -> str:
        """Ask the data protection officer to look into a look; return the id of the question.

        Raises RefusedError for a look at somebody else, ConflictError where it was questioned.
        """
        look = self._own(person, look_id)
        if self.reviews.about(QUESTIONED, [look.id]):
            raise ConflictError(ASKED_BEFORE)
        return self.reviews.ask(QUESTIONED, look.id, now)

    def receipt(self, person: str, look_id: str) -> str:
        """Return the proof that the log holds a look, which says what the page says of it.

        Raises RefusedError for a look at somebody else, ConflictError while it is pending.
        """
        look = self._own(person, look_id)
        return self._receipt(look.leaf, Opening(look.salt, look.detail()))

    def receipt_of_question(self, person: str, look_id: str, step: str) -> str:
        """Return the proof of a question (``asked``), or of its answer (``answered``).

        That of the answer says its words. Raises as `receipt`.
        """
        look = self._own(person, look_id)
        asked = self.reviews.about(QUESTIONED, [look.id]).get(look.id)
        noted: Noted | None = None
        if asked is not None:
            noted = {"asked": asked.asked, "answered": asked.answered}.get(step)
        if noted is None:
            raise RefusedError(NOT_THERE)
        return self._receipt(noted.leaf, Opening(noted.salt, noted.detail))

    def _own(self, person: str, look_id: str) -> Look:
        for one in self.vault.looks_at(person):
            if one.id == look_id:
                return one
        raise RefusedError(NOT_THERE)

    def _receipt(self, leaf: str, opening: Opening) -> str:
        proof = self.log.proof(leaf)
        if not isinstance(proof, Inclusion):
            raise ConflictError(PENDING)
        return receipt(proof, opening)


def _seen(look: Look, proofs: Mapping[str, Proof], questions: Mapping[str, Review]) -> SeenLook:
    return SeenLook(
        id=look.id,
        hour=look.hour * _HOUR_MS,
        role=look.role,
        district=look.district,
        purpose=look.purpose,
        fields=look.fields,
        outcome=look.outcome,
        is_proved=isinstance(proofs.get(look.leaf), Inclusion),
        is_own=look.role == OWN,
        question=questions.get(look.id),
    )
