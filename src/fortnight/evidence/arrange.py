"""Evidence from many inputs: fixes sorted by participant and time, one a moment, and signs.

Of one person's fixes at one time the most accurate stays (then the lower longitude, then
latitude); the others are refused as ``repeat`` where nothing differs, else as ``same-time``.
The result does not depend on the order or the number of the inputs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from fortnight.compiled import kernel
from fortnight.evidence.batches import FixBatch, StayBatch
from fortnight.evidence.pile import SignPile
from fortnight.evidence.schema import (
    FIXES,
    NO_SIGNS,
    SOURCES,
    STAYS,
    Evidence,
    InputReport,
    Signs,
)
from fortnight.evidence.signs import SignBatch
from fortnight.evidence.tally import with_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

E7_A_DEGREE: Final = 10_000_000.0

ASSUMED_ACCURACY_M: Final = {"gnss": 10.0, "wifi": 40.0, "cell": 2_000.0, "unknown": 10.0}
"""Taken where the phone claimed none; such rows say so in the column ``assumed``."""


class Stay(NamedTuple):
    """One visit of a phone's timeline: participant's number, times in ms, place in 1e-7 degrees."""

    who: int
    start: int
    end: int
    lon: int
    lat: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Arranged:
    """Fixes sorted by participant and time, one array a column, each of length n.

    Person ``k`` of ``names`` has the rows ``offsets[k]`` to ``offsets[k + 1]``. Longitude and
    latitude are in units of 1e-7 degrees; an assumed accuracy is already filled in. Those known
    from ``signs`` alone are among the names, without rows.
    """

    names: tuple[str, ...]
    offsets: NDArray[np.int64]
    time: NDArray[np.int64]
    lon: NDArray[np.int32]
    lat: NDArray[np.int32]
    accuracy: NDArray[np.float32]
    source: NDArray[np.uint8]
    assumed: NDArray[np.bool_]
    stays: tuple[Stay, ...]
    reports: tuple[InputReport, ...]
    signs: Signs = NO_SIGNS


@dataclass(slots=True)
class _Chunk:
    """The columns of one batch, packed; ``who`` counts in order of first appearance."""

    input: int
    who: NDArray[np.int32]
    time: NDArray[np.int64]
    lon: NDArray[np.int32]
    lat: NDArray[np.int32]
    accuracy: NDArray[np.float32]
    source: NDArray[np.uint8]


class Names:
    """Numbers for participants in order of first appearance, and in order of their names."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._last: pa.Array[Any] | None = None
        self._last_codes = np.empty(0, dtype=np.int32)

    def codes(self, names: pa.Array[Any], who: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number of each row's participant. Batches of one file often share names.

        Only names that a row uses get a number: one whose rows were all refused is nobody.
        """
        if self._last is None or not names.equals(self._last):
            self._last, self._last_codes = names, np.full(len(names), -1, dtype=np.int32)
        used = np.flatnonzero(np.bincount(who, minlength=len(names)))
        new = used[self._last_codes[used] < 0]
        for place in new.tolist():
            name = str(names[place].as_py())
            self._last_codes[place] = self._numbers.setdefault(name, len(self._numbers))
        return self._last_codes[who]

    def add(self, names: Iterable[str]) -> None:
        """Give numbers to those who have none yet."""
        for name in names:
            self._numbers.setdefault(name, len(self._numbers))

    def ranked(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Return the names in order, and each first-seen number's place in that order."""
        names = tuple(sorted(self._numbers))
        rank = np.empty(len(names), dtype=np.int32)
        for place, name in enumerate(names):
            rank[self._numbers[name]] = place
        return names, rank


def arrange(
    batches: Iterable[FixBatch | StayBatch | SignBatch],
    reports: Callable[[], Sequence[InputReport]],
) -> Arranged:
    """Sort what ``batches`` bring. ``reports`` is asked once they are exhausted."""
    names = Names()
    chunks: list[_Chunk] = []
    stays: list[Stay] = []
    pile = SignPile()
    for batch in batches:
        if isinstance(batch, SignBatch):
            pile.add(batch, names.codes)
            continue
        who = names.codes(batch.names, batch.who)
        if isinstance(batch, FixBatch):
            chunks.append(_packed(batch, who))
        else:
            stays.extend(_stays(batch, who))
    ordered, rank = names.ranked()
    own = sorted({stay._replace(who=int(rank[stay.who])) for stay in stays})
    columns, offsets, inputs = _sorted(chunks, rank, len(ordered))
    refused = _keep_one_a_moment(columns, offsets, inputs, len(reports()))
    signs = pile.signs(ordered, rank)
    return Arranged(
        names=ordered,
        offsets=offsets,
        time=columns.time[: offsets[-1]],
        lon=columns.lon[: offsets[-1]],
        lat=columns.lat[: offsets[-1]],
        accuracy=columns.accuracy[: offsets[-1]],
        source=columns.source[: offsets[-1]],
        assumed=columns.assumed[: offsets[-1]],
        stays=tuple(own),
        reports=with_losses(reports(), _by_reason(refused) + pile.refused),
        signs=signs,
    )


def _by_reason(moments: NDArray[np.int64]) -> Counter[tuple[int, str]]:
    """Return the rows refused for their moment by input and reason."""
    return Counter(
        {
            (place, reason): count
            for place, counts in enumerate(moments.tolist())
            for reason, count in zip(("repeat", "same-time"), counts, strict=True)
        }
    )


def with_losses(
    reports: Sequence[InputReport], refused: Mapping[tuple[int, str], int]
) -> tuple[InputReport, ...]:
    """Return the reports with what was found out of place only beside other rows.

    ``refused`` counts rows by the place of their input and the reason.
    """
    out = list(reports)
    for (place, reason), count in refused.items():
        out[place] = with_refused(out[place], reason, count)
    return tuple(out)


def _e7(degrees: NDArray[np.float64]) -> NDArray[np.int32]:
    scaled = degrees * E7_A_DEGREE
    return np.rint(scaled, out=scaled).astype(np.int32)


def _packed(batch: FixBatch, who: NDArray[np.int32]) -> _Chunk:
    return _Chunk(
        batch.input,
        who,
        np.ascontiguousarray(batch.time, dtype=np.int64),
        _e7(batch.lon),
        _e7(batch.lat),
        np.ascontiguousarray(batch.accuracy, dtype=np.float32),
        np.ascontiguousarray(batch.source, dtype=np.uint8),
    )


def _stays(batch: StayBatch, who: NDArray[np.int32]) -> Iterable[Stay]:
    accuracy = np.where(np.isnan(batch.accuracy), 50.0, batch.accuracy)
    columns = (who, batch.start, batch.end, _e7(batch.lon), _e7(batch.lat), accuracy)
    return (Stay(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


@dataclass(slots=True)
class _Columns:
    time: NDArray[np.int64]
    lon: NDArray[np.int32]
    lat: NDArray[np.int32]
    accuracy: NDArray[np.float32]
    source: NDArray[np.uint8]
    assumed: NDArray[np.bool_]


def _sorted(
    chunks: list[_Chunk],
    rank: NDArray[np.int32],
    people: int,
) -> tuple[_Columns, NDArray[np.int64], NDArray[np.int32]]:
    """Put all chunks in order of participant and time; return columns, offsets and inputs.

    ``inputs`` is empty where there is one input only. Chunks are let go column by column, so
    that at most one column is held twice.
    """
    counts = np.zeros(people + 1, dtype=np.int64)
    state = np.array([-1, 0], dtype=np.int64)
    in_order = True
    for chunk in chunks:
        chunk.who = rank[chunk.who]
        counts[1:] += np.bincount(chunk.who, minlength=people)
        in_order = in_order and bool(_continues(chunk.who, chunk.time, state))
    offsets = np.cumsum(counts)
    places = None if in_order else _places([chunk.who for chunk in chunks], offsets)
    many = len({chunk.input for chunk in chunks}) > 1
    inputs = [np.full(len(c.who), c.input, np.int32) for c in chunks] if many else []
    single = chunks[0].input if chunks else 0
    columns = _Columns(
        time=_gathered(chunks, "time", np.int64, places),
        lon=_gathered(chunks, "lon", np.int32, places),
        lat=_gathered(chunks, "lat", np.int32, places),
        accuracy=_gathered(chunks, "accuracy", np.float32, places),
        source=_gathered(chunks, "source", np.uint8, places),
        assumed=np.empty(0, dtype=np.bool_),
    )
    whole = _whole(inputs, np.int32, places) if many else np.full(1, single, np.int32)
    columns.assumed = np.isnan(columns.accuracy)
    _assume(columns)
    if not in_order:
        _sort_people(columns, whole, offsets)
    return columns, offsets, whole


def _gathered(
    chunks: list[_Chunk],
    name: str,
    dtype: type[np.generic],
    places: list[NDArray[np.int64]] | None,
) -> NDArray[Any]:
    parts = [getattr(chunk, name) for chunk in chunks]
    for chunk in chunks:
        setattr(chunk, name, None)
    return _whole(parts, dtype, places)


def _whole(
    parts: list[NDArray[Any]],
    dtype: type[np.generic],
    places: list[NDArray[np.int64]] | None,
) -> NDArray[Any]:
    """Put the parts one behind the other, or each row where ``places`` says."""
    out = np.empty(sum(map(len, parts)), dtype=dtype)
    start = 0
    for k in range(len(parts)):
        part, parts[k] = parts[k], np.empty(0, dtype=dtype)
        if places is None:
            out[start : start + len(part)] = part
        else:
            out[places[k]] = part
        start += len(part)
    return out


@kernel
def _continues(
    who: NDArray[np.int32],
    time: NDArray[np.int64],
    state: NDArray[np.int64],
) -> bool:
    """Whether rows go on in order of (who, time) after ``state``, which is moved on."""
    for k in range(who.shape[0]):
        if who[k] < state[0] or (who[k] == state[0] and time[k] < state[1]):
            return False
        state[0], state[1] = who[k], time[k]
    return True


@kernel
def _take_places(who: NDArray[np.int32], cursor: NDArray[np.int64]) -> NDArray[np.int64]:
    out = np.empty(who.shape[0], dtype=np.int64)
    for k in range(who.shape[0]):
        out[k] = cursor[who[k]]
        cursor[who[k]] += 1
    return out


def _places(
    parts: list[NDArray[np.int32]],
    offsets: NDArray[np.int64],
) -> list[NDArray[np.int64]]:
    """Return where each row goes so that people lie together (a counting sort)."""
    cursor = offsets[:-1].copy()
    return [_take_places(part, cursor) for part in parts]


def _assume(columns: _Columns) -> None:
    """Fill in the accuracy of rows that claimed none."""
    if columns.assumed.any():
        table = np.array([ASSUMED_ACCURACY_M[name] for name in SOURCES], dtype=np.float32)
        rows = np.flatnonzero(columns.assumed)
        columns.accuracy[rows] = table[columns.source[rows]]


def _sort_people(
    columns: _Columns,
    inputs: NDArray[np.int32],
    offsets: NDArray[np.int64],
) -> None:
    """Sort each person's rows by time, where they are not yet; rows of one time keep places."""
    arrays: list[NDArray[Any]] = [
        columns.time,
        columns.lon,
        columns.lat,
        columns.accuracy,
        columns.source,
    ]
    arrays += [columns.assumed, *([inputs] if len(inputs) > 1 else [])]
    for who in range(len(offsets) - 1):
        own = slice(offsets[who], offsets[who + 1])
        time = columns.time[own]
        if np.all(time[1:] >= time[:-1]):
            continue
        order = np.argsort(time, kind="stable")
        for array in arrays:
            array[own] = array[own][order]


def _keep_one_a_moment(
    columns: _Columns,
    offsets: NDArray[np.int64],
    inputs: NDArray[np.int32],
    n_inputs: int,
) -> NDArray[np.int64]:
    """Move the best row of each moment forward, in place; count the others by input.

    Returns (inputs, 2): repeats and same-time.
    """
    refused = np.zeros((n_inputs, 2), dtype=np.int64)
    _compress(
        columns.time,
        columns.lon,
        columns.lat,
        columns.accuracy,
        columns.source,
        columns.assumed,
        inputs,
        offsets,
        refused,
    )
    return refused


@kernel
def _compress(
    time: NDArray[np.int64],
    lon: NDArray[np.int32],
    lat: NDArray[np.int32],
    accuracy: NDArray[np.float32],
    source: NDArray[np.uint8],
    assumed: NDArray[np.bool_],
    inputs: NDArray[np.int32],
    offsets: NDArray[np.int64],
    refused: NDArray[np.int64],
) -> None:
    n = 0
    for who in range(offsets.shape[0] - 1):
        k, last = offsets[who], offsets[who + 1]
        offsets[who] = n
        while k < last:
            best, end = k, k + 1
            while end < last and time[end] == time[k]:
                challenger = (accuracy[end], lon[end], lat[end], source[end], assumed[end])
                if challenger < (accuracy[best], lon[best], lat[best], source[best], assumed[best]):
                    best = end
                end += 1
            for j in range(k, end):
                if j == best:
                    continue
                same_as_best = (
                    lon[j] == lon[best] and lat[j] == lat[best] and accuracy[j] == accuracy[best]
                )
                origin = inputs[j] if inputs.shape[0] > 1 else inputs[0]
                refused[origin, 0 if same_as_best else 1] += 1
            time[n], lon[n], lat[n], accuracy[n] = time[best], lon[best], lat[best], accuracy[best]
            source[n], assumed[n] = source[best], assumed[best]
            n += 1
            k = end
    offsets[offsets.shape[0] - 1] = n


def as_evidence(arranged: Arranged) -> Evidence:
    """Return arranged rows as Arrow tables, in degrees, with the accuracy that is used."""
    names = pa.array(arranged.names, pa.string())
    who = np.repeat(np.arange(len(arranged.names)), np.diff(arranged.offsets))
    columns: dict[str, Any] = {
        "participant": names.take(pa.array(who, pa.int64())),
        "time": pa.array(arranged.time).cast(FIXES.field("time").type),
        "lon": arranged.lon / E7_A_DEGREE,
        "lat": arranged.lat / E7_A_DEGREE,
        "accuracy": arranged.accuracy,
        "source": pa.DictionaryArray.from_arrays(arranged.source, pa.array(SOURCES)).cast(
            pa.string()
        ),
        "assumed": arranged.assumed,
    }
    rows = arranged.stays
    stays = pa.table(
        {
            "participant": names.take(pa.array([s.who for s in rows], pa.int32())),
            "start": pa.array([s.start for s in rows], pa.int64()),
            "end": pa.array([s.end for s in rows], pa.int64()),
            "lon": pa.array([s.lon / E7_A_DEGREE for s in rows], pa.float64()),
            "lat": pa.array([s.lat / E7_A_DEGREE for s in rows], pa.float64()),
            "accuracy": pa.array([s.accuracy for s in rows], pa.float32()),
        },
    ).cast(STAYS)
    return Evidence(
        fixes=pa.table(columns), stays=stays, inputs=arranged.reports, signs=arranged.signs
    )
