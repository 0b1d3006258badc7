"""Trees of who may have infected whom: the most probable one, and each link over all of them.

A tree gives every case one source: another case, or a source unknown. Who came first by onset
does not decide, because a case may infect before its own onset: links can go either way, and
following the best source of each would run in circles. So the best tree is found by the algorithm
of Chu and Liu (1965) and Edmonds (1967), and a link's probability is its share of all trees
without a circle, by Tutte's matrix-tree theorem (1948) as in Koo et al. (EMNLP 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Probabilities over all trees: ``link[i, j]`` that i infected j, ``unknown[j]`` that none did.

    ``log_total`` is the logarithm of the sum of all trees' weights.
    """

    link: Matrix
    unknown: Vector
    log_total: float


def shares_of(weights: Matrix, unknown: Vector) -> Shares:
    """Return the probability of each link over all trees without a circle.

    Parameters
    ----------
    weights : (n, n) float
        ``weights[i, j]`` of "i infected j", 0 where impossible; the diagonal is not read.
    unknown : (n,) float
        Weight of an unknown source of each, above 0.

    Returns
    -------
    Shares
        ``link[:, j].sum() + unknown[j]`` is 1 for every j.
    """
    inside = weights * (1.0 - np.eye(len(unknown)))
    scale = inside.sum(axis=0) + unknown
    inside, outside = inside / scale, unknown / scale
    laplacian = np.eye(len(unknown)) - inside  # columns sum to the share of the unknown source
    inverse = np.linalg.inv(laplacian)
    own = np.diagonal(inverse)
    link = np.maximum(inside * (own - inverse.T), 0.0)
    alone = np.maximum(outside * own, 0.0)
    total = link.sum(axis=0) + alone
    log_total = float(np.linalg.slogdet(laplacian)[1] + np.log(scale).sum())
    return Shares(link / total, alone / total, log_total)


def best_tree(weights: Matrix, unknown: Vector) -> tuple[int | None, ...]:
    """Return each case's source in the tree of largest product, None where it is unknown.

    Of equal trees, unknown sources come first, then the sources of lower numbers.
    """
    count = len(unknown)
    scores = np.full((count + 1, count + 1), -np.inf)
    with np.errstate(divide="ignore"):  # a weight of 0 is a link that cannot be
        scores[0, 1:] = np.log(unknown)
        scores[1:, 1:] = np.log(weights)
    np.fill_diagonal(scores, -np.inf)
    sources = _arborescence(scores)
    return tuple(None if source == 0 else int(source) - 1 for source in sources[1:])


def log_weight(weights: Matrix, unknown: Vector, tree: tuple[int | None, ...]) -> float:
    """Return the logarithm of a tree's weight: the product of its links'."""
    each = [unknown[j] if i is None else weights[i, j] for j, i in enumerate(tree)]
    return float(np.log(each).sum())


@dataclass(frozen=True, slots=True)
class _Contraction:
    """A circle that was drawn together to one node, and how to take it apart again."""

    outside: Numbers  # nodes of the larger graph by their number in the smaller; the circle is last
    circle: Numbers
    sources: Numbers  # best source of each node of the larger graph
    entered: Numbers  # per outside node: which of the circle it enters best
    left: Numbers  # per outside node: from which of the circle it is best reached


def _arborescence(scores: Matrix) -> Numbers:
    """Return the best source of each node below node 0; ``scores[i, j]`` adds for i -> j."""
    undone: list[_Contraction] = []
    while True:
        sources: Numbers = scores.argmax(axis=0).astype(np.int64)
        sources[0] = 0
        circle = _circle(sources)
        if not len(circle):
            break
        step, scores = _contract(scores, sources, circle)
        undone.append(step)
    for step in reversed(undone):
        sources = _expand(step, sources)
    return sources


def _circle(sources: Numbers) -> Numbers:
    """Return the nodes of one circle among the sources, or none."""
    seen = np.zeros(len(sources), dtype=np.int64)  # 0 unseen, else the walk that saw it
    seen[0] = -1
    for start in range(1, len(sources)):
        node = start
        while seen[node] == 0:
            seen[node] = start
            node = int(sources[node])
        if seen[node] == start:
            circle = [node]
            while sources[circle[-1]] != node:
                circle.append(int(sources[circle[-1]]))
            return np.array(sorted(circle), dtype=np.int64)
    return np.empty(0, dtype=np.int64)


def _contract(scores: Matrix, sources: Numbers, circle: Numbers) -> tuple[_Contraction, Matrix]:
    """Draw a circle together: entering it costs the link of the circle that it replaces."""
    outside = np.setdiff1d(np.arange(len(scores)), circle)
    into = scores[np.ix_(outside, circle)] - scores[sources[circle], circle]
    out = scores[np.ix_(circle, outside)]
    entered, left = into.argmax(axis=1), out.argmax(axis=0)
    size = len(outside) + 1
    smaller = np.full((size, size), -np.inf)
    smaller[:-1, :-1] = scores[np.ix_(outside, outside)]
    smaller[:-1, -1] = into[np.arange(len(outside)), entered]
    smaller[-1, :-1] = out[left, np.arange(len(outside))]
    return _Contraction(outside, circle, sources, circle[entered], circle[left]), smaller


def _expand(step: _Contraction, smaller: Numbers) -> Numbers:
    """Return the sources in the larger graph of a tree in the smaller one."""
    sources = step.sources.copy()
    drawn = len(step.outside)  # the circle's number in the smaller graph
    for node in range(drawn):
        source = smaller[node]
        inside = source == drawn
        sources[step.outside[node]] = step.left[node] if inside else step.outside[source]
    sources[0] = 0
    door = int(smaller[drawn])
    sources[step.entered[door]] = step.outside[door]
    return sources
