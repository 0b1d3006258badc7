"""What an exposure comes to once its contact has replied. Pure.

Each reply can only lower what is asked of somebody; a person answers it, and may find otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from fortnight.risk.actions import TIERS
from fortnight.risk.tiers import threshold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortnight.risk.disease import Disease


class Reply(StrEnum):
    """What somebody says about an exposure: a closed list."""

    NOT_THERE = "not-there"
    MASKS = "masks"
    WALL = "wall"
    OTHER_PHONE = "other-phone"


Why = Literal["void", "less-air", "other-air", "unknown-factor", "unchanged"]


@dataclass(frozen=True, slots=True)
class Scored:
    """An exposure as it counts: minutes of it, and what is asked of the contact."""

    minutes: float
    tier: str | None


@dataclass(frozen=True, slots=True)
class Rescored:
    """Before and after, and why: a word of ``texts/replies.toml``."""

    before: Scored
    after: Scored
    why: Why


def rescored(disease: Disease, before: Scored, reply: Reply) -> Rescored:
    """Return an exposure scored again after a reply.

    ``not-there`` and ``other-phone``: it is not this person's exposure, until somebody has
    answered. ``wall``: other air, so a shared place shows nothing more than a question.
    ``masks``: each minute counts as much as the disease's file has it; without a figure there,
    minutes stay, and a person decides.
    """
    if reply in {Reply.NOT_THERE, Reply.OTHER_PHONE}:
        return Rescored(before, Scored(0.0, None), "void")
    if reply is Reply.WALL:
        return Rescored(before, Scored(0.0, _lower(before.tier, "to-ask")), "other-air")
    if disease.masks is None:
        return Rescored(before, before, "unknown-factor")
    minutes = before.minutes * disease.masks.worn
    least, _ = threshold(disease)
    tier = before.tier if minutes >= least else _lower(before.tier, "told")
    return Rescored(before, Scored(minutes, tier), "less-air")


def after_all(disease: Disease, measured: Scored, replies: Iterable[Reply]) -> Scored:
    """Return an exposure after every reply that stands; each counts once, in any order."""
    scored = measured
    for reply in sorted(set(replies)):
        scored = rescored(disease, scored, reply).after
    return scored


def _lower(tier: str | None, most: str) -> str | None:
    """Return the tier, or ``most`` where it asks for more than that."""
    if tier is None:
        return None
    order: list[str] = list(TIERS)
    return tier if tier in order and order.index(tier) <= order.index(most) else most
