"""Evidence of the time before a case's sample that came in after it was taken.

Whoever knows that a test is being made could send what never was. Nothing is refused for that: it
is marked, and people look at it. A row's hour of arrival is known, so a row of the sample's own
hour counts as late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fortnight.lake.files import DAY_MS, HOUR_MS, encoded, instants_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from fortnight.lake.search import DaySources


@dataclass(frozen=True, slots=True)
class Late:
    """When the sample was taken (ms since 1970 UTC), and whose rows of that day came late.

    Of days before the sample's, the last hour in which anything came tells; of its own day, only
    the rows themselves do.
    """

    sample_at: int
    on_its_day: frozenset[bytes]


def late_on_its_day(tables: Iterable[tuple[str, pa.Table]], sample_at: int) -> frozenset[bytes]:
    """Return the pseudonyms with rows of before the sample that came after; tables by kind."""
    found: set[bytes] = set()
    for kind, table in tables:
        names, codes = encoded(table["pseudonym"])
        before = table[instants_of(kind)].to_numpy() <= sample_at
        after = table["received"].to_numpy() >= sample_at // HOUR_MS
        found.update(names[code] for code in np.unique(codes[before & after]).tolist())
    return frozenset(found)


def arrived_late(day: int, pseudonym: bytes | None, sources: DaySources | None, late: Late) -> bool:
    """Whether a person's day holds evidence that came in after the sample."""
    sample_day = late.sample_at // DAY_MS
    if sources is None or day > sample_day:
        return False
    if day == sample_day:
        return pseudonym in late.on_its_day
    return sources.received >= late.sample_at // HOUR_MS
