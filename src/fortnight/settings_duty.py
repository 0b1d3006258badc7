"""Settings of duty: the emergency number that people are shown, and who is rung when."""

from __future__ import annotations

import re
from typing import Final, Protocol

from fortnight.errors import SettingsError

_EMERGENCY: Final = re.compile(r"[0-9]{2,6}|\+[1-9][0-9 ]{4,18}[0-9]")
_WHOLE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_WHOLE_DAY: Final = 24


class DutySettings(Protocol):
    """The settings that are checked here; see docs/settings.md for each."""

    emergency_number: str
    duty_number: str
    duty_from: int
    duty_until: int


def check_duty(settings: DutySettings) -> None:
    """Refuse numbers that reach nobody, and hours that are none."""
    if not _EMERGENCY.fullmatch(settings.emergency_number):
        raise SettingsError(
            f"emergency_number is {settings.emergency_number!r}: people in danger are told to "
            "call it. Give it as it is dialled where they are, such as 112."
        )
    if settings.duty_number and not _WHOLE.fullmatch(settings.duty_number):
        raise SettingsError(
            f"duty_number is {settings.duty_number!r}: give it whole and without spaces, "
            "as +37120000000, or leave it out where nobody is on duty."
        )
    begin, end = settings.duty_from, settings.duty_until
    if not (0 <= begin < _WHOLE_DAY and 0 < end <= _WHOLE_DAY and begin != end):
        raise SettingsError(
            f"duty_from is {begin} and duty_until {end}: give hours, 0 to 23 and 1 to 24, that "
            "are not the same. 20 and 8 is the night."
        )
