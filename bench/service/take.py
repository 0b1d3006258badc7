"""How long a person's copy takes, and whether that grows with the lake.

uv run python -m bench.service.take TOWN [TIMES]

The town's fixes (`fortnight simulate`) are taken into a service's lake twice: of a twentieth of its
people, and of all. In each, the person with the most rows and four others take everything, TIMES
times (3 by default): the middle of each is printed, with the bytes of the ZIP.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from bench.service.filled import fill, number_of, service_in, several
from fortnight.simulate.files import FIXES_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.service import Service

SMALLER: Final = 20
_DAY_MS: Final = 86_400_000


class Copy(NamedTuple):
    """One person's copy: seconds (the middle of several), bytes, and rows of fixes in it."""

    seconds: float
    bytes: int
    fixes: int


def now_of(town: Path) -> int:
    """Return noon of the day after the town's last, in ms since 1970 UTC."""
    times = pq.read_table(town / FIXES_FILE, columns=["time"])["time"].to_numpy()
    last = int(times.max().astype("datetime64[ms]").astype(int))
    return (last // _DAY_MS + 1) * _DAY_MS + _DAY_MS // 2


def part_of(town: Path, folder: Path, names: Sequence[str]) -> Path:
    """Write the fixes of some people of a town as a town of its own."""
    folder.mkdir()
    whole = pq.read_table(town / FIXES_FILE, filters=[("participant", "in", list(names))])
    pq.write_table(whole, folder / FIXES_FILE)
    return folder


def copy(service: Service, name: str, now: int, times: int) -> Copy:
    """Let somebody take everything so many times."""
    person = service.vault.person_with(number_of(name))
    if person is None:
        raise LookupError(name)
    seconds, whole = [], b""
    for _ in range(times):
        begun = time.perf_counter()
        whole = service.taking.take(person, "en", now)
        seconds.append(time.perf_counter() - begun)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = json.loads(archive.read("everything.json"))["parts"]
    return Copy(statistics.median(seconds), len(whole), len(parts["fixes"]))


def measure(town: Path, people: int, names: Sequence[str], now: int, times: int) -> None:
    """Fill a service with a town, and print what the copies of some people took."""
    with tempfile.TemporaryDirectory() as folder:
        service = service_in(Path(folder), now, "")
        try:
            fill(service, town, now)
            print(f"{people} people in the lake")
            for name in names:
                one = copy(service, name, now, times)
                print(f"  {one.seconds:6.2f} s  {one.bytes / 1e6:6.2f} MB  {one.fixes} fixes")
        finally:
            service.close()


def main(town: Path, times: int) -> None:
    """Measure in a small lake and in the whole one, of the same people."""
    now = now_of(town)
    counts: Counter[str] = Counter()
    for some in several(town / FIXES_FILE):
        counts.update(dict(zip(some.names, np.diff(some.bounds).tolist(), strict=True)))
    everybody = sorted(counts, key=lambda name: (-counts[name], name))
    few = everybody[::SMALLER]
    names = [everybody[0], *few[len(few) // 5 :: len(few) // 5][:4]]
    with tempfile.TemporaryDirectory() as folder:
        small = part_of(town, Path(folder) / "town", sorted({*few, *names}))
        measure(small, len({*few, *names}), names, now, times)
    measure(town, len(everybody), names, now, times)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)  # noqa: PLR2004 - after the town
