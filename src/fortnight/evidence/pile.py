"""Signs from many inputs, sorted by all their columns, each once.

The result does not depend on the order or the number of the inputs. A row that is there already
is a `repeat`; check-ins of one person at one place that overlap become one visit, and all but the
first of them are counted as `same-visit`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from fortnight.evidence.schema import SIGNS, Signs
from fortnight.evidence.signs import NO_INPUT, NOBODY, SignBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int32]
    Coder = Callable[[pa.StringArray, Codes], Codes]
    Columns = dict[str, pa.Array[Any]]

_CHECKED_OUT: Final = "checked-out"
_NEVER: Final = np.iinfo(np.int64).max


@dataclass(slots=True)
class _Heap:
    """The rows of one kind so far, in the order in which they came."""

    input: list[NDArray[np.int32]] = field(default_factory=list)
    who: list[Codes] = field(default_factory=list)
    other: list[Codes] = field(default_factory=list)
    columns: list[Mapping[str, pa.Array[Any]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one kind, with people by their place among the names."""

    input: NDArray[np.int32]
    who: Codes
    other: Codes
    columns: Columns

    def take(self, order: NDArray[np.intp]) -> _Rows:
        """Return the rows at `order`."""
        places: Any = pa.array(order)
        columns = {name: column.take(places) for name, column in self.columns.items()}
        return _Rows(self.input[order], self.who[order], self.other[order], columns)


class SignPile:
    """Takes signs as they come, and puts them in order at the end."""

    def __init__(self) -> None:
        self._heaps = {kind: _Heap() for kind in SIGNS}
        self.refused: Counter[tuple[int, str]] = Counter()  # by input and reason

    def add(self, batch: SignBatch, codes: Coder) -> None:
        """Take a batch; `codes` gives people the numbers that all inputs share."""
        heap = self._heaps[batch.kind]
        heap.input.append(np.full(len(batch.who), batch.input, dtype=np.int32))
        heap.who.append(codes(batch.names, batch.who))
        other = np.full(len(batch.who), NOBODY, dtype=np.int32)
        named = batch.other >= 0
        other[named] = codes(batch.names, batch.other[named])
        heap.other.append(other)
        heap.columns.append(batch.columns)

    def signs(self, names: Sequence[str], rank: Codes) -> Signs:
        """Return all rows in order.

        Parameters
        ----------
        names : sequence of str
            The participants, sorted.
        rank : int32 array
            The place in `names` of each number that `codes` gave.
        """
        people = pa.array(names, pa.string())
        return Signs(**{kind: self._table(kind, people, rank) for kind in SIGNS})

    def _table(self, kind: str, people: pa.Array[Any], rank: Codes) -> pa.Table:
        """Return the table of one kind."""
        heap, self._heaps[kind] = self._heaps[kind], _Heap()
        if not heap.who:
            return SIGNS[kind].empty_table()
        rows = self._once(_gathered(kind, heap, rank))
        if kind == "visits":
            rows = self._merged(rows)
        columns = dict(rows.columns)
        who: Any = pa.array(rows.who)
        columns["participant"] = people.take(who)
        if "other" in SIGNS[kind].names:
            other: Any = pa.array(rows.other, mask=rows.other < 0)
            columns["other"] = people.take(other)
        ordered = [columns[name] for name in SIGNS[kind].names]
        return pa.Table.from_arrays(ordered, schema=SIGNS[kind])

    def _once(self, rows: _Rows) -> _Rows:
        """Return the rows sorted by all columns, each once; count the others."""
        keys = [rows.who, rows.other, *(_key(column) for column in rows.columns.values())]
        order = np.lexsort(keys[::-1])
        same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
        for key in keys:
            same &= key[order][1:] == key[order][:-1]
        again = np.concatenate([np.zeros(min(1, len(order)), dtype=np.bool_), same])
        self._count("repeat", rows.input[order[again]])
        return rows.take(order[~again])

    def _merged(self, rows: _Rows) -> _Rows:
        """Return visits with those that overlap at one place made one."""
        start, end, out, group = _visits(rows)
        firsts = np.flatnonzero(np.diff(group, prepend=NOBODY))
        self._count("same-visit", np.delete(rows.input, firsts))
        closed = np.logical_or.reduceat(out, firsts)
        last = np.maximum.reduceat(np.where(out | ~closed[group], end, -_NEVER), firsts)
        merged, placed = rows.take(firsts), rows.take(_placed(rows, firsts, group))
        merged.columns.update(
            lon=placed.columns["lon"],
            lat=placed.columns["lat"],
            start=_instants(start[firsts]),
            end=_instants(last),
            closed=pa.array(np.where(closed, _CHECKED_OUT, "presumed"), pa.string()),
        )
        keys = [merged.who, *(_key(column) for column in merged.columns.values())]
        return merged.take(np.lexsort(keys[::-1]))

    def _count(self, reason: str, inputs: NDArray[np.int32]) -> None:
        """Count rows against the inputs that they came from."""
        places, counts = np.unique(inputs[inputs != NO_INPUT], return_counts=True)
        for place, count in zip(places.tolist(), counts.tolist(), strict=True):
            self.refused[place, reason] += count


