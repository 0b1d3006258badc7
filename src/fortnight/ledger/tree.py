"""The tree of RFC 6962: roots, proofs that an entry is in it, proofs that it only grew.

Pure: hashes in, hashes out. A node is named by its height above the leaves and its place among
the nodes of that height; only complete nodes have names, which never change as the tree grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Nodes = Callable[[int, int], bytes]
    """Gives the hash of the complete node at (height, place)."""

EMPTY_ROOT: Final = sha256(b"").digest()
HASH_BYTES: Final = 32


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry; the prefix keeps an entry from posing as a node."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two nodes."""
    return sha256(b"\x01" + left + right).digest()


def root(entries: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these entries."""
    return Frontier().grown(leaf_hash(entry) for entry in entries).root()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete nodes at the right edge of a tree: all that is needed to make it grow.

    Attributes
    ----------
    size : int
        Entries in the tree.
    hashes : tuple of bytes
        One for each bit that is set in ``size``, the largest node first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, size: int, nodes: Nodes) -> Frontier:
        """Return the frontier of the tree's first ``size`` entries."""
        return cls(size, tuple(nodes(height, place) for height, place in _cover(0, size)))

    def grown(self, leaves: Iterable[bytes]) -> Frontier:
        """Return the frontier after these leaf hashes were added."""
        size, edge = self.size, list(self.hashes)
        for leaf in leaves:
            carried, below = leaf, size
            while below & 1:
                carried = node_hash(edge.pop(), carried)
                below >>= 1
            edge.append(carried)
            size += 1
        return Frontier(size, tuple(edge))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        return _fold(self.hashes)


def complete_nodes(leaves: Sequence[bytes]) -> Nodes:
    """Return the complete nodes over leaf hashes that are all in memory."""
    rows = levels(leaves)
    return lambda height, place: rows[height][place]


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the complete nodes over these hashes, the hashes themselves first."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return rows


def inclusion_proof(index: int, size: int, nodes: Nodes) -> tuple[bytes, ...]:
    """Return the proof that entry ``index`` is in the tree of ``size`` entries (section 2.1.1).

    Raises ValueError where there is no such entry.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} entries has no entry {index}")
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, nodes: Nodes) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``new`` entries begins with that of ``old`` (2.1.2).

    It is empty where one of them is empty or both are the same. Raises ValueError where ``old``
    is larger than ``new``.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} entries did not grow from one of {old}")
    if old in (0, new):
        return ()
    start, end, path = 0, new, list[bytes]()
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start = middle
    own = [] if start == 0 else [_range_root(start, end, nodes)]
    return (*own, *reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Return whether the proof shows the leaf hash at ``index`` under the root ``expected``."""
    if not 0 <= index < size or any(len(step) != HASH_BYTES for step in proof):
        return False
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == expected


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether the proof shows that the tree of ``new`` begins with that of ``old``."""
    if not 0 <= old <= new or any(len(step) != HASH_BYTES for step in proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    return bool(steps) and _grew(old - 1, new - 1, steps) == (old_root, new_root)


def _grew(place: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the two roots that the steps lead to; None where there are too few or too many."""
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return (before, after) if last == 0 else None


def _split(count: int) -> int:
    """Return the largest power of two below ``count``, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _cover(start: int, end: int) -> list[tuple[int, int]]:
    """Return the complete nodes, largest first, over entries from an aligned start to ``end``."""
    cover = list[tuple[int, int]]()
    while start < end:
        height = (end - start).bit_length() - 1
        cover.append((height, start >> height))
        start += 1 << height
    return cover


def _range_root(start: int, end: int, nodes: Nodes) -> bytes:
    return _fold([nodes(height, place) for height, place in _cover(start, end)])


def _fold(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded
