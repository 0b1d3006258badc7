"""An index on disk: Arrow files that are mapped and read with no copy.

``by_participant.arrow`` and ``by_cell.arrow`` are the pair that holds the segments; the others
are the small directories to them. Signs have a file a kind, where there are any of it.
``index.json`` says what was read and with which parameters.
"""

from __future__ import annotations

import mmap
import os
import shutil
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from fortnight.contact.ahead import LARGE_BYTES
from fortnight.contact.index import Index, hashed
from fortnight.contact.outline import TILE_SHIFT, outlines_of, ticks_of, words_of
from fortnight.errors import IndexFormatError
from fortnight.evidence.schema import SIGNS, InputReport, Signs
from fortnight.parameters import Parameters
from fortnight.track.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT: Final = "fortnight.index/4"
WITHOUT_TICKS: Final = "fortnight.index/3"
WITHOUT_OUTLINES: Final = "fortnight.index/2"
"""The formats before; the second had another hash, too. What is missing is made at opening."""
MANIFEST: Final = "index.json"
NOTICE: Final = (
    "Holds the tracks of people. Keep it only for people who agreed, and delete it on the "
    "fifteenth day: nothing in this folder deletes itself."
)

# File, width of a row in words (0: a plain column), and type of each array.
_VERTICES: Final = ("by_participant.arrow", 5, np.int32)
_CELLS: Final = ("by_cell.arrow", 11, np.int32)
_OUTLINES: Final = ("outlines.arrow", 0, np.int16)
_TICKS: Final = ("ticks.arrow", 0, np.int16)
_DAYS: Final = ("days.arrow", 12, np.int32)
_BLOCKS: Final = ("blocks.arrow", 3, np.int64)
_STARTS: Final = ("starts.arrow", 0, np.int64)
_SLOTS: Final = ("slots.arrow", 0, np.int32)
_CALENDAR: Final = ("calendar.arrow", 2, np.int64)
_PARTICIPANTS: Final = "participants.arrow"

_FileKind = tuple[str, int, type[np.generic]]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an index says of itself."""

    format: str
    notice: str
    parameters: dict[str, float | str]
    participants: int
    segments: int
    inputs: list[InputReport]
    signs: dict[str, int]  # rows of each kind of sign that has a file


def _write(folder: Path, kind: _FileKind, array: NDArray[Any]) -> None:
    name, width, _ = kind
    column = pa.array(np.ascontiguousarray(array).reshape(-1))
    if width:
        column = pa.FixedSizeListArray.from_arrays(column, width)
    batch = pa.record_batch([column], names=["row"])
    with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as out:
        out.write_batch(batch)


def _write_signs(folder: Path, signs: Signs) -> dict[str, int]:
    """Write a file for each kind of sign of which there is any; return how many rows of each."""
    held = {kind: table for kind, table in signs.tables().items() if table.num_rows}
    for kind, table in held.items():
        path, whole = folder / f"{kind}.arrow", table.combine_chunks()
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, whole.schema) as out:
            out.write_table(whole)
    return {kind: table.num_rows for kind, table in held.items()}


def _read_signs(folder: Path, rows: Mapping[str, int]) -> Signs:
    """Map the signs of which the manifest says that there are any."""
    tables = {kind: schema.empty_table() for kind, schema in SIGNS.items()}
    for kind, count in rows.items():
        table = _opened(folder / f"{kind}.arrow").read_all()
        if kind not in SIGNS or table.schema != SIGNS[kind] or table.num_rows != count:
            raise IndexFormatError(f"{folder}: its files do not belong together: make it again.")
        tables[kind] = table
    return Signs(**tables)


def _opened(path: Path) -> pa.ipc.RecordBatchFileReader:
    """Map a file; of a large one pages are read only where they are touched."""
    with path.open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    # not on every system; without it the first answer is slower
    if hasattr(mmap, "MADV_RANDOM") and len(pages) > LARGE_BYTES:
        pages.madvise(mmap.MADV_RANDOM)
    return pa.ipc.open_file(pa.BufferReader(pa.py_buffer(pages)))


def _mapped(path: Path) -> pa.RecordBatch:
    """Map a file and return its batch."""
    return _opened(path).get_batch(0)


def _read(folder: Path, kind: _FileKind) -> NDArray[Any]:
    name, width, dtype = kind
    column: Any = _mapped(folder / name).column(0)
    if width:
        column = column.flatten()
    array: NDArray[Any] = column.to_numpy(zero_copy_only=True)
    if array.dtype != dtype:
        raise IndexFormatError(f"{folder / name}: holds {array.dtype}, not {np.dtype(dtype)}.")
    return array.reshape(-1, width) if width else array


def save_index(index: Index, folder: Path, inputs: Sequence[InputReport] = ()) -> None:
    """Write an index beside ``folder`` and switch it in by a rename.

    A running search keeps the files that it has mapped. Raises IndexFormatError where ``folder``
    exists and is not an index: nothing of the user's is replaced.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise IndexFormatError(
            f"{folder} exists and is not an index: name a new folder, or empty this one.",
        )
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tracks = index.tracks
    _write(partial, _VERTICES, tracks.vertices)
    _write(partial, _DAYS, tracks.days)
    _write(partial, _CELLS, index.cells)
    _write(partial, _OUTLINES, index.outlines)
    _write(partial, _TICKS, index.ticks)
    _write(partial, _BLOCKS, index.blocks)
    _write(partial, _STARTS, index.starts)
    _write(partial, _SLOTS, index.slots)
    _write(partial, _CALENDAR, np.stack([index.day_numbers, index.day_classes], axis=1))
    names = pa.record_batch([pa.array(tracks.names, pa.string())], names=["participant"])
    with (
        pa.OSFile(str(partial / _PARTICIPANTS), "wb") as sink,
        pa.ipc.new_file(sink, names.schema) as out,
    ):
        out.write_batch(names)
    manifest = Manifest(
        format=FORMAT,
        notice=NOTICE,
        parameters=tracks.parameters.as_dict(),
        participants=len(tracks.names),
        segments=len(index.cells),
        inputs=list(inputs),
        signs=_write_signs(partial, index.signs),
    )
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (partial / MANIFEST).write_bytes(text)
    _switch(partial, folder)


