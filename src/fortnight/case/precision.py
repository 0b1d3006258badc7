"""How often those who decide agreed with what a trace returned, by version of its parameters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import func, or_, select

from fortnight.db.office_tables import decision
from fortnight.db.tables import case_file, exposure, trace_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortnight.db.engine import Database

Z: Final = 1.959963984540054
"""Standard deviations on both sides of the mean between which 95 % lie."""


class _Version(msgspec.Struct):
    """What is read of a run's parameters."""

    version: str


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the contacts that one version returned and somebody decided about, how many were told.

    Attributes
    ----------
    low, high : float
        Wilson's interval of the share told, at 95 %.
    """

    version: str
    decided: int
    told: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share told, 0 to 1."""
        return self.told / self.decided


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return Wilson's score interval of a share, at 95 %. Without trials it is 0 to 1.

    It stays inside 0 to 1 and holds for few trials, where the usual formula does not.
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, Z * Z / trials
    middle = (share + square / 2) / (1 + square)
    half = Z * sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    return low, 1.0 if successes == trials else min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Precisions:
    """What decisions say about the parameters that returned the contacts."""

    database: Database

    def by_version(self, district: str | None) -> tuple[Precision, ...]:
        """Return the precision of each version that contacts were decided of, by its name.

        Decisions that were retracted, or that wait for a second person, do not count.
        """
        carried_out = or_(~decision.c.needs_second, decision.c.second_at.is_not(None))
        query = (
            select(trace_run.c.parameters, decision.c.kind, func.count().label("decided"))
            .join(
                exposure,
                (exposure.c.case_id == decision.c.case_id)
                & (exposure.c.contact == decision.c.contact),
            )
            .join(trace_run, trace_run.c.id == exposure.c.run_id)
            .join(case_file, case_file.c.id == decision.c.case_id)
            .where(decision.c.retracted_at.is_(None), carried_out)
            .where(trace_run.c.parameters.is_not(None))
            .group_by(trace_run.c.parameters, decision.c.kind)
        )
        if district is not None:
            query = query.where(case_file.c.district == district)
        with self.database.read() as connection:
            return _precisions(connection.execute(query))


def _precisions(rows: Iterable[Any]) -> tuple[Precision, ...]:
    decided, told = Counter[str](), Counter[str]()
    for row in rows:
        version = msgspec.json.decode(row.parameters, type=_Version).version
        decided[version] += row.decided
        told[version] += row.decided if row.kind == "tell" else 0
    return tuple(
        Precision(version, of, told[version], *wilson(told[version], of))
        for version, of in sorted(decided.items())
    )
