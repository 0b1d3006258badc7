"""Every input, checked row by row, as batches: the one way in for files and for tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from fortnight.errors import InputError
from fortnight.evidence.batches import FixBatch, RawFixes, RawStays, StayBatch
from fortnight.evidence.celljoin import CellJoin
from fortnight.evidence.checks import Limits
from fortnight.evidence.enrolled import enrolled_ids
from fortnight.evidence.paths import find_files
from fortnight.evidence.readers import (
    checkin_records,
    delimited,
    exposure_windows,
    geojson,
    gpx,
    owntracks,
    parquet,
    sensor_contacts,
    takeout,
    timeline,
)
from fortnight.evidence.reading import Reading
from fortnight.evidence.recognise import Shape, recognise
from fortnight.evidence.signs import RawSigns, SignBatch
from fortnight.evidence.source import InMemory, Source, participant_of
from fortnight.evidence.tables.cells import RawSites
from fortnight.evidence.tables.kinds import format_of, needed_table, table_of
from fortnight.evidence.tally import Tally, with_refused
from fortnight.evidence.zipped import (
    DAMAGE,
    DAMAGED,
    MAGIC,
    NONE,
    ON_DISK,
    OTHER,
    SENT,
    members,
)
from fortnight.parameters import DEFAULTS, Parameters

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from fortnight.evidence.reading import Batch, Raw
    from fortnight.evidence.schema import InputReport
    from fortnight.evidence.tables.kinds import Table
    from fortnight.evidence.zipped import Bounds

__all__ = [
    "FixBatch", "SignBatch", "StayBatch", "Stream", "TableStream", "held_batches",
    "table_batches", "with_refused",
]  # fmt: skip


_READERS: Final[Mapping[str, Callable[[Reading], Iterator[Raw]]]] = {
    "gpx": gpx.read,
    "owntracks": owntracks.read,
    "takeout": takeout.read,
    "takeout-semantic": takeout.read_semantic,
    "timeline": timeline.read,
    "geojson": geojson.read,
    "exposure-windows": exposure_windows.read,
    "sensor-contacts": sensor_contacts.read,
}
_GZIP: Final = b"\x1f\x8b"
_TABLES: Final = frozenset({"csv", "sightings", "check-ins", "calls", "cell-sites", "cell-events"})
"""Formats that stand as lines under a header; check-ins stand as JSON too."""


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
    enrolled : collection of str, or path of a file of ids, optional
        Those who agreed that their operator gives their data. Without it, files of calls and of
        operator events are refused whole; with it, rows about others are as `not-enrolled`.

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
        enrolled: Collection[str] | os.PathLike[str] | None = None,
    ) -> None:
        self._paths = find_files(inputs)
        self._limits = Limits.of(now, window)
        self._parameters = parameters
        self._enrolled = enrolled_ids(enrolled)
        self._progress = Progress(self._paths, on_progress)
        self._tallies: list[Tally] = []
        self._cells = CellJoin()

    @property
    def reports(self) -> tuple[InputReport, ...]:
        """What became of each file, in sorted path order; complete once all is read."""
        return tuple(tally.report() for tally in self._tallies)

    def __iter__(self) -> Iterator[Batch]:
        for place in range(len(self._tallies), len(self._paths)):
            path = self._paths[place]
            tally = Tally(str(path), place, self._limits)
            self._tallies.append(tally)
            yield from _checked(self._rows(path, tally), tally, self._cells)
            self._progress.done(path)
        yield from _joined(self._cells)

    def _rows(self, path: Path, tally: Tally) -> Iterator[Raw]:
        """Yield the unchecked rows of one file."""
        if not path.is_file():
            raise InputError("not a file that can be read")
        if _is_archive(path):
            yield from _archived(path, ON_DISK, tally, self._parameters, self._enrolled)
            return
        with Source(path, self._progress.within(path)) as source:
            shape = recognise(source.head)
            tally.format = shape.format
            if shape.format != "parquet":
                reading = Reading(source, tally, shape.level, self._parameters, self._enrolled)
                yield from _reader(shape)(reading)
                if source.damage is not None:
                    tally.stopped("the end", source.damage)
                return
            if source.was_packed:
                raise InputError("a Parquet file inside gzip: unpack it")
        share = self._progress.share(path)
        yield from parquet.read(path, participant_of(path), tally, share, self._enrolled)


def _shape_of_member(source: Source) -> Shape:
    shape = recognise(source.head)
    if shape.format == "parquet":  # it is read from its end
        raise InputError("a Parquet file: unpack it")
    return shape


def _is_archive(path: Path) -> bool:
    """Tell whether a file on a disk begins as a zip archive does."""
    with path.open("rb") as file:
        return file.read(4).startswith(MAGIC)


def _archived(
    file: Path | InMemory,
    bounds: Bounds,
    tally: Tally,
    parameters: Parameters,
    enrolled: frozenset[str] | None = None,
) -> Iterator[Raw]:
    """Yield the unchecked rows of the location files in an archive.

    Files of another kind are counted, with what they look like; their names are told nowhere.
    """
    found = False
    for member in members(file, tally, bounds):
        try:
            with Source(member) as source:
                shape = _shape_of_member(source)
                tally.format, found = shape.format, True
                yield from _reader(shape)(Reading(source, tally, shape.level, parameters, enrolled))
        except InputError as error:
            tally.refuse(OTHER, member.where, str(error))
        except (*DAMAGE, pa.ArrowException):
            tally.refuse(DAMAGED, member.where, "the data in it is damaged")
    if not found:
        raise InputError(NONE)


def _reader(shape: Shape) -> Callable[[Reading], Iterator[Raw]]:
    """Return what reads a file of that shape."""
    if shape.format not in _TABLES:
        return _READERS[shape.format]
    return delimited.read if shape.level is None else checkin_records.read


class TableStream:
    """The rows of one table in memory that passed the row checks; iterable once."""

    def __init__(self, rows: Iterable[Raw], tally: Tally) -> None:
        self._rows = rows
        self._tally = tally

    def __iter__(self) -> Iterator[Batch]:
        cells = CellJoin()
        yield from _checked(self._rows, self._tally, cells)
        yield from _joined(cells)

    @property
    def reports(self) -> tuple[InputReport, ...]:
        """What became of the table's rows; complete once all is read."""
        return (self._tally.report(),)


