"""What every timed engine promises, and the question they are all asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RADIUS_M: Final = 25.0
"""Two people are together while the distance between them is at most this."""

LEAST_PROBABILITY: Final = 0.05

SIGMA_MAX_M: Final = RADIUS_M / math.sqrt(-2.0 * math.log(1.0 - LEAST_PROBABILITY))
"""Root of the sum of both variances above which nearness stays under 5 % even at distance zero.

The separation of two people at one point, each with a normal error, is Rayleigh distributed:
p(within r) = 1 - exp(-r^2 / (2 s^2)), solved for s.
"""

LEAST_MINUTES: Final = 1.0 / 60.0
"""Contacts of less than a second in all are left out."""

MS_A_DAY: Final = 86_400_000
MS_A_MINUTE: Final = 60_000

_SEGMENT: list[pa.Field[Any]] = [
    pa.field("who", pa.int32()),
    pa.field("t0", pa.int64()),  # milliseconds since 1970, UTC; t1 > t0, both within one day
    pa.field("t1", pa.int64()),
    *[pa.field(name, pa.float64()) for name in ("x0", "y0", "z0", "x1", "y1", "z1")],  # metres
    pa.field("s0", pa.float64()),  # standard deviation on each axis at both ends, metres
    pa.field("s1", pa.float64()),
    pa.field("presumed", pa.bool_()),
]

SEGMENTS: Final = pa.schema(_SEGMENT)
"""One segment a row: a straight, even move on the sphere's earth-centred axes."""

_CONTACT: list[pa.Field[Any]] = [
    pa.field("case", pa.int32()),
    pa.field("who", pa.int32()),
    pa.field("minutes", pa.float64()),
]

ANSWER: Final = pa.schema(_CONTACT)
"""One row for each contact of each case, in order of case and who."""


class Engine(Protocol):
    """One peer. ``prepare`` and ``open`` run in different processes, so disk is all they share."""

    name: str
    """What the table calls it, with its way of searching."""

    setting: str
    """One sentence: which index, which tuning. Goes under the table."""

    limit_people: int | None
    """The largest town it is asked about; None where there is no such limit."""

    limit_cases: int | None
    """The most cases it is asked about at once; None where there is no such limit."""

    def available(self) -> str | None:
        """Return why this machine cannot run it, or None where it can."""
        ...

    def version(self) -> str:
        """Return the version of what does the work."""
        ...

    def prepare(self, source: Path, workdir: Path) -> None:
        """Build its own table and index from the Parquet file ``source`` inside ``workdir``."""
        ...

    def open(self, workdir: Path) -> None:
        """Load or map what ``prepare`` left behind, as a running service would hold it."""
        ...

    def contacts(self, cases: Sequence[int]) -> pa.Table:
        """Return every contact of every case, shaped as ``ANSWER``."""
        ...

    def peak_bytes(self) -> int:
        """Return the largest memory that served this engine so far, servers it started included."""
        ...

    def close(self) -> None:
        """Let go of files, memory and servers."""
        ...
