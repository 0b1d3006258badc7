"""Fit how sightings tell that two people were face to face for 15 minutes or more in 24 hours.

    python -m bench.fits.faces --fit INVS13,KENYA:BE --towns T101,T104 --nhs FOLDER

A gathering is a folder of ``fortnight simulate --from-contacts FILE``: phones of people whose
badges are known; letters after a colon are the households whose members are taken as cases. The
model of what a phone hears was fitted on the NHS data alone (``bench.fits.bluetooth``); this fits
how often people who hear each other are face to face, and the weights of the logistic regression
of the truth on minutes, on the gatherings to fit on and, with a weight of 0.3 a pair, on the NHS's
seats: nobody at a gathering sits across a table for an hour, and without such rows the regression
would have to guess what that sounds like. Simulated towns count 0.1 a pair: nobody at a gathering
is heard through a wall every night for two weeks either, and truth there is drawn and not seen.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.fits.positions import average_precision, logistic, probability
from bench.fits.seats import EXPERIMENTS, Spacing, seats
from fortnight.api import gather, index_of
from fortnight.cli.selections import about_cases
from fortnight.contact.episodes import EPISODE_COLUMNS
from fortnight.contact.features import FACE_FEATURES, circles, face_features
from fortnight.contact.fusing import F_EXPECTED_24H, F_HEARD_24H
from fortnight.contact.fusion import beside, fuse
from fortnight.contact.signs import index_signs
from fortnight.contact.window import window_of
from fortnight.evidence.schema import ENCOUNTERS, NO_SIGNS, Signs
from fortnight.risk.disease import load_disease
from fortnight.simulate.evidence_files import ENCOUNTERS_FILE
from fortnight.simulate.intervals import Intervals, most_in_a_day
from fortnight.simulate.known import choose_cases, read_people, read_truth
from fortnight.simulate.meetings import CLOSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MINUTES: Final = 15.0
NHS: Final = 0.3  # what a pair of the NHS's experiments counts
TOWN: Final = 0.1  # what a pair of a simulated town counts; chosen
TOWN_CASES: Final = 60
RIDGE: Final = 1.0  # on the weights: little is known of homes
CIRCLE: Final = -1.0  # weight of the circle, not fitted: one in twice as many is half as likely
FACE_M: Final = 2.0 + 1e-9
DECILES: Final = 10
_NO_EPISODES: Final = np.empty((0, EPISODE_COLUMNS))
BANDS: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.01)


class Gathering(NamedTuple):
    """Everybody who was heard by some cases: features (n, f), truth (n,), minutes heard (n,)."""

    features: Floats
    true: NDArray[np.bool_]
    minutes: Floats


def gathering_of(given: str, cases: int, seed: int) -> Gathering:
    """Put together what phones heard, and hold it to the badges."""
    path, _, households = given.partition(":")
    folder = Path(path)
    known = read_people(folder)
    names = [str(name) for name in known.names.to_pylist()]
    ordered = sorted(names)
    number = {name: place for place, name in enumerate(names)}
    first, end = (datetime.fromtimestamp(ms / 1_000, tz=UTC).date() for ms in known.window)
    last = end - timedelta(days=1)
    disease = load_disease("covid-19")
    window = window_of(last, disease, days=(last - first).days, until=last, timezone="UTC")
    chosen = choose_cases(folder, min(cases, len(names)), seed)
    chosen = [name for name in chosen if not households or name[0] in households]
    index = index_signs(_signs(folder, chosen), ordered)
    truth = read_truth(folder, known, chosen)
    of = truth.kind == CLOSE
    pairs, place = np.unique(truth.case[of] * len(names) + truth.other[of], return_inverse=True)
    spans = Intervals(place, truth.start[of], truth.end[of], np.ones(int(of.sum())))
    most = most_in_a_day(spans, known.window, len(pairs))
    met = set(pairs[most >= MINUTES - 1e-6].tolist())
    parts = []
    for name in chosen:
        found = fuse(beside(index, ordered.index(name), window), _NO_EPISODES, window)
        kept = found.sums[:, F_EXPECTED_24H] >= MINUTES
        others = [ordered[int(who)] for who in found.who[kept]]
        true = [number[name] * len(names) + number[other] in met for other in others]
        sums = found.sums[kept]
        features = face_features(sums, circles(found.heard_days)[kept])
        parts.append(Gathering(features, np.array(true, dtype=np.bool_), sums[:, F_HEARD_24H]))
    return Gathering(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def seated(folder: Path) -> Gathering:
    """Return the pairs of the NHS's experiments; within 2 m of each other is face to face."""
    parts = [_seated(folder, experiment) for experiment in EXPERIMENTS]
    return Gathering(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _seated(folder: Path, experiment: str) -> Gathering:
    index, _ = index_of(gather([folder / f"{experiment}.json"]))
    day = index.signs.windows["day"][0].as_py()
    disease = load_disease("covid-19")
    window = window_of(day, disease, days=1, until=day, timezone="UTC")
    places, names = seats(experiment, Spacing()), index.tracks.names
    rows, true, minutes = [], [], []
    for who in (name for name in names if name in places):
        found = fuse(beside(index.sign_index, names.index(who), window), _NO_EPISODES, window)
        features = face_features(found.sums, circles(found.heard_days))
        for k, other in enumerate(names[int(number)] for number in found.who):
            if other in places:
                heard = float(found.sums[k, F_HEARD_24H])
                near = np.hypot(*np.subtract(places[who], places[other])) <= FACE_M
                rows.append(features[k])
                true.append(bool(near) and heard >= MINUTES)
                minutes.append(heard)
    return Gathering(np.array(rows), np.array(true), np.array(minutes))


def _signs(folder: Path, cases: list[str]) -> Signs:
    """Read the sightings of a gathering that cases have a part in as encounters."""
    with TemporaryDirectory() as kept:
        about = about_cases(folder / ENCOUNTERS_FILE, cases, Path(kept) / ENCOUNTERS_FILE)
        table = pq.read_table(about)
    columns: dict[str, Any] = {
        "participant": table["seen_by"].cast(pa.string()),
        "other": table["seen"].cast(pa.string()),
        "start": table["time"].cast(pa.timestamp("ms", tz="UTC")),
        "end": table["time"].cast(pa.timestamp("ms", tz="UTC")),
        "attenuation": table["attenuation"].cast(pa.float32()),
        "kind": pa.array(["bluetooth"] * table.num_rows, pa.string()),
    }
    encounters = pa.table(columns, schema=ENCOUNTERS)
    return Signs(encounters, NO_SIGNS.windows, NO_SIGNS.visits, NO_SIGNS.ties)


def weights_of(given: list[tuple[Gathering, float]]) -> Floats:
    """Fit on gatherings, each with what a pair of it counts; the last weight is the circle's."""
    features = np.concatenate([one.features for one, _ in given])
    weights = logistic(
        features[:, :-1],
        np.concatenate([one.true for one, _ in given]).astype(np.float64),
        ridge=RIDGE,
        counts=np.concatenate([np.full(len(one.true), count) for one, count in given]),
        offset=CIRCLE * features[:, -1],
    )
    return np.append(weights, CIRCLE)


def report(name: str, town: Gathering, weights: Floats) -> None:
    """Print how well the probabilities of one gathering hold."""
    chance = probability(town.features, weights)
    order = np.argsort(chance, kind="stable")
    tenths = np.array_split(order, DECILES)
    told = [f"{100 * chance[t].mean():.1f}/{100 * town.true[t].mean():.1f}" for t in tenths]
    brier = float(((chance - town.true) ** 2).mean())
    ours, rule = (average_precision(score, town.true) for score in (chance, town.minutes))
    print(
        f"{name}: {len(order)} heard, {int(town.true.sum())} face to face; area {ours:.3f}, "
        f"minutes heard {rule:.3f}; Brier {brier:.4f}; tenths claimed/true % {' '.join(told)}"
    )
    for low, high in pairwise(BANDS):
        of = (chance >= low) & (chance < high)
        if of.any():
            claimed, true = chance[of].mean(), town.true[of].mean()
            print(f"    {low:.2f} to {high:.2f}: {int(of.sum())}, {claimed:.3f} / {true:.3f}")


def main(arguments: list[str] | None = None) -> None:
    """Fit, print the weights, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fit", required=True, help="folders to fit on, by comma")
    parser.add_argument("--towns", default="", help="simulated towns to fit on too, by comma")
    parser.add_argument("--judge", default="", help="folders to judge on, by comma")
    parser.add_argument("--nhs", required=True, help="folder of the NHS's exposure windows")
    parser.add_argument("--cases", type=int, default=100, help="cases a gathering")
    options = parser.parse_args(arguments)
    fit, judge = (
        {path: gathering_of(path, options.cases, 1) for path in paths.split(",") if path}
        for paths in (options.fit, options.judge)
    )
    towns = {path: gathering_of(path, TOWN_CASES, 1) for path in options.towns.split(",") if path}
    given = [(one, 1.0) for one in fit.values()] + [(one, TOWN) for one in towns.values()]
    weights = weights_of([*given, (seated(Path(options.nhs)), NHS)])
    for name, weight in zip(FACE_FEATURES, weights, strict=True):
        print(f"    {weight:.4f},  # {name}")
    for kind, held in (("fitted", fit), ("fitted", towns), ("judged", judge)):
        for path, town in held.items():
            report(f"{kind} on {Path(path).name}", town, weights)


if __name__ == "__main__":
    main()
