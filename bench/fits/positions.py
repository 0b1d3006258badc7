"""Fit how positions tell that two people were truly within 25 m for 15 minutes or more.

    python -m bench.fits.positions --people 2000 --fit 101,102,103 --judge 201

Towns are simulated into ``bench/data/fits`` and kept. Contacts of some cases of the towns to fit
on give one logistic regression (maximum likelihood, Newton's method) of the truth on
``contact.features``, and a second one of the truth on the log odds of the first, bent at
``contact.calibration.KNOTS``. Each town is then held to what the others alone would have given
(``left out``), and what is printed for the towns to judge on used nothing of them.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.api import gather, index_of, question
from fortnight.contact.calibration import bends
from fortnight.contact.episodes import X_NEAR, X_WHO, expose
from fortnight.contact.features import FEATURES, position_features
from fortnight.contact.question import ask
from fortnight.contact.search import search
from fortnight.contact.trace import nearness
from fortnight.contact.window import window_of
from fortnight.simulate.intervals import Intervals, most_in_a_day
from fortnight.simulate.known import choose_cases, read_people, read_truth
from fortnight.simulate.meetings import NEAR
from fortnight.simulate.ranking import tenths
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FOLDER: Final = Path(__file__).parents[1] / "data" / "fits"
MINUTE_MS: Final = 60_000.0
MINUTES: Final = 15.0
DECILES: Final = 10
DRAW: Final = 2  # of the cases; others than those that silence is fitted on
NEAR_ENOUGH: Final = 1e-9  # of a weight
RIDGE: Final = 1e-2  # keeps weights that the data leave open at nothing
CURVE_RIDGE: Final = 3.0  # and the curve straight where they do


class Town(NamedTuple):
    """Listed contacts of one town: features (n, f), truth (n,), minutes near (n,)."""

    features: Floats
    true: NDArray[np.bool_]
    minutes: Floats


def town_of(people: int, seed: int, cases: int) -> Town:
    """Simulate a town, trace some of its people as cases and hold their contacts to the truth."""
    folder = FOLDER / f"{people}-{seed}"
    if not (folder / "truth.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        simulate(people, 14, seed, folder)
    known = read_people(folder)
    names = [str(name) for name in known.names.to_pylist()]
    number = {name: place for place, name in enumerate(names)}
    first, end = (datetime.fromtimestamp(ms / 1_000, tz=UTC).date() for ms in known.window)
    last = end - timedelta(days=1)
    index, _ = index_of(gather([folder / "fixes.parquet"]))
    asked = question(days=(last - first).days, until=last)
    window = window_of(last, asked.disease, days=(last - first).days, until=last, timezone="UTC")
    near = nearness(asked.parameters)
    chosen = choose_cases(folder, cases, DRAW)
    truth = read_truth(folder, known, chosen)
    of = truth.kind == NEAR
    pairs, place = np.unique(truth.case[of] * len(names) + truth.other[of], return_inverse=True)
    spans = Intervals(place, truth.start[of], truth.end[of], np.ones(int(of.sum())))
    most = most_in_a_day(spans, known.window, len(pairs))
    near_pairs = set(pairs[most >= MINUTES - 1e-6].tolist())
    parts = []
    for name in chosen:
        who = index.tracks.number_of(name)
        if who is None:
            continue
        rows = ask(index, who, window.edges)
        meetings = search(index, who, rows, near, MINUTES * MINUTE_MS, threads=2)
        episodes, exposures = expose(
            meetings,
            bridge_ms=asked.parameters.bridge_s * 1_000.0,
            back=window.back,
            forward=window.forward,
            weight=window.weight,
        )
        features = position_features(episodes, exposures, window)
        listed = np.expm1(features[:, 1]) >= MINUTES
        others = [index.tracks.names[int(k)] for k in exposures[listed, X_WHO]]
        true = [number[name] * len(names) + number[other] in near_pairs for other in others]
        minutes = exposures[listed, X_NEAR] / MINUTE_MS
        parts.append(Town(features[listed], np.array(true, dtype=np.bool_), minutes))
    return Town(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def logistic(
    features: Floats,
    true: Floats,
    ridge: float = RIDGE,
    counts: Floats | None = None,
    offset: Floats | None = None,
) -> Floats:
    """Return the weights of a logistic regression (Newton's method); a row counts so often.

    ``offset`` is added to the log odds of each row as it is.
    """
    weights = np.zeros(features.shape[1])
    offset = np.zeros(len(true)) if offset is None else offset
    counts = np.ones(len(true)) if counts is None else counts
    for _ in range(60):
        chance = 1.0 / (1.0 + np.exp(-(features @ weights + offset)))
        slope = features.T @ (counts * (true - chance)) - ridge * weights
        curve = (features * (counts * chance * (1 - chance))[:, None]).T @ features
        step = np.linalg.solve(curve + ridge * np.eye(len(weights)), slope)
        weights += step
        if np.abs(step).max() < NEAR_ENOUGH:
            break
    return weights


def probability(features: Floats, weights: Floats) -> Floats:
    """Return the logistic function of the weighted features."""
    chance: Floats = 1.0 / (1.0 + np.exp(-features @ weights))
    return chance


def average_precision(score: Floats, true: NDArray[np.bool_]) -> float:
    """Return the area under the curve of precision over recall."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(true[order])
    precision = hits / np.arange(1, len(hits) + 1)
    return float((precision * true[order]).sum() / max(1, true.sum()))


class Fit(NamedTuple):
    """Weights of the features, and the curve that their log odds go through."""

    weights: Floats
    curve: Floats

    def chance(self, features: Floats) -> Floats:
        """Return the probability of each row."""
        return probability(bends(features @ self.weights), self.curve)


def fit_to(towns: list[Town]) -> Fit:
    """Fit weights and curve on the contacts of some towns."""
    features = np.concatenate([town.features for town in towns])
    true = np.concatenate([town.true for town in towns]).astype(np.float64)
    weights = np.round(logistic(features, true), 4)
    return Fit(weights, np.round(logistic(bends(features @ weights), true, CURVE_RIDGE), 4))


def report(name: str, town: Town, fit: Fit) -> None:
    """Print how well the probabilities of one town hold."""
    chance = fit.chance(town.features)
    order = np.argsort(chance, kind="stable")
    parts = np.array_split(order, DECILES)
    off = [float(chance[t].mean() - town.true[t].mean()) for t in parts]
    brier = float(((chance - town.true) ** 2).mean())
    ours, rule = (average_precision(score, town.true) for score in (chance, town.minutes))
    held = [tenth.holds for tenth in tenths(chance, town.true)]
    print(
        f"{name}: {len(order)} contacts, {town.true.mean():.3f} near; area {ours:.3f}, plain rule "
        f"{rule:.3f}; Brier {brier:.3f}; {sum(held)} of {len(held)} hold; tenths off by "
        f"{' '.join(f'{100 * x:+.1f}' for x in off)}"
    )


def main(arguments: list[str] | None = None) -> None:
    """Fit, print the weights, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", default="2000", help="sizes of the towns, by comma, in turn")
    parser.add_argument("--fit", default="101,102", help="seeds of the towns to fit on")
    parser.add_argument("--judge", default="201", help="seeds of the towns to judge on")
    parser.add_argument("--cases", type=int, default=200, help="cases a town")
    options = parser.parse_args(arguments)
    sizes = [int(size) for size in options.people.split(",")]
    fit, judge = (
        [town_of(sizes[k % len(sizes)], int(seed), options.cases)
         for k, seed in enumerate(seeds.split(","))]
        for seeds in (options.fit, options.judge)
    )  # fmt: skip
    fitted = fit_to(fit)
    for name, weight in zip(FEATURES, fitted.weights, strict=True):
        print(f"    {weight:.4f},  # {name}")
    print("curve", fitted.curve.tolist())
    for kind, seeds, towns in (("fitted", options.fit, fit), ("judged", options.judge, judge)):
        for seed, town in zip(seeds.split(","), towns, strict=True):
            report(f"{kind} on {seed}", town, fitted)
    for seed, town in zip(options.fit.split(","), fit, strict=True):
        report(f"left out {seed}", town, fit_to([other for other in fit if other is not town]))


if __name__ == "__main__":
    main()
