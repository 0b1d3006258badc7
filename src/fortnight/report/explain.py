"""Why a contact is listed, in words: for the participant, and for whoever checks the arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortnight.contact.calibration import FACE_TO_FACE
from fortnight.contact.weighing import BY_BLUETOOTH
from fortnight.report.document import ExplanationDocument
from fortnight.report.wording import count, duration, share, spent

if TYPE_CHECKING:
    from fortnight.report.document import Interval, TogetherDocument, VisitDocument
    from fortnight.report.local_time import LocalClock

_GAPS_SHOWN: Final = 2
_VISITS_SHOWN: Final = 2
UNKNOWABLE: Final = "floor, walls and masks unknown"
_LIMIT_OF_POSITIONS: Final = "Positions cannot tell two rooms, two floors or two metres apart."
_TO_PARTICIPANT: Final = {
    "bluetooth": "your phones heard each other",
    "sensor": "your badges met",
    "visit": "you were checked in at the same place",
    "fixes": "your phones were at about the same place",
}


def explain(
    together: TogetherDocument,
    probability: float | None,
    of: str,
    gaps: list[Interval],
    clock: LocalClock,
) -> ExplanationDocument:
    """Return both explanations of one contact.

    Parameters
    ----------
    together
        What all evidence says.
    probability, of
        The calibrated probability, and what it is a probability of.
    gaps
        Periods between the first and the last meeting in which the contact was not observed.
    clock
        Tells local time.
    """
    unknown = _unknown(gaps, clock)
    return ExplanationDocument(
        participant=_for_participant(together, probability, of, unknown),
        epidemiologist="; ".join(
            [_claim(together, probability, of), *_seen(together, clock), *unknown, UNKNOWABLE]
        )
        + ".",
    )


def likely(together: TogetherDocument) -> str:
    """Return how long two were together, as the range that holds it with 80 %."""
    if together.high < 1:
        return "under a minute together"
    if together.low < 1:
        return f"up to {duration(together.high)} together (80\u00a0%)"
    return f"{duration(together.low)} to {duration(together.high)} together (80\u00a0%)"


def _claim(together: TogetherDocument, probability: float | None, of: str) -> str:
    if together.minutes <= 0 and together.linger_minutes > 0:
        return "Never seen at one place at one time"
    if probability is None:
        return f"No calibrated probability; {likely(together)}"
    return f"{share(probability)} that they were {of}; {likely(together)}"


def _seen(together: TogetherDocument, clock: LocalClock) -> list[str]:
    """Return what each kind of evidence says."""
    words = []
    if "fixes" in together.evidence:
        words.append("positions of both phones (same place, never two metres)")
    if together.heard_minutes:
        words.append(heard(together))
    words += [visit_words(visit, clock) for visit in together.visits[:_VISITS_SHOWN]]
    if (more := len(together.visits) - _VISITS_SHOWN) > 0:
        words.append(count(more, "more shared check-in", "more shared check-ins"))
    if together.linger_minutes:
        words.append(f"{spent(together.linger_minutes)} in air that the case had left")
    if together.same_room:
        words.append(f"same room, {room_words(together)}")
    if "ties" in together.evidence:
        words.append("they call or text each other")
    return words


def heard(together: TogetherDocument) -> str:
    """Return for how long one phone, or badge, heard the other, and how near that sounded."""
    close = spent(together.face_minutes) if together.face_minutes else "no time"
    who = "phone" if "sensor" not in together.evidence else "badge or phone"
    return (
        f"one {who} heard the other for {spent(together.heard_minutes)}, as if face to face for "
        f"{close}"
    )


def room_words(together: TogetherDocument) -> str:
    """Return by what it is said that two were in the same room."""
    return "by Bluetooth" if together.same_room == BY_BLUETOOTH else "by check-ins to it"


def visit_words(visit: VisitDocument, clock: LocalClock) -> str:
    """Return one shared check-in: where, and when."""
    where = f"{visit.venue}, {visit.room}" if visit.room else visit.venue
    end = " (no check-out)" if visit.presumed else ""
    return f"both checked in at {where} {clock.period(visit.start, visit.end)}{end}"


def _unknown(gaps: list[Interval], clock: LocalClock) -> list[str]:
    words = [f"{clock.period(gap.start, gap.end)} unknown" for gap in gaps[:_GAPS_SHOWN]]
    if (more := len(gaps) - _GAPS_SHOWN) > 0:
        words.append(f"{count(more, 'more gap', 'more gaps')} unknown")
    return words


def _for_participant(
    together: TogetherDocument, probability: float | None, of: str, unknown: list[str]
) -> str:
    """Return the same for the contact: nothing in it says who the case is, or where it was."""
    if together.minutes <= 0 and together.linger_minutes > 0:
        sure, limit = "You were never seen together.", _LIMIT_OF_POSITIONS
    else:
        sure = (
            "How sure that is cannot be said."
            if probability is None
            else f"In {share(probability)} of cases like this two people really were {of}."
        )
        limit = (
            "Bluetooth cannot see walls or masks." if of == FACE_TO_FACE else _LIMIT_OF_POSITIONS
        )
    gap = "Parts of the time are unknown: that is not held against you." if unknown else ""
    told = f"We think so because {_because(together)}."
    return " ".join(filter(None, (told, sure, limit, gap)))


def _because(together: TogetherDocument) -> str:
    known = [words for kind, words in _TO_PARTICIPANT.items() if kind in together.evidence]
    reasons = []
    if together.minutes > 0:
        known = known or ["your phones were at about the same place"]
        reasons.append(f"{' and '.join(known)}, for about {spent(together.minutes)} in all")
    if together.linger_minutes > 0:
        reasons.append(
            f"you spent {spent(together.linger_minutes)} where somebody infectious had been "
            "shortly before"
        )
    return ", and ".join(reasons) or "both phones fell silent at about the same place"
