"""Fit what the silence of two phones that both took part says of what positions claim.

    python -m bench.fits.silence TOWN TOWN:150 TOWN

A town is a folder of ``fortnight simulate --evidence``, and how many of its people are cases,
everybody where nothing is said. Of the contacts whom nobody heard, the truth "within 25 m for 15
minutes" is regressed on three numbers, with the log odds by positions added as they are: how whole
the silence was (``contact.silence``), times each of ``contact.calibration.silence_terms``. The
second is below 0: the surer positions are, the more silence takes away.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from bench.fits.positions import logistic
from fortnight.api import gather, index_of, question
from fortnight.cli.selections import about_cases
from fortnight.contact.calibration import WITHIN_RADIUS, position_chance, silence_terms
from fortnight.contact.episodes import X_WHO
from fortnight.contact.features import position_features
from fortnight.contact.trace import Case, trace_many
from fortnight.contact.weighing import silence_of
from fortnight.simulate.claims import counted_once
from fortnight.simulate.evidence_files import ENCOUNTERS_FILE
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.kinds import true_pairs
from fortnight.simulate.known import choose_cases, days_of, read_people, read_truth, town_window
from fortnight.simulate.meetings import NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.trace import Trace

    Floats = NDArray[np.float64]


def main(arguments: list[str] | None = None) -> None:
    """Fit and print the weights."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("towns", nargs="+", help="FOLDER or FOLDER:CASES, with all evidence")
    options = parser.parse_args(arguments)
    parts = [unheard(*_cases_of(town)) for town in options.towns]
    odds, silent, true = (np.concatenate(column) for column in zip(*parts, strict=True))
    weights = logistic(silent[:, None] * silence_terms(odds), true, offset=odds)
    print(f"{len(odds)} contacts, {silent.sum():.0f} silent; weights {weights.round(4).tolist()}")


def _cases_of(town: str) -> tuple[Path, int | None]:
    folder, _, cases = town.partition(":")
    return Path(folder), int(cases) if cases else None


def unheard(folder: Path, cases: int | None) -> tuple[Floats, Floats, Floats]:
    """Return log odds by positions, silence and the truth of the contacts whom nobody heard."""
    people, days = read_people(folder), days_of(town_window(folder))
    chosen = choose_cases(folder, cases or len(people.names), 1)
    near = true_pairs(people, read_truth(folder, people, sorted(chosen)), NEAR)
    with TemporaryDirectory() as kept:
        sightings = about_cases(folder / ENCOUNTERS_FILE, chosen, Path(kept) / ENCOUNTERS_FILE)
        index, _ = index_of(gather([folder / FIXES_FILE, sightings]))
    names = [str(name) for name in people.names.to_pylist()]
    number = np.array([names.index(name) for name in index.tracks.names])
    asked = question(days=(days[1] - days[0]).days, until=days[1])
    known = [name for name in chosen if index.tracks.number_of(name) is not None]
    parts = []
    for found in trace_many(index, [Case(name, days[1]) for name in known], asked, same_area=False):
        odds, silent, other = _claims(found)
        parts.append((odds, silent, number[found.who] * len(names) + number[other]))
    odds, silent, pair = (np.concatenate(column) for column in zip(*parts, strict=True))
    once = counted_once(pair, len(names))
    return odds[once], silent[once], np.isin(pair[once], near).astype(np.float64)


def _claims(found: Trace) -> tuple[Floats, Floats, NDArray[np.int64]]:
    weighed = found.weighed
    of = np.array([claim == WITHIN_RADIUS for claim in weighed.probability_of], dtype=np.bool_)
    of &= ~np.isnan(weighed.probability)
    rows = found.exposure_rows
    chance = position_chance(position_features(found.episode_rows, rows, found.window))[of]
    return np.log(chance / (1.0 - chance)), silence_of(found)[of], rows[of, X_WHO].astype(np.int64)


if __name__ == "__main__":
    main()
