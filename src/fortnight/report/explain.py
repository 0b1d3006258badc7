"""Why a contact is listed, in words: for the participant, and for whoever checks the arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortnight.contact.calibration import FACE_TO_FACE
from fortnight.contact.weighing import BY_BLUETOOTH
from fortnight.report.document import ExplanationDocument
from fortnight.report.wording import count, duration, share

if TYPE_CHECKING:
    from fortnight.report.document import Interval, TogetherDocument
    from fortnight.report.local_time import LocalClock

_GAPS_SHOWN: Final = 2
_VISITS_SHOWN: Final = 2
UNKNOWABLE: Final = "floor, walls and masks unknown"


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
    seen = _seen(together, clock)
    unknown = _unknown(gaps, clock)
    return ExplanationDocument(
        participant=_for_participant(together, probability, of, unknown),
        epidemiologist="; ".join([_claim(together, probability, of), *seen, *unknown, UNKNOWABLE])
        + ".",
    )


def _claim(together: TogetherDocument, probability: float | None, of: str) -> str:
    span = f"{duration(together.low)} to {duration(together.high)} together (80\u00a0%)"
    if probability is None:
        return f"No calibrated probability; {span}"
    return f"{share(probability)} that they were {of}; {span}"


def _seen(together: TogetherDocument, clock: LocalClock) -> list[str]:
    """Return what each kind of evidence says."""
    words = []
    if "fixes" in together.evidence:
        words.append("positions of both phones (same place, never two metres)")
    if together.heard_minutes:
        words.append(
            f"one phone heard the other for {duration(together.heard_minutes)}, as if face to face "
            f"for {duration(together.face_minutes)}"
        )
    for visit in together.visits[:_VISITS_SHOWN]:
        where = f"{visit.venue}, {visit.room}" if visit.room else visit.venue
        end = " (no check-out)" if visit.presumed else ""
        when = f"{clock.moment(visit.start)} to {clock.moment(visit.end)}"
        words.append(f"both checked in at {where} {when}{end}")
    if more := len(together.visits) - _VISITS_SHOWN:
        words += [count(more, "more shared check-in", "more shared check-ins")] if more > 0 else []
    if together.linger_minutes:
        words.append(f"{duration(together.linger_minutes)} in air that the case had left")
    if together.same_room:
        by = "Bluetooth" if together.same_room == BY_BLUETOOTH else "check-ins to it"
        words.append(f"same room, by {by}")
    if "ties" in together.evidence:
        words.append("they call or text each other")
    return words


def _unknown(gaps: list[Interval], clock: LocalClock) -> list[str]:
    words = [
        f"{clock.moment(gap.start)} to {clock.moment(gap.end)} unknown"
        for gap in gaps[:_GAPS_SHOWN]
    ]
    if len(gaps) > _GAPS_SHOWN:
        words.append(f"{len(gaps) - _GAPS_SHOWN} more gaps unknown")
    return words


def _for_participant(
    together: TogetherDocument, probability: float | None, of: str, unknown: list[str]
) -> str:
    sure = (
        "How sure that is cannot be said."
        if probability is None
        else f"In {share(probability)} of cases like this two people really were {of}."
    )
    what = {
        "bluetooth": "your phones heard each other",
        "sensor": "your badges met",
        "visit": "you were checked in at the same place",
        "fixes": "your phones were at about the same place",
    }
    known = [words for kind, words in what.items() if kind in together.evidence]
    told = " and ".join(known) or "silences of the phones at one place"
    limit = (
        "Bluetooth cannot see walls or masks."
        if of == FACE_TO_FACE
        else "Positions cannot tell two rooms, two floors or two metres apart."
    )
    gap = " Parts of the time are unknown: that is not held against you." if unknown else ""
    return (
        f"We think so because {told}, for about {duration(together.minutes)} in all. {sure} {limit}"
        f"{gap}"
    )
