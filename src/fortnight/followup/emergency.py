"""What somebody with a red flag is shown at once, at any hour, and who is rung. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

WHOLE_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is rung, and between which hours of the day somebody is there.

    ``number`` is empty where nobody ever is. ``from_hour`` after ``until_hour`` spans midnight.
    """

    emergency_number: str
    number: str
    from_hour: int = 0
    until_hour: int = WHOLE_DAY
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """What is shown: the number to call now, and whether anybody here was rung.

    ``on_duty_from`` is the hour from which somebody is there, where nobody is now.
    """

    number: str
    on_duty: bool
    on_duty_from: int | None


def emergency(duty: Duty, now: int) -> Emergency:
    """Return what is shown at an instant, in milliseconds since 1970."""
    there = is_on_duty(duty, now)
    later = duty.from_hour if duty.number and not there else None
    return Emergency(duty.emergency_number, there, later)


def is_on_duty(duty: Duty, now: int) -> bool:
    """Tell whether anybody is on duty at an instant."""
    if not duty.number:
        return False
    hour = datetime.fromtimestamp(now / 1_000, duty.zone or UTC).hour
    if duty.from_hour < duty.until_hour:
        return duty.from_hour <= hour < duty.until_hour
    return hour >= duty.from_hour or hour < duty.until_hour