def _gathered(kind: str, heap: _Heap, rank: Codes) -> _Rows:
    """Return all rows of a kind, with people by their place among the names."""
    columns = {
        name: pa.concat_arrays([part[name] for part in heap.columns])
        for name in SIGNS[kind].names
        if name in heap.columns[0]
    }
    other = np.concatenate(heap.other)
    moved = np.append(rank, np.int32(NOBODY))  # the last place is what -1, nobody, points to
    who = rank[np.concatenate(heap.who)]
    return _Rows(np.concatenate(heap.input), who, moved[other], columns)


def _key(column: pa.Array[Any]) -> NDArray[Any]:
    """Return numbers in the order of a column's values, nulls last."""
    kind = column.type
    if pa.types.is_string(kind):
        held: Any = column.dictionary_encode()
        values: list[Any] = held.dictionary.to_pylist()
        codes: NDArray[np.int32] = held.indices.fill_null(len(values)).to_numpy(
            zero_copy_only=False
        )
        ranked: NDArray[np.int64] = _ranks(values)[codes]
        return ranked
    if pa.types.is_list(kind):
        lists = [tuple(map(_scan_key, one or ())) for one in column.to_pylist()]
        distinct = {one: place for place, one in enumerate(sorted(set(lists)))}
        return np.array([distinct[one] for one in lists], dtype=np.int64)
    if pa.types.is_floating(kind):
        floats: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.where(np.isnan(floats), np.inf, floats)
    if pa.types.is_date(kind):
        column = column.cast(pa.int32())
    return column.cast(pa.int64()).to_numpy(zero_copy_only=False)


def _ranks(values: list[Any]) -> NDArray[np.int64]:
    """Return the place of each value in their order, and one more for null."""
    places = {value: place for place, value in enumerate(sorted(values))}
    return np.array([*(places[value] for value in values), len(values)], dtype=np.int64)


def _scan_key(scan: Mapping[str, float | None]) -> tuple[float, ...]:
    """Return what scans are sorted by."""
    return tuple(np.inf if value is None else float(value) for value in scan.values())


def _visits(
    rows: _Rows,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return start, end, whether checked out, and the merged visit of each row, from 0.

    The rows are sorted by person, venue, room and start. A presumed stay ends at the latest when
    the person checked in again, anywhere. Visits that only touch stay two.
    """
    start, end = _key(rows.columns["start"]), _key(rows.columns["end"])
    out = np.array(rows.columns["closed"].to_pylist(), dtype=object) == _CHECKED_OUT
    end = np.where(out, end, np.minimum(end, _next_check_in(rows.who, start)))
    place = [rows.who, _key(rows.columns["venue"]), _key(rows.columns["room"])]
    moved = np.zeros(len(start), dtype=np.bool_)
    for key in place:
        moved |= np.diff(key, prepend=key[:1] - 1) != 0
    where = np.cumsum(moved)
    # The latest end so far at the same place: ranks of ends, lifted by place, only ever grow.
    ends, rank = np.unique(end, return_inverse=True)
    lifted = np.maximum.accumulate(rank + where * len(ends))
    latest = ends[lifted - where * len(ends)]
    begins = moved.copy()
    begins[1:] |= start[1:] >= latest[:-1]
    return start, end, out.astype(np.bool_), np.cumsum(begins) - 1


def _next_check_in(who: Codes, start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when each person next checked in after each of their check-ins, anywhere."""
    order = np.lexsort((start, who))
    sorted_who, sorted_start = who[order], start[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(sorted_who) != 0) | (np.diff(sorted_start) != 0)
    moments = np.flatnonzero(new)
    follows = np.append(sorted_start[moments][1:], _NEVER)
    follows[:-1][np.diff(sorted_who[moments]) != 0] = _NEVER
    out = np.empty(len(order), dtype=np.int64)
    out[order] = follows[np.cumsum(new) - 1]
    return out


def _placed(rows: _Rows, firsts: NDArray[np.intp], group: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return of each merged visit the first row that says where the venue is, else its first."""
    known = rows.columns["lon"].is_valid().to_numpy(zero_copy_only=False)
    known &= rows.columns["lat"].is_valid().to_numpy(zero_copy_only=False)
    row = np.arange(len(group))
    found = np.minimum.reduceat(np.where(known, row, len(row)), firsts)
    return np.where(found < len(row), found, firsts)


def _instants(milliseconds: NDArray[np.int64]) -> pa.Array[Any]:
    """Return instants as a column of times."""
    return pa.array(milliseconds).cast(pa.timestamp("ms", tz="UTC"))


def batches_of(signs: Signs) -> Iterator[SignBatch]:
    """Yield signs that were checked before, as batches that no report counts."""
    for kind, table in signs.tables().items():
        if table.num_rows:
            held = table.select(SIGNS[kind].names).cast(SIGNS[kind]).combine_chunks()
            who = held["participant"].combine_chunks()
            other = held["other"].combine_chunks() if "other" in held.column_names else None
            joint: Any = pa.concat_arrays([who] if other is None else [who, other])
            codes: Any = joint.dictionary_encode()
            places = codes.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False)
            none = np.full(len(who), NOBODY, dtype=np.int32)
            columns = {
                name: held[name].combine_chunks()
                for name in held.column_names
                if name not in {"participant", "other"}
            }
            second = none if other is None else places[len(who) :]
            yield SignBatch(NO_INPUT, kind, codes.dictionary, places[: len(who)], second, columns)
