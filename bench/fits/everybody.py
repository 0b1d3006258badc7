"""Hold the claims of whole towns to their truth: everybody is a case once.

    python -m bench.fits.everybody "never looked at=511,512" "in view=301,302" --write

Each town of 2,000 people and 14 days is simulated with all evidence, everybody in it is traced by
fixes and by all evidence together, and what is claimed of each pair is kept in ``bench/data/fits``
beside the weights it came from, so that a table of many towns can be made in several runs. A town
weighs some 100,000 contacts: whom chance draws as cases, which moves the tenths of 200 cases by 2
points, has no part in these rows, and what is left is how towns differ.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.fits.page import put_tables
from bench.fits.pooled import Pairs, pairs_of, silent, together
from fortnight.cli.selections import trace_by_evidence
from fortnight.contact.calibration import (
    CURVE,
    FACE_WEIGHTS,
    POSITION_WEIGHTS,
    SILENCE_WEIGHTS,
    WITHIN_RADIUS,
)
from fortnight.simulate.agreed import Shares
from fortnight.simulate.kinds import ALL, FIXES
from fortnight.simulate.known import choose_cases, days_of, town_window
from fortnight.simulate.markdown import percent, table
from fortnight.simulate.ranking import TENTHS, brier, tenths
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parents[1] / "data" / "fits"
PEOPLE: Final = 2_000
DAYS: Final = 14
KINDS: Final = (FIXES, ALL)
_WEIGHTS: Final = (POSITION_WEIGHTS, CURVE, SILENCE_WEIGHTS, FACE_WEIGHTS)

Claims = dict[str, Pairs]
"""What is claimed of "within 25 m", by kind of evidence."""


def claims_of(seed: int) -> Claims:
    """Return what is claimed of the pairs of one town, from an earlier run where there was one."""
    kept = FOLDER / f"everybody-{seed}-{_weights()}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        found = _judge(seed)
        columns = {f"{kind}/{name}": getattr(pairs, name)
                   for kind, pairs in found.items() for name in Pairs._fields}  # fmt: skip
        np.savez_compressed(kept, **columns)
    with np.load(kept) as columns:
        return {kind: Pairs(*(columns[f"{kind}/{name}"] for name in Pairs._fields))
                for kind in KINDS}  # fmt: skip


def _weights() -> str:
    return hashlib.sha256(b"".join(part.tobytes() for part in _WEIGHTS)).hexdigest()[:8]


def _judge(seed: int) -> Claims:
    with TemporaryDirectory() as kept:
        town = Path(kept)
        simulate(PEOPLE, DAYS, seed, town, evidence=Shares())
        everybody = choose_cases(town, PEOPLE, 1)
        days = days_of(town_window(town))
        traces = trace_by_evidence(town, everybody, days, silent, kinds=KINDS)
        found = pairs_of(town, everybody, traces)
    return {kind: found[kind, WITHIN_RADIUS] for kind in KINDS}


def tables(groups: Mapping[str, Mapping[str, Claims]]) -> str:
    """Return, for each kind of evidence and group of towns, how far their tenths are off."""
    tenth = (f"{k / TENTHS:.1f}" for k in range(TENTHS))
    head = ("town", "contacts", "true", "Brier", "always the mean", *tenth, "hold")
    parts = []
    for kind in KINDS:
        for words, towns in groups.items():
            rows = [_row(name, of[kind]) for name, of in towns.items()]
            whole = together([{(kind, ""): of[kind]} for of in towns.values()])
            rows.append(_row("together", whole[kind, ""]))
            parts.append(f"**By {kind}; towns {words}:**\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _row(name: str, pairs: Pairs) -> tuple[str, ...]:
    cells = [""] * TENTHS
    found = tenths(pairs.claimed, pairs.true)
    for tenth in found:
        said = f"{100.0 * (tenth.share - tenth.claimed):+.1f}"
        few = "" if tenth.interval is None else f" ({tenth.count})"
        cells[round(tenth.low * TENTHS)] = f"{said}{few}" if tenth.holds else f"**{said}**{few}"
    held = sum(tenth.holds for tenth in found)
    true = float(pairs.true.mean())
    scores = (percent(true), f"{brier(pairs.claimed, pairs.true):.4f}", f"{true * (1 - true):.4f}")
    return (name, f"{len(pairs.claimed):,}", *scores, *cells, f"{held} of {len(found)}")


def main(arguments: list[str] | None = None) -> None:
    """Judge towns, print the tables, and with --write replace what stands in the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("towns", nargs="+", help="WORDS=SEED,SEED: what they are called together")
    parser.add_argument("--write", action="store_true", help="replace the tables in the page")
    options = parser.parse_args(arguments)
    groups = {}
    for given in options.towns:
        words, _, seeds = given.partition("=")
        groups[words] = {seed: claims_of(int(seed)) for seed in seeds.split(",")}
    text = tables(groups)
    print(text)
    if options.write:
        put_tables("everybody", text)


if __name__ == "__main__":
    main()
