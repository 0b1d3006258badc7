"""A window's local days, and how the disease weighs them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Day:
    """One local day: instants in ms, and what it counts for."""

    start: int
    end: int
    back: bool
    forward: bool
    weight: float


def instant(day: date, zone: ZoneInfo) -> int:
    """Return when a local date begins."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int((local - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000


def covid_days(onset: date, days: int, until: date, timezone: str) -> list[Day]:
    """Return the days of a COVID-19 window, from its own file and nothing of its reader."""
    text = resources.files("fortnight.risk").joinpath("diseases/covid-19.toml").read_text()
    rules = tomllib.loads(text)
    zone = ZoneInfo(timezone)
    curve = rules["infectiousness"]
    out = []
    day = onset - timedelta(days=days)
    while day <= until:
        offset = (day - onset).days
        place = offset - curve["first_day"]
        mass = curve["mass"][place] if 0 <= place < len(curve["mass"]) else 0.0
        back, forward = rules["look_back"], rules["look_forward"]
        out.append(
            Day(
                instant(day, zone),
                instant(day + timedelta(days=1), zone),
                back["first_day"] <= offset <= back["last_day"],
                forward["first_day"] <= offset <= forward["last_day"],
                mass / max(curve["mass"]),
            ),
        )
        day += timedelta(days=1)
    return out
