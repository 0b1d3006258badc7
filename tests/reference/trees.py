"""Every tree of a few cases, one by one: what the quick ways are held against."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Tree = tuple[int | None, ...]


def has_circle(tree: Tree) -> bool:
    """Tell whether somebody is among their own sources."""
    for start in range(len(tree)):
        at, steps = tree[start], 0
        while at is not None and steps <= len(tree):
            at, steps = tree[at], steps + 1
        if at is not None:
            return True
    return False


def trees(count: int) -> Iterator[Tree]:
    """Yield every choice of a source for each, None or another, that runs in no circle."""
    choices = [[None, *(i for i in range(count) if i != j)] for j in range(count)]
    for tree in itertools.product(*choices):
        if not has_circle(tree):
            yield tree


def weight(tree: Tree, weights: Sequence[Sequence[float]], unknown: Sequence[float]) -> float:
    """Return the product of a tree's links."""
    return math.prod(unknown[j] if i is None else weights[i][j] for j, i in enumerate(tree))
