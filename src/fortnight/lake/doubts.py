"""Tracks that cannot be true, or contradict themselves: a person has to look at them.

Doubt is raised as an alarm and takes nothing away. Its subject is a daily pseudonym, which says
nothing to anyone without the vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from sqlalchemy import delete, select

from fortnight.db.tables import alarm
from fortnight.lake.files import DAY_MS, ORIGIN_NAMES
from fortnight.ledger.alarms import Alarm, raise_alarm
from fortnight.track.geometry import sphere_from_e7

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from fortnight.lake.linking import Fixes, Roll

KIND: Final = "contradictory-track"
FASTEST_M_S: Final = 350.0
"""No passenger travels faster: airliners reach about 300 m/s over ground."""
LEAST_JUMPS: Final = 3
"""One stray fix makes two jumps, and strays are common."""
_FINE_M: Final = 100.0
_UNITS_A_MS: Final = FASTEST_M_S / 1_000.0 / 0.0112 / 1.415
"""1e-7 degrees, at most 0.0112 m each, that one axis may change in a ms at that speed."""


class Doubt(NamedTuple):
    """A person's day on which places follow each other faster than anyone travels."""

    pseudonym: str  # hexadecimal
    day: int
    jumps: int
    origins: tuple[str, ...]  # of the fixes between which they jumped


def doubts_of(roll: Roll, fixes: Fixes) -> tuple[Doubt, ...]:
    """Return the people of a day whose fixes of that day contradict each other."""
    today = fixes.time // DAY_MS == roll.day
    fine = np.flatnonzero(today & ~(fixes.accuracy > _FINE_M))
    one, two = fine[:-1], fine[1:]
    same = fixes.who[one] == fixes.who[two]
    one, two = one[same], two[same]
    # a cheap bound leaves few to measure
    reach = _UNITS_A_MS * (fixes.time[two] - fixes.time[one] + 1_000)
    away = np.abs(fixes.lat[two].astype(np.int64) - fixes.lat[one]) > reach
    away |= np.abs(fixes.lon[two].astype(np.int64) - fixes.lon[one]) > reach
    one, two = one[away], two[away]
    if not len(one):
        return ()
    jumps = _distances(fixes, one, two) > _possible(fixes, one, two)
    one, two = one[jumps], two[jumps]
    counts = np.bincount(fixes.who[two], minlength=len(roll.names))
    return tuple(
        Doubt(roll.names[who], roll.day, int(counts[who]), _origins(fixes, one, two, who))
        for who in np.flatnonzero(counts >= LEAST_JUMPS).tolist()
    )


def _distances(fixes: Fixes, one: NDArray[np.intp], two: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how far apart two fixes are, metres in a straight line."""
    ends = [
        np.array([sphere_from_e7(fixes.lon[k], fixes.lat[k]) for k in rows.tolist()])
        for rows in (one, two)
    ]
    lengths: NDArray[np.float64] = np.linalg.norm(ends[1] - ends[0], axis=1)
    return lengths


def _possible(fixes: Fixes, one: NDArray[np.intp], two: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how far apart they may be: by their accuracies, twice over, and the time between."""
    claimed = np.nan_to_num(fixes.accuracy[one]) + np.nan_to_num(fixes.accuracy[two])
    seconds = (fixes.time[two] - fixes.time[one]) / 1_000.0 + 1.0
    return 2.0 * claimed + 2.0 * _FINE_M + FASTEST_M_S * seconds


def _origins(
    fixes: Fixes, one: NDArray[np.intp], two: NDArray[np.intp], who: int
) -> tuple[str, ...]:
    rows = np.concatenate((one, two))
    codes = np.unique(fixes.origin[rows[fixes.who[rows] == who]])
    return tuple(ORIGIN_NAMES[code] for code in codes.tolist())


def raise_alarms(
    connection: Connection,
    doubts: Iterable[Doubt],
    now: int,
    random: Callable[[int], bytes],
) -> None:
    """Add an alarm for each doubt about a pseudonym that has none yet."""
    held = set(connection.execute(select(alarm.c.subject).where(alarm.c.kind == KIND)).scalars())
    for doubt in doubts:
        if doubt.pseudonym not in held:
            detail = f"day={doubt.day} jumps={doubt.jumps} origins={','.join(doubt.origins)}"
            raise_alarm(connection, Alarm(KIND, doubt.pseudonym, detail), now, random)


def forget_alarms(connection: Connection, pseudonyms: Collection[bytes]) -> None:
    """Delete the alarms about some pseudonyms."""
    names = [one.hex() for one in pseudonyms]
    connection.execute(delete(alarm).where(alarm.c.kind == KIND, alarm.c.subject.in_(names)))


def forget_alarms_of(connection: Connection, day: int) -> None:
    """Delete the alarms about a day's pseudonyms."""
    about = alarm.c.detail.startswith(f"day={day} ")
    connection.execute(delete(alarm).where(alarm.c.kind == KIND, about))
