"""A day's rows become a day's index, with what is kept beside it about where its rows came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from fortnight.contact.index import build_index
from fortnight.contact.silence import hours_by_day
from fortnight.evidence.arrange import arrange
from fortnight.evidence.schema import InputReport
from fortnight.lake.cutting import Cut, cut_day, joined, taken
from fortnight.lake.doubts import Doubt, doubts_of
from fortnight.lake.files import DAY_MS
from fortnight.lake.kept import Kept, merged, places_of
from fortnight.lake.linking import kept_of, linked_fixes, roll_of, sign_batches
from fortnight.track.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.evidence.arrange import Arranged
    from fortnight.evidence.batches import FixBatch
    from fortnight.evidence.schema import Signs
    from fortnight.lake.linking import DayFixes, DayRows, Roll
    from fortnight.parameters import Parameters
    from fortnight.track.tracks import Words

KINDS: Final = ("fixes", "visits", "encounters", "ties")
ENCOUNTERS: Final = KINDS.index("encounters")
ORIGINS, RECEIVED, ROWS, HOURS = range(4)
"""Of each kind of a person's day: origins as bits, the last hour received, rows; of encounters the
hours as bits in which the phone took part in any, which a case's own do not say."""


@dataclass(frozen=True, slots=True)
class DayIndex:
    """A day's index, and what lies beside it.

    ``sources`` (people, kinds, 4) says where each person's rows came from, ``kept`` are the day's
    fixes.
    """

    index: Index
    sources: NDArray[np.int32]
    kept: Kept
    far: frozenset[bytes]  # whom a change before the day before would change too
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """The day's last index, and the people (by their pseudonyms of the day) who changed since."""

    index: Index
    sources: NDArray[np.int32]
    kept: Kept
    far: frozenset[bytes]
    changed: frozenset[bytes]
    signs_changed: bool

    @property
    def stands(self) -> bool:
        """Whether nothing of it changed."""
        return not self.changed and not self.signs_changed


@dataclass(frozen=True, slots=True)
class Around:
    """What a day is built from.

    Attributes
    ----------
    fixes : mapping
        Of the day, and where there are any of the days beside it.
    signs : mapping
        The tables but for fixes of the same days; none where no sign changed.
    fresh : DayRows
        The day's rows that ``before`` does not hold.
    links : iterable
        The pseudonyms of each person on those days.
    earlier : callable
        Gives, for some people of the day, the fixes of the days before those, and everyone's
        pseudonyms of all days.
    """

    day: int
    fixes: Mapping[int, DayFixes]
    signs: Mapping[int, DayRows]
    fresh: DayRows
    links: Sequence[Mapping[int, bytes]]
    earlier: Callable[[set[bytes]], tuple[Mapping[int, DayFixes], Sequence[Mapping[int, bytes]]]]
    before: Before | None


def build_day(around: Around, parameters: Parameters) -> DayIndex:
    """Cut and sort one day: of everyone, or where there is an index, of those who changed."""
    fresh, before = around.fresh.pseudonyms(), around.before
    people = (
        fresh if before is None else fresh | {bytes.fromhex(n) for n in before.index.tracks.names}
    )
    changed = people if before is None else fresh | (before.changed & people)
    roll = roll_of(around.day, changed, around.links)
    fixes = linked_fixes(roll, around.fixes)

    def whole(far: NDArray[np.intp]) -> Arranged:
        return _whole_tracks(around, roll, far)

    arranged = _with_all_names(_arranged(fixes.batch(roll.names)), roll.names)
    cut, far = cut_day(around.day, arranged, parameters, whole)
    everyone = roll_of(around.day, people, around.links)
    tracks = Tracks(everyone.names, *_merged(cut, roll, everyone, before), parameters)
    signs = _signs(around, everyone)
    sources = _sources(around, everyone)
    sources[:, ENCOUNTERS, HOURS] = hours_by_day(signs.encounters, everyone.names)
    return DayIndex(
        index=replace(build_index(tracks), signs=signs),
        sources=sources,
        kept=_kept(kept_of(roll, fixes), roll, everyone, before),
        far=_far(far, roll, before),
        doubts=doubts_of(roll, fixes),
    )


