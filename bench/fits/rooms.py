"""Fit the order in which contacts are likely to have been in one room for 15 minutes or more.

    python -m bench.fits.rooms --fit TOWN,TOWN --judge TOWN

A town is a folder of ``fortnight simulate --evidence``. Its cases are traced by each kind of
evidence by itself and by all together; the contacts of all of these traces, one below the other,
give one logistic regression of the truth on ``simulate.claims.ROOM_FEATURES``. So one formula
ranks whatever evidence there is. The areas that the weights in the code reach are printed beside.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.fits.pooled import silent
from bench.fits.positions import logistic
from fortnight.cli.selections import trace_by_evidence
from fortnight.contact.calibration import room_score
from fortnight.simulate.claims import ROOM_FEATURES, read_claims
from fortnight.simulate.kinds import PLAIN, true_pairs
from fortnight.simulate.known import choose_cases, days_of, read_people, read_truth
from fortnight.simulate.meetings import ROOM
from fortnight.simulate.ranking import area_under_curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Kinds = dict[str, tuple[Floats, NDArray[np.bool_]]]

RIDGE = 1.0


def town_of(folder: Path, cases: int) -> tuple[Kinds, int]:
    """Return features and truth of every kind of evidence, and how many pairs it was true of."""
    people = read_people(folder)
    chosen = choose_cases(folder, cases, 1)
    traces = trace_by_evidence(folder, chosen, days_of(people.window), silent)
    true = true_pairs(people, read_truth(folder, people, chosen), ROOM)
    kinds = {}
    for name, found in traces.items():
        if name != PLAIN and found:
            claims = read_claims(people, found)
            kinds[name] = (claims.room_features, np.isin(claims.pair, true))
    return kinds, len(true)


def main(arguments: list[str] | None = None) -> None:
    """Fit, print the weights, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fit", required=True, help="folders to fit on, by comma")
    parser.add_argument("--judge", default="", help="folders to judge on, by comma")
    parser.add_argument("--cases", type=int, default=100, help="cases a town")
    options = parser.parse_args(arguments)
    fit, judge = (
        {path: town_of(Path(path), options.cases) for path in paths.split(",") if path}
        for paths in (options.fit, options.judge)
    )
    parts = [part for kinds, _ in fit.values() for part in kinds.values()]
    weights = logistic(
        np.concatenate([features for features, _ in parts]),
        np.concatenate([true for _, true in parts]).astype(np.float64),
        ridge=RIDGE,
    )
    for name, weight in zip(ROOM_FEATURES, weights, strict=True):
        print(f"    {weight:.4f},  # {name}")
    for word, towns in (("fitted", fit), ("judged", judge)):
        for path, (kinds, of) in towns.items():
            areas = []
            for name, (features, true) in kinds.items():
                scores = (features @ weights, room_score(features))
                ours, codes = (_area(score, true, of) for score in scores)
                areas.append(f"{name} {ours} ({codes})")
            print(f"{word} on {Path(path).name}: area (by the code's) {', '.join(areas)}")


def _area(score: Floats, true: NDArray[np.bool_], of: int) -> str:
    return f"{area_under_curve(np.round(score, 9), true, of):.4f}"


if __name__ == "__main__":
    main()
