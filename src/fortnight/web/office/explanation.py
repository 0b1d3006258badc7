"""Why a contact is listed, told anew in the language of a page from the figures of the document.

The document's own words (``fortnight.report.explain``) are English. In English these are the same
words: a test holds the two against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortnight.contact.calibration import FACE_TO_FACE
from fortnight.contact.weighing import BY_BLUETOOTH
from fortnight.report.document import ExplanationDocument
from fortnight.web.office.drawings import ms_of

if TYPE_CHECKING:
    from fortnight.report.document import (
        ContactDocument,
        Interval,
        TogetherDocument,
        VisitDocument,
    )
    from fortnight.web.office.language import Speech

_SHOWN: Final = 2
"""Gaps, and shared check-ins, that are named one by one."""


def explained(contact: ContactDocument, said: Speech) -> ExplanationDocument:
    """Return both explanations of one contact, from what is still held of the meetings."""
    together, sure = contact.together, contact.probability_contact
    of = said.said(contact.probability_contact_of)
    gaps = _between(contact)
    lines = [_claim(together, sure, of, said), *_seen(together, said), *_unknown(gaps, said)]
    lines.append(said.gettext("floor, walls and masks unknown"))
    to_them = [
        said.gettext("We think so because {reasons}.").format(reasons=_because(together, said)),
        *_how_sure(contact, of, said),
    ]
    if gaps:
        to_them.append(said.gettext("Parts of the time are unknown: that is not held against you."))
    return ExplanationDocument(participant=" ".join(to_them), epidemiologist="; ".join(lines) + ".")


def _between(contact: ContactDocument) -> list[Interval]:
    """Return the gaps between the first meeting and the last."""
    first, last = ms_of(contact.first), ms_of(contact.last)
    return [gap for gap in contact.gaps if ms_of(gap.end) > first and ms_of(gap.start) < last]


def _only_air(together: TogetherDocument) -> bool:
    return together.minutes <= 0 and together.linger_minutes > 0


def _claim(together: TogetherDocument, sure: float | None, of: str, said: Speech) -> str:
    if _only_air(together):
        return said.gettext("Never seen at one place at one time")
    likely = _likely(together, said)
    if sure is None:
        return said.gettext("No calibrated probability; {likely}").format(likely=likely)
    text = said.gettext("{share} that they were {near}; {likely}")
    return text.format(share=said.share(sure), near=of, likely=likely)


def _likely(together: TogetherDocument, said: Speech) -> str:
    """Return how long two were together, as the range that holds it with 80 %."""
    if together.high < 1:
        return said.gettext("under a minute together")
    if together.low < 1:
        text = said.gettext("up to {high} together (80\u00a0%)")
        return text.format(high=said.spent(together.high))
    text = said.gettext("{low} to {high} together (80\u00a0%)")
    return text.format(low=said.spent(together.low), high=said.spent(together.high))


def _seen(together: TogetherDocument, said: Speech) -> list[str]:
    """Return what each kind of evidence says."""
    lines = []
    if "fixes" in together.evidence:
        lines.append(said.gettext("positions of both phones (same place, never two metres)"))
    if together.heard_minutes:
        lines.append(_heard(together, said))
    lines += [_visit(visit, said) for visit in together.visits[:_SHOWN]]
    if (more := len(together.visits) - _SHOWN) > 0:
        text = said.ngettext("{count} more shared check-in", "{count} more shared check-ins", more)
        lines.append(text.format(count=said.number(more)))
    if together.linger_minutes:
        text = said.gettext("{spent} in air that the case had left")
        lines.append(text.format(spent=said.spent(together.linger_minutes)))
    return lines + _room_and_ties(together, said)


def _heard(together: TogetherDocument, said: Speech) -> str:
    close = said.spent(together.face_minutes) if together.face_minutes else said.gettext("no time")
    if "sensor" in together.evidence:
        text = said.gettext(
            "one badge or phone heard the other for {spent}, as if face to face for {close}"
        )
    else:
        text = said.gettext("one phone heard the other for {spent}, as if face to face for {close}")
    return text.format(spent=said.spent(together.heard_minutes), close=close)


def _visit(visit: VisitDocument, said: Speech) -> str:
    where = f"{visit.venue}, {visit.room}" if visit.room else visit.venue
    when = said.period(ms_of(visit.start), ms_of(visit.end))
    if visit.presumed:
        text = said.gettext("both checked in at {where} {when} (no check-out)")
    else:
        text = said.gettext("both checked in at {where} {when}")
    return text.format(where=where, when=when)


def _room_and_ties(together: TogetherDocument, said: Speech) -> list[str]:
    lines = []
    if together.same_room == BY_BLUETOOTH:
        lines.append(said.gettext("same room, by Bluetooth"))
    elif together.same_room:
        lines.append(said.gettext("same room, by check-ins to it"))
    if "ties" in together.evidence:
        lines.append(said.gettext("they call or text each other"))
    return lines


def _unknown(gaps: list[Interval], said: Speech) -> list[str]:
    text = said.gettext("{when} unknown")
    lines = [
        text.format(when=said.period(ms_of(gap.start), ms_of(gap.end))) for gap in gaps[:_SHOWN]
    ]
    if (more := len(gaps) - _SHOWN) > 0:
        text = said.ngettext("{count} more gap unknown", "{count} more gaps unknown", more)
        lines.append(text.format(count=said.number(more)))
    return lines


def _how_sure(contact: ContactDocument, of: str, said: Speech) -> list[str]:
    """Return how sure it is, and what the evidence cannot see, for the contact."""
    limit = said.gettext("Positions cannot tell two rooms, two floors or two metres apart.")
    if _only_air(contact.together):
        return [said.gettext("You were never seen together."), limit]
    if contact.probability_contact_of == FACE_TO_FACE:
        limit = said.gettext("Bluetooth cannot see walls or masks.")
    if contact.probability_contact is None:
        return [said.gettext("How sure that is cannot be said."), limit]
    text = said.gettext("In {share} of cases like this two people really were {near}.")
    return [text.format(share=said.share(contact.probability_contact), near=of), limit]


def _because(together: TogetherDocument, said: Speech) -> str:
    """Return the reasons, as for the contact: nothing says who the case is, or where it was."""
    reasons = []
    if together.minutes > 0:
        text = said.gettext("{known}, for about {spent} in all")
        known = said.gettext(" and ").join(_known(together, said))
        reasons.append(text.format(known=known, spent=said.spent(together.minutes)))
    if together.linger_minutes > 0:
        text = said.gettext("you spent {spent} where somebody infectious had been shortly before")
        reasons.append(text.format(spent=said.spent(together.linger_minutes)))
    silent = said.gettext("both phones fell silent at about the same place")
    return said.gettext(", and ").join(reasons) or silent


def _known(together: TogetherDocument, said: Speech) -> list[str]:
    place = said.gettext("your phones were at about the same place")
    words = {
        "bluetooth": said.gettext("your phones heard each other"),
        "sensor": said.gettext("your badges met"),
        "visit": said.gettext("you were checked in at the same place"),
        "fixes": place,
    }
    return [text for kind, text in words.items() if kind in together.evidence] or [place]