def _merged(cut: Cut, roll: Roll, everyone: Roll, before: Before | None) -> tuple[Words, Words]:
    """Return vertices and days of everyone: those cut now, the others as they were."""
    now = replace(cut, days=_renumbered(cut.days, roll.names, everyone))
    if before is None:
        return now.vertices, now.days
    held = before.index.tracks
    old = Cut(held.vertices, _renumbered(held.days, held.names, everyone))
    changed, _ = places_of(everyone.names, roll.places[roll.day])
    kept = np.flatnonzero(~np.isin(old.days[:, 0], changed))
    both = joined([taken(old, kept), now])
    whole = taken(both, np.argsort(both.days[:, 0], kind="stable"))
    return whole.vertices, whole.days


def _renumbered(days: Words, names: tuple[str, ...], everyone: Roll) -> Words:
    """Return days with people by their places among all."""
    known = np.array(everyone.names, dtype="S32")
    places = np.searchsorted(known, np.array(names, dtype="S32")).astype(np.int32)
    out = days.copy()
    out[:, 0] = places[days[:, 0]]
    return out


def _kept(now: Kept, roll: Roll, everyone: Roll, before: Before | None) -> Kept:
    """Return the day's fixes of everyone: those read now, the others as they lay."""
    if before is None:
        return now
    redone = set(roll.names)
    others = [name for name in before.index.tracks.names if name not in redone]
    own = everyone.places[everyone.day]
    parts = []
    for names, held, kept in (
        (others, before.index.tracks.names, before.kept),
        (roll.names, roll.names, now),
    ):
        wanted = {bytes.fromhex(name): own[bytes.fromhex(name)] for name in names}
        parts.append((kept, *places_of(held, wanted)))
    return merged(parts, len(everyone.names))


def _far(now: NDArray[np.intp], roll: Roll, before: Before | None) -> frozenset[bytes]:
    held = frozenset[bytes]() if before is None else before.far - set(roll.places[roll.day])
    return held | {bytes.fromhex(roll.names[place]) for place in now.tolist()}


def _signs(around: Around, everyone: Roll) -> Signs:
    """Return the day's signs: as they were, where none of them changed."""
    if around.before is not None and not around.before.signs_changed:
        return around.before.index.signs
    visits = {day: rows.visits for day, rows in around.signs.items()}
    batches = list(sign_batches(everyone, around.signs[around.day], visits))
    return _on_day(arrange(batches, lambda: ()).signs, around.day)


def _arranged(fixes: FixBatch) -> Arranged:
    rows = len(fixes.who)
    return arrange([fixes], lambda: (InputReport("lake", "lake", rows, rows, {}),))


def _whole_tracks(around: Around, roll: Roll, far: NDArray[np.intp]) -> Arranged:
    """Return all fixes up to the day after of some people, with the names of the roll."""
    wanted = {bytes.fromhex(roll.names[place]) for place in far.tolist()}
    before, links = around.earlier(wanted)
    whole = roll_of(around.day, wanted, links)
    fixes = linked_fixes(whole, {**before, **around.fixes})
    return _with_all_names(_arranged(fixes.batch(whole.names)), roll.names)


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


def _sources(around: Around, everyone: Roll) -> NDArray[np.int32]:
    """Return where everyone's rows came from: what was known, and the fresh rows."""
    out = np.zeros((len(everyone.names), len(KINDS), HOURS + 1), dtype=np.int32)
    if around.before is not None:
        held = {bytes.fromhex(n): k for k, n in enumerate(around.before.index.tracks.names)}
        places, numbers = places_of(everyone.names, held)
        out[places] = around.before.sources[numbers]
    for place, kind in enumerate(KINDS):
        table = getattr(around.fresh, kind)
        who = everyone.codes(everyone.day, table["pseudonym"])
        bits = np.left_shift(1, table["origin"].to_numpy().astype(np.int32))
        np.bitwise_or.at(out[:, place, ORIGINS], who, bits)
        np.maximum.at(out[:, place, RECEIVED], who, table["received"].to_numpy())
        out[:, place, ROWS] += np.bincount(who, minlength=len(everyone.names)).astype(np.int32)
    return out
