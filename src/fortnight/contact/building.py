"""From files to an index: cut while they are read where they are sorted, else sorted first."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from fortnight.contact.index import Index, build_index
from fortnight.evidence.arrange import arrange, with_losses
from fortnight.evidence.pieces import PIECE_ROWS, UnsortedError
from fortnight.evidence.stream import Stream
from fortnight.parameters import DEFAULTS, Parameters
from fortnight.track.piecewise import cut_in_pieces
from fortnight.track.tracks import Tracks, build_tracks

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from fortnight.evidence.schema import InputReport, Signs

    Progress = Callable[[int, int], None]
    Stage = Callable[[str], AbstractContextManager[Progress]]


def unwatched(_title: str) -> AbstractContextManager[Progress]:
    """Tell nobody how far a stage is."""
    return nullcontext(lambda _done, _of: None)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to read, and by which rules.

    Attributes
    ----------
    paths : sequence of path
        Files, folders and globs, in any mix.
    now : int
        Rows after this instant (ms since 1970) are refused.
    window : (int, int), optional
        First and last instant wanted, ms; rows more than a whole UTC day outside are refused.
    parameters : Parameters
        By which segments are cut.
    enrolled : collection of str, or path of a file of ids, optional
        Those who agreed that their operator gives their data.
    """

    paths: Sequence[str | os.PathLike[str]]
    now: int
    window: tuple[int, int] | None = None
    parameters: Parameters = DEFAULTS
    enrolled: Collection[str] | os.PathLike[str] | None = None

    def stream(self, told: Progress) -> Stream:
        """Return the rows of the inputs, to be read once."""
        return Stream(
            self.paths,
            now=self.now,
            window=self.window,
            parameters=self.parameters,
            on_progress=told,
            enrolled=self.enrolled,
        )


class _Cut(NamedTuple):
    tracks: Tracks
    signs: Signs
    reports: tuple[InputReport, ...]


def index_files(
    inputs: Inputs, *, threads: int = 2, stage: Stage = unwatched, piece_rows: int = PIECE_ROWS
) -> tuple[Index, tuple[InputReport, ...]]:
    """Read files and build an index in memory.

    The same to the last bit for rows in any order; for those that come in order of their people
    with a fraction of the memory: ``piece_rows`` and what they become. ``stage`` opens a stage
    by its title, for a bar of progress.

    Raises
    ------
    InputError
        Where an input does not exist.
    """
    cut = _while_read(inputs, threads, stage, piece_rows)
    if cut is None:
        cut = _once_sorted(inputs, threads, stage)
    with stage("Sorting by cell") as told:
        index = build_index(cut.tracks, threads=threads, on_progress=told)
    return replace(index, signs=cut.signs), cut.reports


def _while_read(inputs: Inputs, threads: int, stage: Stage, piece_rows: int) -> _Cut | None:
    """Cut rows as they come, or return None where some come out of the order of their people.

    That is seen at the first row out of order: within the first million where rows are sorted by
    time, after the first file where each file is sorted for itself.
    """
    with stage("Reading") as told:
        rows = inputs.stream(told)
        try:
            tracks, signs, refused = cut_in_pieces(
                rows, inputs.parameters, threads=threads, piece_rows=piece_rows
            )
        except UnsortedError:
            return None
    return _Cut(tracks, signs, with_losses(rows.reports, refused))


def _once_sorted(inputs: Inputs, threads: int, stage: Stage) -> _Cut:
    """Hold all rows, sort them, and cut them."""
    with stage("Reading all") as told:
        rows = inputs.stream(told)
        arranged = arrange(rows, lambda: rows.reports)
    with stage("Finding stays") as told:
        tracks = build_tracks(arranged, inputs.parameters, threads=threads, on_progress=told)
    return _Cut(tracks, arranged.signs, arranged.reports)
