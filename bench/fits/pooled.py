"""The contacts behind the tenths of a claim: of one folder, and of several taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from bench.fits.clusters import around
from fortnight.simulate.claims import CLAIMS, counted_once, read_claims
from fortnight.simulate.kinds import true_pairs
from fortnight.simulate.known import read_kinds, read_people, read_truth
from fortnight.simulate.markdown import percent
from fortnight.simulate.ranking import TENTHS, tenths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fortnight.simulate.traces import ContactsLike

HEAD: Final = ("evidence", "claim", "tenth", "contacts", "claimed", "true",
               "99 % by chance", "99 %, other cases", "holds")  # fmt: skip

Kind = tuple[str, str]
"""Kind of evidence, and what is claimed."""


class Pairs(NamedTuple):
    """Contacts of whom one thing is claimed: how likely, whether it was so, and whose they are."""

    claimed: NDArray[np.float64]
    true: NDArray[np.bool_]
    case: NDArray[np.int64]


def silent(done: int, of: int) -> None:
    """Say nothing of how far the traces are."""
    del done, of


def pairs_of(
    folder: Path, cases: Sequence[str], traces: Mapping[str, Mapping[str, ContactsLike]]
) -> dict[Kind, Pairs]:
    """Return the contacts of some traces of one folder, for each claim whose truth it knows.

    Of two cases who list each other one row counts.
    """
    people = read_people(folder)
    truth, known = read_truth(folder, people, sorted(cases)), read_kinds(folder)
    found = {}
    for kind, by_case in traces.items():
        claims = read_claims(people, by_case)
        for claim, about in CLAIMS.items():
            of = (claims.about == about) & ~np.isnan(claims.probability)
            if about in known and of.any():
                once = np.flatnonzero(of)[counted_once(claims.pair[of], len(people.names))]
                hit = np.isin(claims.pair[once], true_pairs(people, truth, about))
                whose = claims.pair[once] // len(people.names)
                found[kind, claim] = Pairs(claims.probability[once], hit, whose)
    return found


def together(folders: Iterable[Mapping[Kind, Pairs]]) -> dict[Kind, Pairs]:
    """Return the contacts of several folders as of one; a case of one is no case of another."""
    parts: dict[Kind, list[Pairs]] = {}
    for folder in folders:
        for kind, pairs in folder.items():
            before = parts.setdefault(kind, [])
            first = 1 + max((int(part.case.max()) for part in before), default=-1)
            before.append(pairs._replace(case=pairs.case + first))
    return {
        kind: Pairs(*(np.concatenate(column) for column in zip(*some, strict=True)))
        for kind, some in parts.items()
    }


def tenth_rows(found: Mapping[Kind, Pairs]) -> list[tuple[str, ...]]:
    """Return a row below ``HEAD`` for each tenth of each claim in which there is anybody."""
    return [
        (kind, short(claim), *row)
        for (kind, claim), pairs in found.items()
        for row in _tenths(pairs)
    ]


def short(claim: str) -> str:
    """Return what is claimed in short; the minutes are the same everywhere."""
    return claim.partition(" for ")[0]


def _tenths(pairs: Pairs) -> list[tuple[str, ...]]:
    moved = around(*pairs)
    return [
        (
            f"{tenth.low:.1f} to {tenth.low + 0.1:.1f}",
            str(tenth.count),
            percent(tenth.claimed),
            percent(tenth.share),
            _between(tenth.interval),
            _between(moved[round(tenth.low * TENTHS)]),
            "pass" if tenth.holds else "**fail**",
        )
        for tenth in tenths(pairs.claimed, pairs.true)
    ]


def _between(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"