def _switch(partial: Path, folder: Path) -> None:
    """Put ``partial`` in the place of ``folder``; an old index goes once the new one stands."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.rename(folder, old)  # noqa: PTH104 - the same call as the line below
    os.rename(partial, folder)  # noqa: PTH104 - as above
    shutil.rmtree(old, ignore_errors=True)


def is_index(path: Path) -> bool:
    """Whether a folder holds an index."""
    return (path / MANIFEST).is_file()


def _manifest(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise IndexFormatError(
            f"{folder} is not an index: make one with `fortnight index INPUT... --out {folder}`.",
        ) from error
    except msgspec.DecodeError as error:
        raise IndexFormatError(f"{folder / MANIFEST}: {error}: make the index again.") from error
    if manifest.format not in {FORMAT, WITHOUT_TICKS, WITHOUT_OUTLINES}:
        raise IndexFormatError(
            f"{folder} has format {manifest.format!r}, this version reads {FORMAT!r}: "
            "make the index again.",
        )
    return manifest


def load_index(folder: Path) -> tuple[Index, tuple[InputReport, ...]]:
    """Map an index, and return it with the reports of what it was made from.

    Raises IndexFormatError for anything that is not a whole index of this format.
    """
    manifest = _manifest(folder)
    known = {field.name for field in fields(Parameters)}
    if set(manifest.parameters) != known:
        raise IndexFormatError(f"{folder}: has other parameters: make the index again.")
    try:
        calendar = _read(folder, _CALENDAR)
        names = _names(folder)
        tracks = Tracks(
            names=names,
            vertices=_read(folder, _VERTICES),
            days=_read(folder, _DAYS),
            parameters=Parameters(**manifest.parameters),  # type: ignore[arg-type] # each is checked by Parameters
        )
        cells, blocks = _read(folder, _CELLS), _read(folder, _BLOCKS)
        starts, old = _read(folder, _STARTS), manifest.format == WITHOUT_OUTLINES
        outlines = outlines_of(cells, blocks, starts) if old else _read(folder, _OUTLINES)
        index = Index(
            tracks=tracks,
            cells=cells,
            outlines=outlines,
            ticks=_read(folder, _TICKS) if manifest.format == FORMAT else ticks_of(outlines),
            blocks=blocks,
            starts=starts,
            slots=hashed(blocks) if old else _read(folder, _SLOTS),
            day_numbers=_column(calendar, 0),
            day_classes=_column(calendar, 1),
            signs=_read_signs(folder, manifest.signs),
        )
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise IndexFormatError(f"{folder}: {error}: make the index again.") from error
    words = words_of(manifest.segments)
    sizes = (len(names), len(index.cells), len(index.outlines), len(index.ticks))
    if sizes != (manifest.participants, manifest.segments, words, words >> TILE_SHIFT):
        raise IndexFormatError(f"{folder}: its files do not belong together: make it again.")
    return index, tuple(manifest.inputs)


def _names(folder: Path) -> tuple[str, ...]:
    """Return the participants, by way of NumPy: Arrow makes a list value by value."""
    column: Any = _mapped(folder / _PARTICIPANTS).column(0)
    return tuple(column.to_numpy(zero_copy_only=False).tolist())


def _column(rows: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    column = np.ascontiguousarray(rows[:, k])
    column.flags.writeable = False
    return column
