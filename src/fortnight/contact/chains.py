"""The tree of confirmed cases: possible links, their probability, and the most probable tree."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from fortnight.contact.branching import Matrix, Vector, best_tree, log_weight, shares_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.contact.confirmed import Link
    from fortnight.contact.sources import Sources


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A possible link.

    ``probability`` is its share of all trees without a circle, ``share`` what the infectee's own
    sources say, each infectee looked at alone.
    """

    link: Link
    probability: float
    share: float


@dataclass(frozen=True, slots=True)
class Chain:
    """Who may have infected whom among confirmed cases.

    ``links`` are the possible ones, the most probable first. ``unknown[j]`` is the probability
    that the source of case j is none of the listed, ``tree[j]`` its source in the most probable
    tree (None: unknown), and ``tree_probability`` that tree's share of all trees.
    """

    links: tuple[ChainLink, ...]
    unknown: tuple[float, ...]
    observed: tuple[float, ...]
    tree: tuple[int | None, ...]
    tree_probability: float


def chain_of(sources: Sequence[Sources]) -> Chain:
    """Return the chain of cases from the possible sources of each, in order of their numbers."""
    weights, unknown = _weights(sources)
    shares = shares_of(weights, unknown)
    tree = best_tree(weights, unknown)
    links = [
        ChainLink(link, float(shares.link[link.infector, link.infectee]), each.share(link))
        for each in sources
        for link in each.links
        if link.weight > 0
    ]
    links.sort(key=_rank)
    return Chain(
        links=tuple(links),
        unknown=tuple(shares.unknown.tolist()),
        observed=tuple(each.observed for each in sources),
        tree=tree,
        tree_probability=min(1.0, exp(log_weight(weights, unknown, tree) - shares.log_total)),
    )


def _rank(one: ChainLink) -> tuple[float, int, int]:
    # rounded, so that the last bits of a sum decide nothing
    return (-round(one.probability, 9), one.link.infectee, one.link.infector)


def _weights(sources: Sequence[Sources]) -> tuple[Matrix, Vector]:
    weights = np.zeros((len(sources), len(sources)))
    for each in sources:
        for link in each.links:
            weights[link.infector, link.infectee] = link.weight
    return weights, np.array([each.unknown for each in sources], dtype=np.float64)
