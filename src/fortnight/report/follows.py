"""What follows for contacts, and by which evidence they are known: in words and in letters."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from fortnight.report.wording import presumed_only, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortnight.report.document import ContactDocument, TraceDocument

# From the most to the least that is asked of somebody.
TIER_WORDS: Final = {
    "asked-to-stay-home": "asked to stay home",
    "asked-about-immunity": "asked about immunity",
    "told-and-tested": "told and tested",
    "told": "told",
    "to-ask": "to be asked",
}
SOURCE: Final = "possible source"
PRESUMED: Final = "presumed alone"
NOTHING: Final = "nothing follows"

# Each kind of evidence: its letter on the terminal, its word on the page, what it means.
EVIDENCE: Final = {
    "fixes": ("F", "positions", "positions of both phones"),
    "bluetooth": ("B", "Bluetooth", "one phone heard the other"),
    "sensor": ("S", "badges", "badges met"),
    "visit": ("V", "venue", "both checked in at the venue"),
    "visit-room": ("R", "room", "both checked in to the room"),
    "air": ("A", "air left", "in air that the case had left"),
    "ties": ("T", "calls", "calls or texts, never an exposure"),
}
_MET: Final = frozenset({"fixes", "bluetooth", "sensor", "visit", "visit-room"})
_HEARD: Final = frozenset({"bluetooth", "sensor"})

CONSTANT_CONTACT: Final = (
    "Calls and messages between two people who both agreed. They show whom to ask about, and are "
    "never an exposure by themselves."
)
OWN_RISK: Final = (
    "Minutes weighed by attenuation and infectiousness as Google and Apple do, on the day with the "
    "most. They speak of the risk of the phone that recorded them, from people nobody here knows."
)


def follows(contact: ContactDocument) -> str:
    """Return what follows for a contact: the tier, or why there is none."""
    if contact.tier is not None:
        return TIER_WORDS.get(contact.tier, contact.tier)
    if presumed_only(contact):
        return PRESUMED
    met = not _MET.isdisjoint(contact.together.evidence)
    return SOURCE if met and contact.expected_minutes_forward <= 0 else NOTHING


def tier_counts(document: TraceDocument) -> dict[str, int]:
    """Return for how many contacts what follows: the most asked of first."""
    found = Counter(map(follows, document.contacts))
    known = [*TIER_WORDS.values(), SOURCE, PRESUMED, NOTHING]
    others = sorted(set(found) - set(known))
    return {words: found[words] for words in [*others, *known] if found[words]}


def tally_words(words: str, number: int) -> str:
    """Return what follows for so many contacts: ``possible sources`` for two."""
    if words == NOTHING:
        return "for whom nothing follows"
    return f"{SOURCE}s" if words == SOURCE and number != 1 else words


def what_follows(document: TraceDocument) -> str:
    """Return what follows for how many contacts, in one sentence."""
    counted = tier_counts(document).items()
    return ", ".join(f"{number:,} {tally_words(words, number)}" for words, number in counted)


def evidence_letters(contact: ContactDocument) -> str:
    """Return the kinds of evidence of a contact as letters; ``evidence_legend`` explains them."""
    return "".join(letter for letter, _, _ in _kinds(contact)) or "-"


def evidence_words(contact: ContactDocument) -> str:
    """Return the kinds of evidence of a contact in words."""
    return ", ".join(word for _, word, _ in _kinds(contact)) or "none"


def evidence_legend(contacts: Iterable[ContactDocument]) -> str:
    """Return what the letters mean, of those that are shown."""
    shown = {kind for contact in contacts for kind in _kinds(contact)}
    order = list(EVIDENCE.values())
    return ", ".join(f"{letter} {meaning}" for letter, _, meaning in order if _in(shown, letter))


def _in(shown: set[tuple[str, str, str]], letter: str) -> bool:
    return any(letter == one for one, _, _ in shown)


def _kinds(contact: ContactDocument) -> list[tuple[str, str, str]]:
    said = contact.together.evidence
    kinds = [kind for name, kind in EVIDENCE.items() if name in said]
    kinds += [(name, name, name) for name in said if name not in EVIDENCE]
    return kinds


def probability_legend(contacts: Iterable[ContactDocument]) -> str:
    """Return what the calibrated probabilities are of."""
    kinds: dict[str, bool] = {}
    for contact in contacts:
        heard = not _HEARD.isdisjoint(contact.together.evidence)
        kinds.setdefault(contact.probability_contact_of, heard)
    order = sorted(kinds, key=lambda of: kinds[of])
    of = "; ".join(f"with B or S {words}" if kinds[words] else words for words in order)
    return f"that they really were {of}"


def probability_short(contact: ContactDocument) -> str:
    """Return what a contact's probability is of, without how long: ``face to face``."""
    return contact.probability_contact_of.partition(" for ")[0]


def infectious_words(document: TraceDocument) -> str:
    """Return where the curve of infectiousness comes from, and what the window leaves out."""
    outside = document.share_outside_window
    left = f"; {share(outside)} of it lies before or after look-forward" if outside > 0 else ""
    return f"{document.curve_words}{left}"


def curve_is_doubtful(document: TraceDocument) -> bool:
    """Tell whether the curve hangs on a test's date, or was never checked for this disease."""
    return document.case.dated_by == "test" or "unchecked" in document.curve_words
