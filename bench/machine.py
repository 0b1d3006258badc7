"""What the numbers were measured on, and what its memory can do, measured in the same run."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit, prange

from bench.measured import version_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_compiled: Any = njit  # Numba's own types take a decorated function for a decorator
_parallel: Any = njit(parallel=True)

STREAM_BYTES: Final = 2 << 30
GATHERS: Final = 20_000_000
HOPS: Final = 2_000_000
REPEATS: Final = 5
PACKAGES: Final = ("numpy", "numba", "pyarrow")


def describe() -> dict[str, Any]:
    """Return processor, cores, memory, system and versions."""
    return {
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(_first("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20), 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version_of(name) for name in PACKAGES},
    }


def memory_speed() -> dict[str, float]:
    """Return streaming bandwidth (bytes a second) and the time of one gather and one hop (ns).

    A gather reads 8 bytes at a place known beforehand, so that several are under way at once; a
    hop reads the place of the next one, so that none can begin before the last has ended.
    """
    numbers = np.arange(STREAM_BYTES // 8, dtype=np.int64)  # zeros would all be one page
    stream = _best(lambda: _sum(numbers))
    rng = np.random.default_rng(0)
    places = rng.integers(0, len(numbers), GATHERS)
    gather = _best(lambda: _gather(numbers, places))
    ring = _ring(numbers, rng)
    hop = _best(lambda: _hop(ring, HOPS))
    return {
        "stream_bytes_a_second": STREAM_BYTES / stream,
        "gather_ns": gather / GATHERS * 1e9,
        "hop_ns": hop / HOPS * 1e9,
    }


def _best(action: Callable[[], object]) -> float:
    """Return the shortest of a few runs, the first of which also compiles."""
    action()
    return min(_seconds(action) for _ in range(REPEATS))


def _seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def _ring(numbers: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Write one random ring over 128 MiB into ``numbers``: each value is the next place."""
    count = len(numbers) // 16
    order = rng.permutation(count)
    numbers[order] = np.roll(order, -1)
    return numbers[:count]


@_parallel  # type: ignore[untyped-decorator]  # Numba's own types do not fit
def _sum(numbers: NDArray[np.int64]) -> int:
    total = 0
    for place in prange(numbers.shape[0]):
        total += numbers[place]
    return total


@_compiled  # type: ignore[untyped-decorator]  # Numba's own types do not fit
def _gather(numbers: NDArray[np.int64], places: NDArray[np.int64]) -> int:
    total = 0
    for place in places:
        total += numbers[place]
    return total


@_compiled  # type: ignore[untyped-decorator]  # Numba's own types do not fit
def _hop(ring: NDArray[np.int64], hops: int) -> int:
    place = 0
    for _ in range(hops):
        place = ring[place]
    return place


def _first(path: str, key: str) -> str:
    """Return what stands behind the first line that begins with ``key``."""
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "0"
