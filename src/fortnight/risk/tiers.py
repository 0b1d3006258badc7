"""What is asked of a contact: by the disease's rule, from what the evidence can really show.

A tier comes from the look-forward alone. It only asks and tells: nothing here is ever ordered.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fortnight.risk.actions import TIERS, Tier
from fortnight.risk.kinds import CLOSE, CONFIRMED, KINDS, NOT_CLOSE, SAME_PLACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.risk.disease import Disease

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NO_TIER = -1  # codes are places in TIERS
TO_ASK = TIERS.index("to-ask")
TOLD = TIERS.index("told")
STAY_HOME = TIERS.index("asked-to-stay-home")
TESTED = (TIERS.index("told-and-tested"), STAY_HOME)

POSSIBLE_SOURCE = (
    "met in the look-back only: a possible source, to ask or to test; nothing follows for them"
)
NOT_AN_EXPOSURE = "calls and messages show no exposure: a person to ask about"


def decisive(disease: Disease) -> int:
    """Return the kinds of evidence that show as much closeness as the disease takes, as bits.

    With a disease that takes touch, only a person's own word does; with one that hangs in the
    air, a check-in to the same room does.
    """
    if disease.contact.kind == "prompts":
        return CONFIRMED
    return CLOSE | (KINDS["visit-room"] if disease.contact.kind == "shared-air" else 0)


def threshold(disease: Disease) -> tuple[float, float]:
    """Return the minutes, and within how many hours, from which a tier goes its whole way."""
    rule = disease.tiers
    if rule.min_minutes is not None and rule.within_hours is not None:
        return rule.min_minutes, rule.within_hours
    return disease.contact.min_minutes, disease.contact.within_hours


def days_of_threshold(disease: Disease, count: int) -> int:
    """Return how many days in a row the threshold looks at, taken whole, out of ``count``."""
    return min(math.ceil(threshold(disease)[1] / 24.0), count)


def most_within(minutes: Floats, width: int) -> Floats:
    """Return the most minutes on so many consecutive days (n, d -> n)."""
    sums = [minutes[:, k : k + width].sum(axis=1) for k in range(minutes.shape[1] - width + 1)]
    most: Floats = np.max(np.array(sums), axis=0)
    return most


def tier_codes(disease: Disease, most: Floats, exposed: Bools, evidence: Codes) -> Codes:
    """Return the tier of each contact as a place in TIERS, ``NO_TIER`` where there is none.

    Parameters
    ----------
    disease : Disease
        The rules.
    most : float64 (n,)
        The most expected minutes on the consecutive days that the threshold looks at.
    exposed : bool (n,)
        Whether there was any exposure in the look-forward.
    evidence : int64 (n,)
        Kinds of evidence, as bits of ``KINDS``.
    """
    evidence = np.where((evidence & NOT_CLOSE) > 0, _as_place(evidence), evidence)
    enough = most >= threshold(disease)[0]
    enough |= (evidence & CONFIRMED) > 0  # who lives together need not be timed
    close, place = TIERS.index(disease.tiers.close), TIERS.index(disease.tiers.place)
    whole = np.where((evidence & decisive(disease)) > 0, close, place)
    codes = np.where(enough, whole, np.minimum(whole, TOLD))
    if disease.immunity is not None:
        codes = whole  # immunity is asked whatever the minutes
    if disease.contact.kind == "prompts":
        codes = np.where((evidence & CONFIRMED) > 0, codes, TO_ASK)
    codes = np.where((evidence & (SAME_PLACE | CLOSE)) > 0, codes, TO_ASK)
    return np.where(exposed, codes, NO_TIER).astype(np.int64)


def _as_place(evidence: Codes) -> Codes:
    """Return kinds of evidence with Bluetooth saying no more than a shared place does."""
    return (evidence & ~(KINDS["bluetooth"] | NOT_CLOSE)) | KINDS["visit"]


def tier_of(code: int) -> Tier | None:
    """Return the name of a code."""
    return None if code == NO_TIER else TIERS[code]


def reason(disease: Disease, code: int, minutes: float, evidence: int) -> str:
    """Return why a contact has this tier, in a sentence.

    ``minutes`` are the most within the hours of the disease's threshold.
    """
    if code == NO_TIER:
        return POSSIBLE_SOURCE if evidence & ~KINDS["ties"] else NOT_AN_EXPOSURE
    least, hours = threshold(disease)
    shown = _shown(disease, evidence)
    if tier_of(code) == "asked-about-immunity":
        return f"{shown}; with {disease.name} immunity is asked first, however short the time"
    if code == TO_ASK:
        return f"{shown}; that only prompts questions"
    if evidence & CONFIRMED:
        return f"{shown}; followed whatever the minutes"
    side = "at least" if minutes >= least else "less than"
    return f"{shown}; {minutes:.0f} minutes within {hours:g} hours, {side} {least:g}"


def _shown(disease: Disease, evidence: int) -> str:
    """Return what the strongest evidence shows, and no more."""
    words = (
        ("physical", "touch, by their own word"),
        ("household", "one household, by their own word"),
        ("bluetooth", "phones that heard each other"),
        ("sensor", "face to face by sensor"),
        ("visit-room", "checked in to the same room"),
        ("visit", "checked in at the same venue"),
        ("fixes", "at the same place by location, which cannot tell 2 metres"),
        ("air", "in air that the case had left"),
    )
    if evidence & NOT_CLOSE and not evidence & (CONFIRMED | KINDS["sensor"]):
        return "phones that heard each other, not likely face to face"
    for kind, said in words:
        if evidence & KINDS[kind]:
            touch = disease.contact.kind == "prompts" and not evidence & CONFIRMED
            return f"{said}, but infection takes touch" if touch else said
    return "in the same area by mobile cell"
