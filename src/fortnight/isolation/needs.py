"""What people need at home: until when it is due, and what a partner is told of it. Pure.

A partner organisation gets the fields of its need and nothing else: not the disease, not the
case, not what another ticket says. Where it could put somebody in danger, not the address either.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOUR_MS: Final = 3_600_000


class Need(StrEnum):
    """Why there is a ticket: a closed list."""

    FOOD = "food"
    MEDICINE = "medicine"
    LETTER = "letter"  # for work
    MONEY = "money"
    CHILD_CARE = "child-care"
    TALK = "talk"  # to somebody
    SAFE_PLACE = "safe-place"
    HELP = "help"  # they were silent: does this person need help?
    UNWELL = "unwell"
    URGENT = "urgent"  # a red flag
    OTHER = "other"


ASKED_FOR: Final = (
    Need.FOOD,
    Need.MEDICINE,
    Need.LETTER,
    Need.MONEY,
    Need.CHILD_CARE,
    Need.TALK,
    Need.SAFE_PLACE,
    Need.OTHER,
)
"""What a person may tick; the others follow from their answers, or from none."""
WITHIN_HOURS: Final[Mapping[Need, float]] = {
    Need.URGENT: 0.5,
    Need.SAFE_PLACE: 2,
    Need.MEDICINE: 4,
    Need.UNWELL: 4,
    Need.FOOD: 24,
    Need.CHILD_CARE: 24,
    Need.TALK: 24,
    Need.HELP: 24,
    Need.OTHER: 24,
    Need.LETTER: 48,
    Need.MONEY: 72,
}
"""Hours within which a ticket is due: our own choice, for a health team to change."""


class Field(StrEnum):
    """What a ticket may hold, in the person's own words but for number and language."""

    NAME = "name"
    NUMBER = "number"
    LANGUAGE = "language"
    ADDRESS = "address"
    ITEMS = "items"
    MEDICINE = "medicine"
    PHARMACY = "pharmacy"
    CHILDREN = "children"
    FROM_DAY = "from_day"
    UNTIL_DAY = "until_day"
    NOTE = "note"


PARTNER_FIELDS: Final[Mapping[Need, frozenset[Field]]] = {
    Need.FOOD: frozenset({Field.NAME, Field.NUMBER, Field.ADDRESS, Field.ITEMS}),
    Need.MEDICINE: frozenset(
        {Field.NAME, Field.NUMBER, Field.ADDRESS, Field.MEDICINE, Field.PHARMACY}
    ),
    Need.LETTER: frozenset({Field.NAME, Field.FROM_DAY, Field.UNTIL_DAY}),
    Need.MONEY: frozenset({Field.NAME, Field.NUMBER}),
    Need.CHILD_CARE: frozenset({Field.NAME, Field.NUMBER, Field.ADDRESS, Field.CHILDREN}),
    Need.TALK: frozenset({Field.NUMBER, Field.LANGUAGE}),
    Need.SAFE_PLACE: frozenset({Field.NUMBER, Field.LANGUAGE}),
    Need.HELP: frozenset(),
    Need.UNWELL: frozenset(),
    Need.URGENT: frozenset(),
    Need.OTHER: frozenset(),
}
"""What leaves for a partner; needs without a field are for the health team alone."""

OUTCOMES: Final = ("helped", "not-needed", "not-reached", "passed-on")
"""How a ticket may end. None of them is held against anybody."""


def due_at(need: Need, now: int) -> int:
    """Return until when (ms since 1970) a ticket that is opened now is due."""
    return now + round(WITHIN_HOURS[need] * _HOUR_MS)


def for_partner(need: Need, held: Mapping[str, str]) -> dict[str, str]:
    """Return what of a ticket its partner is told: the fields of the need that are not empty."""
    return {
        field.value: held[field.value]
        for field in Field
        if field in PARTNER_FIELDS[need] and held.get(field.value)
    }


def may_go_to_partner(need: Need) -> bool:
    """Tell whether a need may be given to a partner at all."""
    return bool(PARTNER_FIELDS[need])
