"""Fit the error model of Bluetooth on the exposure windows of the NHS.

Run as ``python -m bench.fits.bluetooth``.

Prints the constants of ``fortnight.contact.bluetooth`` with their standard errors, what the fit
says of an experiment that it has not seen, and how much hangs on the distances that the pictures
do not tell (see `bench.fits.seats`). Reads nothing else; no simulated town, no SocioPatterns.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import solve_triangular  # type: ignore[import-untyped]  # SciPy ships no types
from scipy.optimize import minimize  # type: ignore[import-untyped]  # SciPy ships no types

from bench.fits.seats import EXPERIMENTS, Spacing
from bench.fits.windows import Pair, interior_misses, read_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "nhs-exposure-windows"
COMPONENTS: Final = ("receiver", "sender", "between", "experiment")
_START_DB: Final = (3.5, 3.5, 3.5, 1.5)
_LOG_BOUNDS: Final = (-5.0, 3.0)
_TWO_SIDED_95: Final = 1.96
_STEP: Final = 0.05  # of log standard deviations, for the curvature
_SPACINGS: Final = (
    Spacing(office_row=1.2),
    Spacing(office_row=2.0),
    Spacing(table_gap=2.0),
    Spacing(table_gap=3.5),
)


@dataclass(frozen=True, slots=True)
class Design:
    """The means of pairs and what they may hang on."""

    level: Floats  # dB
    regressors: Floats  # 1 and 10 log10 of the distance
    shared: tuple[Floats, ...]  # of each of COMPONENTS: 1 where two pairs share it
    noise: Floats  # variance of each mean from single scans
    scan_variance: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What came out, dB (the slope is the exponent)."""

    intercept: float
    exponent: float
    errors: tuple[float, float]  # standard errors of the two
    sd: tuple[float, ...]  # of COMPONENTS
    sd_errors: tuple[float, ...]
    scan_sd: float


def design(pairs: Sequence[Pair]) -> Design:
    """Arrange the pairs for the fit."""
    keys = (
        [pair.receiver for pair in pairs],
        [pair.sender for pair in pairs],
        [f"{p.experiment} {min(p.receiver, p.sender)} {max(p.receiver, p.sender)}" for p in pairs],
        [pair.experiment for pair in pairs],
    )
    metres = np.array([pair.metres for pair in pairs])
    scans = np.array([len(pair.levels) for pair in pairs])
    square = sum(float(np.sum((p.levels - p.levels.mean()) ** 2)) for p in pairs)
    variance = square / float(np.sum(scans - 1))
    named = [np.array(key) for key in keys]
    return Design(
        level=np.array([pair.levels.mean() for pair in pairs]),
        regressors=np.column_stack([np.ones(len(pairs)), 10 * np.log10(metres)]),
        shared=tuple((key[:, np.newaxis] == key).astype(np.float64) for key in named),
        noise=variance / scans,
        scan_variance=variance,
    )


def fit(data: Design) -> Fit:
    """Maximise the restricted likelihood over the logs of the standard deviations."""
    start = np.log(np.array(_START_DB))
    best = minimize(
        lambda logs: _solve(data, logs)[0],
        start,
        method="L-BFGS-B",
        bounds=[_LOG_BOUNDS] * len(start),
        options={"ftol": 1e-7},
    ).x
    _, beta, errors = _solve(data, best)
    sd = np.exp(best)
    return Fit(
        intercept=float(beta[0]),
        exponent=float(beta[1]),
        errors=(float(errors[0]), float(errors[1])),
        sd=tuple(sd.tolist()),
        sd_errors=tuple((sd * _log_errors(data, best)).tolist()),
        scan_sd=float(np.sqrt(data.scan_variance)),
    )


def _covariance(data: Design, logs: Floats) -> Floats:
    total: Floats = np.diag(data.noise)
    for log_sd, shared in zip(logs, data.shared, strict=True):
        total = total + np.exp(2 * log_sd) * shared
    return total


