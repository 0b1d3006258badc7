"""How long one case takes whose index is not in memory: the process runs, the kernels are loaded.

    python -m bench.cold INDEX [--cases 9]

Before each case the index is let go of and its files are thrown out of the page cache; then it is
mapped again, which is timed apart, and the clock runs from the question to the episodes.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.limit import whole_window
from bench.machine import describe
from bench.table import grid
from fortnight.api import question as defaults
from fortnight.contact.episodes import expose
from fortnight.contact.question import ask
from fortnight.contact.search import search
from fortnight.contact.store import load_index
from fortnight.contact.trace import nearness

if TYPE_CHECKING:
    from fortnight.contact.index import Index

SEED: Final = 7


def one_case(index: Index, case: int) -> int:
    """Search one case from the question to the episodes, with two threads; return how many."""
    window, parameters = whole_window(index), defaults().parameters
    found = search(index, case, ask(index, case, window.edges), nearness(parameters), threads=2)
    episodes, _ = expose(
        found,
        bridge_ms=parameters.bridge_s * 1_000.0,
        back=window.back,
        forward=window.forward,
        weight=window.weight,
        threads=2,
    )
    return len(episodes)


def evict(folder: Path) -> None:
    """Throw an index's files out of the page cache: nothing may have them mapped."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def cold_and_warm(folder: Path, case: int) -> tuple[float, float, float]:
    """Return how long mapping, the case after it, and the same case once more took, in ms."""
    gc.collect()
    evict(folder)
    begin = time.perf_counter()
    index, _ = load_index(folder)
    mapped = time.perf_counter()
    one_case(index, case)
    cold = time.perf_counter()
    one_case(index, case)
    warm = time.perf_counter()
    return (mapped - begin) * 1e3, (cold - mapped) * 1e3, (warm - cold) * 1e3


def main(arguments: list[str] | None = None) -> None:
    """Print how long some cases took, each on an index that had to be read from the disk."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("index", help="folder that `fortnight index` wrote")
    parser.add_argument("--cases", type=int, default=9)
    options = parser.parse_args(arguments)
    folder = Path(options.index)
    index, _ = load_index(folder)
    people = len(index.tracks.names)
    chosen = np.random.default_rng([SEED, people]).choice(people, options.cases, replace=False)
    one_case(index, int(chosen[0]))  # loads the kernels
    del index
    print(", ".join(f"{name} {value}" for name, value in describe().items()))
    print(report([cold_and_warm(folder, case) for case in chosen.tolist()]))


def report(times: list[tuple[float, float, float]]) -> str:
    """Return the table: the middle, the least and the most of each."""
    rows = [
        [name, f"{median(of):.1f} ms", f"{min(of):.1f} ms", f"{max(of):.1f} ms"]
        for name, of in zip(
            ("mapping the index", "a case, nothing of it in memory", "the same case again"),
            zip(*times, strict=True),
            strict=True,
        )
    ]
    return grid(["", "median", "least", "most"], rows)


if __name__ == "__main__":
    main()
