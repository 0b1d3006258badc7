"""Compile the kernels once: `python -m fortnight.cli.compile tracks` and `... search`.

Two halves, for two processes: the search is compiled on two tracks that are written by hand, so
that it need not wait until those that cut tracks are compiled.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from fortnight.api import index_of, question
from fortnight.contact.index import build_index
from fortnight.contact.trace import Case, trace_one
from fortnight.evidence.schema import ENCOUNTERS, NO_SIGNS, Signs
from fortnight.parameters import DEFAULTS
from fortnight.report.contacts import contacts_of
from fortnight.track.geometry import EARTH_RADIUS_M, UNITS_A_METRE
from fortnight.track.rules import AREA_STAY, END, LEG, STAY
from fortnight.track.tracks import DAY_WORDS, KIND_SHIFT, SIGMA_UNITS_A_METRE, Tracks

HALVES = ("tracks", "search")

_FIXES = 200
_COARSE = 3  # of twenty fixes
_DAY = date(2026, 3, 2)
_HOUR_MS = 3_600_000


def compile_tracks() -> None:
    """Cut the tracks of two made-up people, moving and still, fine and coarse."""
    start = int(datetime(_DAY.year, _DAY.month, _DAY.day, tzinfo=UTC).timestamp() * 1_000)
    steps = np.arange(_FIXES)
    people: list[dict[str, Any]] = [
        {
            "participant": [name] * _FIXES,
            "time": start + steps * 300_000,
            "lon": 21.0 + np.maximum(0, steps - 100) * 1e-4,
            "lat": np.full(_FIXES, 52.0),
            "accuracy": np.where(steps % 20 < _COARSE, 2_000.0, 10.0),
        }
        for name in ("one", "two")
    ]
    index_of(pa.concat_tables([pa.table(person) for person in people]))


def compile_search(signs: Signs = NO_SIGNS) -> None:
    """Trace one of two people who stay, walk on and are lost to a coarse position together.

    And say of the other what a report does: weighing the evidence has kernels of its own, and so
    has reading what their phones heard, where ``signs`` has any of it.
    """
    metre = UNITS_A_METRE
    sigma, coarse = 10 * SIGMA_UNITS_A_METRE, 1_000 * SIGMA_UNITS_A_METRE
    home = round(EARTH_RADIUS_M * metre)
    rows = [
        (0 | STAY << KIND_SHIFT, home, 0, 0, sigma),
        (_HOUR_MS | LEG << KIND_SHIFT, home, 0, 0, sigma),
        (_HOUR_MS + 60_000 | END << KIND_SHIFT, home, 100 * metre, 0, sigma),
        (2 * _HOUR_MS | AREA_STAY << KIND_SHIFT, home, 0, 0, coarse),
        (4 * _HOUR_MS | END << KIND_SHIFT, home, 0, 0, coarse),
    ]
    vertices = np.array(rows + rows, dtype=np.int32)
    days = np.zeros((2, DAY_WORDS), dtype=np.int32)
    days[:, 1] = (_DAY - date(1970, 1, 1)).days
    days[1, 0], days[1, 2] = 1, len(rows)
    for array in (vertices, days):
        array.flags.writeable = False
    tracks = Tracks(names=("one", "two"), vertices=vertices, days=days, parameters=DEFAULTS)
    index = replace(build_index(tracks), signs=signs)
    contacts_of(trace_one(index, Case("one", onset=_DAY), question()))


def _heard_once() -> Signs:
    """Return one sighting: of two phones, in their first hour."""
    at = datetime(_DAY.year, _DAY.month, _DAY.day, 0, 30, tzinfo=UTC)
    row = {"participant": "one", "other": "two", "start": at, "end": at}
    rows = [row | {"attenuation": 60.0, "kind": "bluetooth"}]
    return replace(NO_SIGNS, encounters=pa.Table.from_pylist(rows, schema=ENCOUNTERS))


def compile_all() -> None:
    """Compile both halves, and what reads what phones heard of each other."""
    compile_tracks()
    compile_search(_heard_once())


def main() -> None:
    """Compile the half that the command line names, or everything.

    The halves leave out what phones heard: a newcomer's first town has none of it, and would wait
    for it all the same.
    """
    for half in sys.argv[1:]:
        if half == "tracks":
            compile_tracks()
        else:
            compile_search()
    if not sys.argv[1:]:
        compile_all()


if __name__ == "__main__":
    main()