def held_batches(
    content: bytes, *, input_name: str, limits: Limits, parameters: Parameters = DEFAULTS
) -> TableStream:
    """Return the rows of a file that is held in memory, checked just as one on a disk.

    Of zip archives the files are read within `zipped.SENT`; what is packed otherwise is not
    unpacked here, and Parquet is not read: whoever sends some megabytes must not make gigabytes of
    them. The stream's report says so.
    """
    tally = Tally(input_name, 0, limits)
    return TableStream(_held_rows(InMemory(input_name, content), tally, parameters), tally)


def _held_rows(file: InMemory, tally: Tally, parameters: Parameters) -> Iterator[Raw]:
    if file.content.startswith(_GZIP):
        raise InputError("a packed file (gzip): unpack it first")
    if file.content.startswith(MAGIC):
        yield from _archived(file, SENT, tally, parameters)
        return
    with Source(file) as source:
        shape = recognise(source.head)
        tally.format = shape.format
        if shape.format == "parquet":
            raise InputError("a Parquet file: export GPX, GeoJSON or JSON")
        yield from _reader(shape)(Reading(source, tally, shape.level, parameters))
        if source.damage is not None:
            tally.stopped("the end", source.damage)


def table_batches(
    table: object,
    *,
    input_name: str,
    now: int,
    window: tuple[int, int] | None = None,
    place: int = 0,
    enrolled: Collection[str] | os.PathLike[str] | None = None,
) -> TableStream:
    """Return the rows of a table in memory, checked just as a file's.

    Parameters
    ----------
    table : object
        A PyArrow table or record batch, or anything with the Arrow stream interface (Polars,
        pandas, DuckDB); columns are spelled as in a CSV file (docs/formats.md).
    input_name : str
        What the report calls the table; also the participant where no column names one.
    now, window, enrolled
        As for :class:`Stream`.
    place : int
        What the batches carry as ``input``.

    Raises
    ------
    InputError
        If it is no table, or one of no known kind, or an operator's without `enrolled`.
    """
    whole = _arrow_table(table, input_name)
    try:
        found = needed_table(whole.column_names)
        tabular = table_of(found, input_name, enrolled_ids(enrolled))
    except InputError as error:
        raise InputError(f"{input_name}: {error}") from None
    tally = Tally(input_name, place, Limits.of(now, window))
    tally.format = format_of(found, "table")
    return TableStream(_table_rows(whole, tabular), tally)


def _table_rows(table: pa.Table, tabular: Table) -> Iterator[Raw]:
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


def _checked(rows: Iterable[Raw], tally: Tally, cells: CellJoin) -> Iterator[Batch]:
    """Yield what keeps every rule; what ends the input early becomes its report's problem."""
    try:
        for raw in rows:
            batch = _batch(raw, tally, cells)
            if batch is not None:
                yield batch
    except InputError as error:
        tally.problem = str(error)
    except (pa.ArrowException, UnicodeDecodeError):
        tally.problem = "the data in it is damaged"
    except OSError as error:
        tally.problem = f"cannot be read: {error.strerror or error}"
    if tally.ended_early and tally.received == 0:
        tally.format = "none"


def _batch(raw: Raw, tally: Tally, cells: CellJoin) -> Batch | None:
    """Return those of some rows that keep every rule; rows of cells wait for the join."""
    if isinstance(raw, RawFixes):
        return tally.check_fixes(raw)
    if isinstance(raw, RawSigns):
        return tally.check_signs(raw)
    if isinstance(raw, RawStays):
        return tally.check_stays(raw)
    if isinstance(raw, RawSites):
        cells.add_sites(raw, tally)
    else:
        cells.add_events(raw, tally)
    return None


def _joined(cells: CellJoin) -> Iterator[Batch]:
    """Yield the events at known cells that keep every rule of a fix."""
    for tally, rows in cells.fixes():
        batch = tally.check_fixes(rows)
        if batch is not None:
            yield batch


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
