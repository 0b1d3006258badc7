"""Everyone's tracks out of rows that come in order of their people, a piece at a time.

The same tracks as of all rows at once, in a fraction of the room: see ``evidence.pieces``.
"""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fortnight.evidence.arrange import Names
from fortnight.evidence.pieces import PIECE_ROWS, Rows, arranged_piece, whole_people
from fortnight.evidence.pile import SignPile
from fortnight.evidence.signs import SignBatch
from fortnight.track.tracks import DAY_WORDS, VERTEX_WORDS, Tracks, Words, build_tracks, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fortnight.evidence.reading import Batch
    from fortnight.evidence.schema import Signs
    from fortnight.parameters import Parameters


class Cut(NamedTuple):
    """Everyone's tracks and signs, and the rows that were out of place beside others."""

    tracks: Tracks
    signs: Signs
    refused: Counter[tuple[int, str]]  # by place of the input and reason


class _Part(NamedTuple):
    """The tracks of some people, numbered from nought, and the rows refused among theirs."""

    tracks: Tracks
    refused: Counter[tuple[int, str]]


def cut_in_pieces(
    batches: Iterable[Batch],
    parameters: Parameters,
    *,
    threads: int = 2,
    piece_rows: int = PIECE_ROWS,
) -> Cut:
    """Cut rows into segments while they are still being read.

    The result depends neither on ``threads`` nor on ``piece_rows``.

    Raises
    ------
    UnsortedError
        Where the rows do not come in order of their people.
    """
    pile, names = SignPile(), Names()
    pieces = whole_people(_without_signs(batches, pile, names), piece_rows)
    parts = list(_parts(pieces, parameters, threads))
    names.add(name for part in parts for name in part.tracks.names)
    ordered, rank = names.ranked()
    signs = pile.signs(ordered, rank)
    refused = sum((part.refused for part in parts), pile.refused)
    return Cut(_together([part.tracks for part in parts], ordered, parameters), signs, refused)


def _without_signs(batches: Iterable[Batch], pile: SignPile, names: Names) -> Iterator[Rows]:
    """Yield fixes and stays; signs, which are few beside them, go on the pile."""
    for batch in batches:
        if isinstance(batch, SignBatch):
            pile.add(batch, names.codes)
        else:
            yield batch


def _parts(pieces: Iterable[list[Rows]], parameters: Parameters, threads: int) -> Iterator[_Part]:
    """Yield the tracks of each piece, in order; ``threads`` pieces are cut at a time."""

    def cut(piece: list[Rows]) -> _Part:
        arranged, refused = arranged_piece(piece)
        return _Part(build_tracks(arranged, parameters, threads=1), refused)

    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[_Part]] = deque()
        for piece in pieces:
            under_way.append(pool.submit(cut, piece))
            if len(under_way) > threads:
                # not waited for, rows would heap up here as fast as a disk brings them
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _together(parts: Sequence[Tracks], names: tuple[str, ...], parameters: Parameters) -> Tracks:
    """Join tracks of people whose places among all ``names`` follow each other."""
    places = {name: place for place, name in enumerate(names)}
    days: list[Words] = []
    vertices = 0
    for part in parts:
        own = part.days.copy()
        own[:, 0] = np.array([places[name] for name in part.names], dtype=np.int32)[own[:, 0]]
        own[:, 2] += vertices
        vertices += len(part.vertices)
        days.append(own)
    return Tracks(
        names=names,
        vertices=joined([part.vertices for part in parts], VERTEX_WORDS),
        days=joined(days, DAY_WORDS),
        parameters=parameters,
    )
