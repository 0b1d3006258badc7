"""Every input, checked row by row, as batches: the one way in for files and for tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from fortnight.errors import InputError
from fortnight.evidence.batches import FixBatch, RawFixes, RawStays, StayBatch
from fortnight.evidence.checks import Limits
from fortnight.evidence.paths import find_files
from fortnight.evidence.readers import (
    delimited,
    geojson,
    gpx,
    owntracks,
    parquet,
    takeout,
    timeline,
)
from fortnight.evidence.reading import Reading
from fortnight.evidence.recognise import recognise
from fortnight.evidence.source import Source, participant_of
from fortnight.evidence.tabular import Tabular
from fortnight.evidence.tally import Tally, with_refused
from fortnight.parameters import DEFAULTS, Parameters

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from fortnight.evidence.schema import InputReport

__all__ = ["FixBatch", "StayBatch", "Stream", "TableStream", "table_batches", "with_refused"]


_READERS: Final[Mapping[str, Callable[[Reading], Iterator[RawFixes | RawStays]]]] = {
    "gpx": gpx.read,
    "owntracks": owntracks.read,
    "takeout": takeout.read,
    "takeout-semantic": takeout.read_semantic,
    "timeline": timeline.read,
    "geojson": geojson.read,
    "csv": delimited.read,
}


class Stream:
    """The rows of many files that passed the row checks, batch by batch; iterable once.

    Parameters
    ----------
    inputs : sequence of path
        Files, folders (walked to their depth; hidden files are passed over) and patterns.
    now : int
        Milliseconds since 1970 UTC; what is later is refused as `future`.
    window : tuple of int, optional
        First and last instant, both included, in milliseconds since 1970 UTC. Rows more than one
        whole UTC day away from it are refused as `outside-window`.
    parameters : Parameters
        ``visit_accuracy_m`` is given to the visits of a phone's timeline.
    on_progress : callable, optional
        Is told how many bytes of the files were read, and of how many.

    Raises
    ------
    InputError
        If an input does not exist or a pattern matches nothing. A file that exists but cannot be
        read or recognised is no error: its report says why, and the others go on.
    """

    def __init__(
        self,
        inputs: Sequence[str | os.PathLike[str]],
        *,
        now: int,
        window: tuple[int, int] | None = None,
        parameters: Parameters = DEFAULTS,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._paths = find_files(inputs)
        self._limits = Limits.of(now, window)
        self._parameters = parameters
        self._progress = Progress(self._paths, on_progress)
        self._reports: list[InputReport] = []

    @property
    def reports(self) -> tuple[InputReport, ...]:
        """What became of each file, in sorted path order; complete once all is read."""
        return tuple(self._reports)

    def __iter__(self) -> Iterator[FixBatch | StayBatch]:
        for place in range(len(self._reports), len(self._paths)):
            path = self._paths[place]
            tally = Tally(str(path), place, self._limits)
            yield from _checked(self._rows(path, tally), tally)
            self._reports.append(tally.report())
            self._progress.done(path)

    def _rows(self, path: Path, tally: Tally) -> Iterator[RawFixes | RawStays]:
        """Yield the unchecked rows of one file."""
        if not path.is_file():
            raise InputError("not a file that can be read")
        with Source(path, self._progress.within(path)) as source:
            shape = recognise(source.head)
            tally.format = shape.format
            if shape.format != "parquet":
                reading = Reading(source, tally, shape.level, self._parameters)
                yield from _READERS[shape.format](reading)
                if source.damage is not None:
                    tally.stopped("the end", source.damage)
                return
            if source.was_packed:
                raise InputError("a Parquet file inside gzip: unpack it")
        yield from parquet.read(path, participant_of(path), tally, self._progress.share(path))


class TableStream:
    """The rows of one table in memory that passed the row checks; iterable once."""

    def __init__(self, rows: Iterable[RawFixes | RawStays], tally: Tally) -> None:
        self._rows = rows
        self._tally = tally

    def __iter__(self) -> Iterator[FixBatch | StayBatch]:
        yield from _checked(self._rows, self._tally)

    @property
    def reports(self) -> tuple[InputReport, ...]:
        """What became of the table's rows; complete once all is read."""
        return (self._tally.report(),)


def table_batches(
    table: object,
    *,
    input_name: str,
    now: int,
    window: tuple[int, int] | None = None,
    place: int = 0,
) -> TableStream:
    """Return the rows of a table in memory, checked just as a file's.

    Parameters
    ----------
    table : object
        A PyArrow table or record batch, or anything with the Arrow stream interface (Polars,
        pandas, DuckDB); columns are spelled as in a CSV file (docs/formats.md).
    input_name : str
        What the report calls the table; also the participant where no column names one.
    now, window : int, tuple of int
        As for :class:`Stream`.
    place : int
        What the batches carry as ``input``.

    Raises
    ------
    InputError
        If it is no table, or has no column for time, longitude or latitude.
    """
    whole = _arrow_table(table, input_name)
    try:
        columns = parquet.table_columns(whole.column_names)
    except InputError as error:
        raise InputError(f"{input_name}: {error}") from None
    tally = Tally(input_name, place, Limits.of(now, window))
    tally.format = "table"
    return TableStream(_table_rows(whole, Tabular(columns, input_name)), tally)


def _table_rows(table: pa.Table, tabular: Tabular) -> Iterator[RawFixes | RawStays]:
    """Yield a table's rows in chunks."""
    first = 0
    for batch in table.to_batches(max_chunksize=parquet.BATCH_ROWS):
        yield parquet.table_rows(tabular, batch, first)
        first += batch.num_rows


def _arrow_table(table: object, name: str) -> pa.Table:
    """Return any table as an Arrow table, without a copy where that can be."""
    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if hasattr(table, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(table).read_all()
    raise InputError(
        f"{name}: a {type(table).__name__} is no table: give a PyArrow, Polars or pandas table",
    )


def _checked(rows: Iterable[RawFixes | RawStays], tally: Tally) -> Iterator[FixBatch | StayBatch]:
    """Yield what keeps every rule; what ends the input early becomes its report's problem."""
    try:
        for raw in rows:
            batch = tally.check_fixes(raw) if isinstance(raw, RawFixes) else tally.check_stays(raw)
            if batch is not None:
                yield batch
    except InputError as error:
        tally.problem = str(error)
    except OSError as error:
        tally.problem = f"cannot be read: {error.strerror or error}"
    if tally.ended_early and tally.received == 0:
        tally.format = "none"


class Progress:
    """Adds up how many bytes of all files were read."""

    def __init__(
        self, paths: Sequence[Path], on_progress: Callable[[int, int], None] | None
    ) -> None:
        self._sizes = {path: path.stat().st_size if path.is_file() else 0 for path in paths}
        self._total = sum(self._sizes.values())
        self._before = 0
        self._tell = on_progress

    def within(self, _path: Path) -> Callable[[int], None]:
        """Return what is told the bytes read of one file."""
        return lambda read: self._report(self._before + read)

    def share(self, path: Path) -> Callable[[float], None]:
        """Return what is told the share read of one file."""
        return lambda part: self._report(self._before + int(part * self._sizes[path]))

    def done(self, path: Path) -> None:
        """Count a file as read to its end, also where reading stopped early."""
        self._before += self._sizes[path]
        self._report(self._before)

    def _report(self, read: int) -> None:
        """Pass on where we are."""
        if self._tell is not None:
            self._tell(min(read, self._total), self._total)
