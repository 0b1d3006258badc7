"""A day's rows become a day's index, with what is kept beside it about where its rows came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from fortnight.contact.index import build_index
from fortnight.evidence.arrange import arrange
from fortnight.evidence.schema import InputReport
from fortnight.lake.cutting import cut_day
from fortnight.lake.doubts import Doubt, doubts_of
from fortnight.lake.files import DAY_MS
from fortnight.lake.linking import linked_fixes, roll_of, sign_batches
from fortnight.track.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.evidence.arrange import Arranged
    from fortnight.evidence.batches import FixBatch
    from fortnight.evidence.schema import Signs
    from fortnight.evidence.signs import SignBatch
    from fortnight.lake.linking import DayRows, Roll
    from fortnight.parameters import Parameters

KINDS: Final = ("fixes", "visits", "encounters", "ties")
ORIGINS, RECEIVED, ROWS = range(3)
"""Of each kind of a person's day: origins as bits, the last hour received, rows."""


@dataclass(frozen=True, slots=True)
class DayIndex:
    """A day's index, and ``sources`` (people, kinds, 3): where each person's rows came from."""

    index: Index
    sources: NDArray[np.int32]
    far: bool  # whether a change before the day before would change it too
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What a day is built from.

    ``rows`` holds the day, and where there are any the days beside it; ``links`` the pseudonyms
    of each person on those days. ``earlier`` gives, for some people of the day, their fixes of the
    days before those, and everyone's pseudonyms of all days.
    """

    day: int
    rows: Mapping[int, DayRows]
    links: Iterable[Mapping[int, bytes]]
    earlier: Callable[[set[bytes]], tuple[Mapping[int, pa.Table], Iterable[Mapping[int, bytes]]]]


def build_day(around: Around, parameters: Parameters) -> DayIndex:
    """Cut and sort one day."""
    day, today = around.day, around.rows[around.day]
    roll = roll_of(day, today, around.links)
    fixes = linked_fixes(roll, {d: rows.fixes for d, rows in around.rows.items()})
    visits = {d: rows.visits for d, rows in around.rows.items()}
    doubts = doubts_of(roll, fixes)
    arranged = _arranged(fixes.batch(roll.names), sign_batches(roll, today, visits))

    def whole(far: NDArray[np.intp]) -> Arranged:
        return _whole_tracks(around, roll, far)

    cut, far = cut_day(day, arranged, parameters, whole)
    tracks = Tracks(roll.names, cut.vertices, cut.days, parameters)
    return DayIndex(
        index=replace(build_index(tracks), signs=_on_day(arranged.signs, day)),
        sources=_sources(roll, today),
        far=far,
        doubts=doubts,
    )


def _arranged(fixes: FixBatch, signs: Iterable[SignBatch]) -> Arranged:
    def batches() -> Iterator[FixBatch | SignBatch]:
        yield fixes
        yield from signs

    rows = len(fixes.who)
    return arrange(batches(), lambda: (InputReport("lake", "lake", rows, rows, {}),))


def _whole_tracks(around: Around, roll: Roll, far: NDArray[np.intp]) -> Arranged:
    """Return all fixes up to the day after of some people, with everyone's names."""
    wanted = {bytes.fromhex(roll.names[place]) for place in far.tolist()}
    before, links = around.earlier(wanted)
    own = [linked for linked in links if linked.get(around.day) in wanted]
    whole = roll_of(around.day, around.rows[around.day], own)
    fixes = linked_fixes(whole, {**before, **{d: rows.fixes for d, rows in around.rows.items()}})
    return _with_all_names(_arranged(fixes.batch(roll.names), ()), roll.names)


def _with_all_names(arranged: Arranged, names: tuple[str, ...]) -> Arranged:
    """Return the same rows with people by their places among ``names``."""
    counts = np.zeros(len(names) + 1, dtype=np.int64)
    place = {name: k for k, name in enumerate(names)}
    counts[[place[name] + 1 for name in arranged.names]] = np.diff(arranged.offsets)
    return replace(arranged, names=names, offsets=np.cumsum(counts))


def _on_day(signs: Signs, day: int) -> Signs:
    """Return the signs that begin on a day: check-ins were merged knowing the days around it."""
    start = signs.visits["start"].cast(pa.int64()).to_numpy() // DAY_MS
    inside = pa.array(start == day)
    return replace(signs, visits=signs.visits.filter(inside))


def _sources(roll: Roll, today: DayRows) -> NDArray[np.int32]:
    out = np.zeros((len(roll.names), len(KINDS), 3), dtype=np.int32)
    for place, kind in enumerate(KINDS):
        table = getattr(today, kind)
        who = roll.codes(roll.day, table["pseudonym"])
        bits = np.left_shift(1, table["origin"].to_numpy().astype(np.int32))
        np.bitwise_or.at(out[:, place, ORIGINS], who, bits)
        np.maximum.at(out[:, place, RECEIVED], who, table["received"].to_numpy())
        out[:, place, ROWS] += np.bincount(who, minlength=len(roll.names)).astype(np.int32)
    return out