def _solve(data: Design, logs: Floats) -> tuple[float, Floats, Floats]:
    """Return the negative restricted log likelihood, the regression, and its standard errors."""
    root = np.linalg.cholesky(_covariance(data, logs))
    regressors = solve_triangular(root, data.regressors, lower=True)
    level = solve_triangular(root, data.level, lower=True)
    information = regressors.T @ regressors
    beta = np.linalg.solve(information, regressors.T @ level)
    left = level - regressors @ beta
    minus = np.sum(np.log(np.diag(root))) + left @ left / 2
    minus += np.linalg.slogdet(information)[1] / 2
    return float(minus), beta, np.sqrt(np.diag(np.linalg.inv(information)))


def _log_errors(data: Design, best: Floats) -> Floats:
    """Return standard errors of the logs, one at a time, from the curvature at the best."""
    steps = np.eye(len(best)) * _STEP
    middle = _solve(data, best)[0]
    bends = [_solve(data, best + s)[0] + _solve(data, best - s)[0] - 2 * middle for s in steps]
    errors: Floats = _STEP / np.sqrt(np.maximum(np.array(bends), 1e-12))
    return errors


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How the pairs of one experiment lie against a fit on the others."""

    experiment: str
    pairs: int
    off_db: float  # mean of what was measured less what was expected
    spread: float  # standard deviation over what was expected: 1 is right
    inside_68: float
    inside_95: float


def leave_out(pairs: Sequence[Pair], experiment: str) -> LeftOut:
    """Fit on all other experiments and look at this one."""
    seen = fit(design([pair for pair in pairs if pair.experiment != experiment]))
    own = [pair for pair in pairs if pair.experiment == experiment]
    data = design(own)
    expected = data.regressors @ np.array([seen.intercept, seen.exponent])
    scans = np.array([len(pair.levels) for pair in own])
    sd = np.sqrt(sum(s * s for s in seen.sd) + seen.scan_sd**2 / scans)
    off = data.level - expected
    z = np.abs(off / sd)
    return LeftOut(
        experiment,
        len(own),
        float(off.mean()),
        float(np.std(off / sd)),
        float(np.mean(z <= 1.0)),
        float(np.mean(z <= _TWO_SIDED_95)),
    )


def main() -> None:
    """Print the fit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=DATA, help="the folder nhs-exposure-windows")
    folder = asked.parse_args().data
    pairs = read_pairs(folder, Spacing())
    found = fit(design(pairs))
    print(f"{len(pairs)} pairs, {sum(len(pair.levels) for pair in pairs)} scans")
    _print_fit(found)
    missed, scans = interior_misses(pairs)
    print(f"missed between two sightings: {missed} of {scans} scans ({missed / scans:.2%})")
    _print_limit(pairs, found)
    print("\nleft out       pairs  off dB  spread  in 68 %  in 95 %")
    for name in EXPERIMENTS:
        out = leave_out(pairs, name)
        print(
            f"{name:14} {out.pairs:5} {out.off_db:7.1f} {out.spread:7.2f}"
            f" {out.inside_68:8.0%} {out.inside_95:8.0%}",
        )
    for spacing in _SPACINGS:
        print(f"\n{spacing}")
        _print_fit(fit(design(read_pairs(folder, spacing))))


def _print_fit(found: Fit) -> None:
    print(f"at one metre {found.intercept:6.2f} dB +- {found.errors[0]:.2f}")
    print(f"exponent     {found.exponent:6.2f}    +- {found.errors[1]:.2f}")
    for name, sd, error in zip(COMPONENTS, found.sd, found.sd_errors, strict=True):
        print(f"sd {name:10}{sd:6.2f} dB +- {error:.2f}")
    print(f"sd scan      {found.scan_sd:6.2f} dB")


def _print_limit(pairs: Sequence[Pair], found: Fit) -> None:
    """Hold the weakest readings against what the model would show without any limit."""
    levels = np.concatenate([pair.levels for pair in pairs])
    metres = np.concatenate([np.full(len(pair.levels), pair.metres) for pair in pairs])
    sd = float(np.sqrt(sum(s * s for s in found.sd) + found.scan_sd**2))
    mean = found.intercept + 10 * found.exponent * np.log10(metres)
    drawn = np.random.default_rng(0).normal(size=(200, len(mean))) * sd + mean
    for weak in (80, 85, 90, 95):
        print(
            f"readings of {weak} dB and more: {np.sum(levels >= weak)} seen, "
            f"{np.sum(drawn >= weak) / len(drawn):.1f} expected without a limit",
        )


if __name__ == "__main__":
    main()
