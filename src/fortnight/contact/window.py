"""The days of a trace: dates become instants in the district's time zone, both ends included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.risk.disease import Disease

_LONGEST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Window:
    """The local days looked at.

    ``edges`` are the midnights that begin each day and the one that ends the last, in ms since
    1970; ``offsets`` counts each day from the date that the windows hang on.
    """

    zone: str
    first: date
    last: date
    edges: NDArray[np.int64]
    offsets: NDArray[np.int64]
    back: NDArray[np.bool_]
    forward: NDArray[np.bool_]
    weight: NDArray[np.float64]

    @property
    def start(self) -> int:
        """First instant, ms since 1970."""
        return int(self.edges[0])

    @property
    def end(self) -> int:
        """Instant after the last, ms since 1970."""
        return int(self.edges[-1])


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name, or say that there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise QuestionError(
            f"There is no time zone {name!r}: give a name such as UTC or Europe/Vilnius.",
        ) from error


def midnight(day: date, zone: ZoneInfo) -> int:
    """Return the instant at which ``day`` begins in ``zone``, in ms since 1970."""
    local = datetime.combine(day, time(), tzinfo=zone)
    return round(local.astimezone(UTC).timestamp() * 1_000)


def local_date(instant: int, zone: ZoneInfo) -> date:
    """Return the date of an instant (ms since 1970) in ``zone``."""
    return datetime.fromtimestamp(instant / 1_000, tz=zone).date()


def window_of(
    anchor: date,
    disease: Disease,
    *,
    days: int,
    until: date,
    timezone: str,
    dated_by: Literal["onset", "test"] = "onset",
) -> Window:
    """Return the window from ``days`` before ``anchor`` (onset, or the test) to ``until``.

    From a test, infectiousness is averaged over when the onset may have been.

    Raises QuestionError where nothing would be looked at.
    """
    zone = zone_of(timezone)
    if days < 0:
        raise QuestionError(f"--days is {days}: give 0 or more.")
    first = anchor - timedelta(days=days)
    count = (until - first).days + 1
    if count < 1:
        raise QuestionError(
            f"The window would end ({until}) before it begins ({first}): "
            "check the onset, --days and --until against the dates in the evidence.",
        )
    if count > _LONGEST_DAYS:
        raise QuestionError(f"The window has {count} days: give a later onset or fewer --days.")
    dates = [first + timedelta(days=k) for k in range(count + 1)]
    offsets = np.arange(count, dtype=np.int64) - days
    back, forward = disease.look_back, disease.look_forward
    onset, test = disease.relative_infectiousness, disease.relative_infectiousness_since_test
    on = onset if dated_by == "onset" else test
    return Window(
        zone=timezone,
        first=first,
        last=until,
        edges=np.array([midnight(day, zone) for day in dates], dtype=np.int64),
        offsets=offsets,
        back=(offsets >= back.first_day) & (offsets <= back.last_day),
        forward=(offsets >= forward.first_day) & (offsets <= forward.last_day),
        weight=np.array([on(int(offset)) for offset in offsets], dtype=np.float64),
    )
