"""Batches of fixes, visits and encounters: decoded, checked by the library's rules, packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.arrivals.arrow_rows import read_arrow
from fortnight.arrivals.bounds import limits
from fortnight.arrivals.checked import Checked, summed, verdicts
from fortnight.arrivals.json_rows import EncounterRow, FixRow, VisitRow, read_json
from fortnight.arrivals.sound import packed_if_sound
from fortnight.evidence.batches import RawFixes, one_name
from fortnight.evidence.checks import FIX_RULES, fix_faults
from fortnight.evidence.columns import source_code
from fortnight.evidence.packed import (
    ID_BYTES,
    Encounters,
    Fixes,
    Visits,
    pack_encounters,
    pack_fixes,
    pack_visits,
)
from fortnight.evidence.sign_checks import SIGN_RULES, sign_faults
from fortnight.evidence.signs import NOBODY, RawSigns
from fortnight.evidence.tables.checkins import DEFAULT_STAY_MINUTES
from fortnight.evidence.tables.sightings import (
    ASSUMED_TX_DBM,
    LEAST_ATTENUATION_DB,
    MOST_ATTENUATION_DB,
)
from fortnight.evidence.times import NO_OFFSET
from fortnight.parameters import MILLISECONDS_A_MINUTE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.arrivals.bounds import Bounds
    from fortnight.arrivals.json_rows import JsonTable, Table

MOST_TEXT: Final = 200
"""Letters in the id of a venue or a room."""
_E7: Final = 1e7
_BEACON: Final = rf"^[0-9a-fA-F]{{{2 * ID_BYTES}}}$"
_FIX: Final = ("time", "lon", "lat", "accuracy", "source")
_VISIT: Final = ("venue", "room", "start", "end")
_ENCOUNTER: Final = ("seen", "time", "start", "end", "attenuation", "rssi")


@dataclass(frozen=True, slots=True)
class Decoded:
    """One message: the batch id it names, if any, and what became of its rows."""

    batch: str | None
    checked: Checked


def fixes_of_json(body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Read ``{"batch": …, "fixes": [{time, lon, lat, accuracy?, source?}, …]}``.

    `now` is in ms since 1970 UTC, here and below. Raises RefusedError where the whole message is
    of no use; a bad row is counted and never stops the others.
    """
    batch, table = read_json(body, bounds, "fixes", FixRow)
    return Decoded(batch, check_json_fixes(table, now))


def fixes_of_arrow(body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Read an Arrow IPC stream of fixes; as `fixes_of_json`."""
    batch, table = read_arrow(body, bounds, _FIX, ("time", "lon", "lat"))
    return Decoded(batch, check_fixes(table, now))


def visits_of_json(body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Read ``{"batch": …, "visits": [{venue, room?, start, end?}, …]}``; as `fixes_of_json`."""
    batch, table = read_json(body, bounds, "visits", VisitRow)
    return Decoded(batch, check_visits(table, now))


def visits_of_arrow(body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Read an Arrow IPC stream of visits; as `fixes_of_json`."""
    batch, table = read_arrow(body, bounds, _VISIT, ("venue", "start"))
    return Decoded(batch, check_visits(table, now))


def encounters_of_json(body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Read ``{"batch": …, "encounters": [{seen, time | start, end, attenuation | rssi}, …]}``.

    As `fixes_of_json`. ``seen`` is the 16 bytes that the other phone sent, in hexadecimal.
    """
    batch, table = read_json(body, bounds, "encounters", EncounterRow)
    return Decoded(batch, check_encounters(table, now))


def encounters_of_arrow(body: bytes, bounds: Bounds, now: int) -> Decoded:
    """Read an Arrow IPC stream of encounters; as `encounters_of_json`."""
    batch, table = read_arrow(body, bounds, _ENCOUNTER, ("seen",))
    return Decoded(batch, check_encounters(table, now))


def check_json_fixes(table: JsonTable[FixRow], now: int) -> Checked:
    """Return what `check_fixes` does, faster where the fixes are few and all surely sound."""
    packed = None if table.damaged else packed_if_sound(table.rows, now)
    if packed is None:
        return check_fixes(table, now)
    return Checked(packed, len(table.rows), len(table.rows), {}, ())


def check_fixes(table: Table, now: int) -> Checked:
    """Return what became of a table of one person's fixes."""
    count = len(table.numbers_of_rows)
    rows = raw_fixes(table, *one_name("sender", count))
    found = verdicts(fix_faults(rows, limits(now)), FIX_RULES, len(rows.who))
    return summed(packed_fixes(rows, found.keep), found, table.numbers_of_rows, table.damaged)


def packed_fixes(rows: RawFixes, keep: NDArray[np.intp]) -> bytes:
    """Return the fixes at `keep` as bytes."""
    return pack_fixes(
        Fixes(
            rows.time[keep],
            np.rint(rows.lon[keep] * _E7).astype(np.int32),
            np.rint(rows.lat[keep] * _E7).astype(np.int32),
            rows.accuracy[keep],
            rows.source[keep],
        )
    )


def rounded(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees as they will be kept: what is checked has to be what is stored."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.rint(degrees * _E7) / _E7


def raw_fixes(table: Table, names: pa.StringArray, who: NDArray[np.int32]) -> RawFixes:
    """Return a table of fixes unchecked, in the form that the library's rules read."""
    sources = [source_code(word) for word in table.texts("source").to_pylist()]
    return RawFixes(
        names,
        who,
        table.instants("time"),
        rounded(table.numbers("lon")),
        rounded(table.numbers("lat")),
        table.accuracies("accuracy"),
        np.array(sources, dtype=np.uint8),
        _row,
    )


def check_visits(table: Table, now: int) -> Checked:
    """Return what became of a table of one person's visits.

    An end that nobody saw is presumed, and may lie in the future.
    """
    venue, room, start = table.texts("venue"), table.texts("room"), table.instants("start")
    presumed = ~table.given("end")
    end = np.where(presumed, _after(start, DEFAULT_STAY_MINUTES), table.instants("end"))
    flaws = {"no-venue": _mask(pc.is_null(venue))}
    rows = _signs("visits", _nobody(len(start)), start, end, flaws, presumed)
    found = verdicts(sign_faults(rows, limits(now)), SIGN_RULES, len(start))
    found = found.also("text-too-long", _too_long(venue) | _too_long(room))
    keep = found.keep
    some: Any = pa.array(keep)
    kept = Visits(venue.take(some), room.take(some), start[keep], end[keep], presumed[keep])
    return summed(pack_visits(kept), found, table.numbers_of_rows, table.damaged)


def check_encounters(table: Table, now: int) -> Checked:
    """Return what became of a table of phones that one person's phone heard."""
    seen, time = table.texts("seen"), table.instants("time")
    start = np.where(table.given("start"), table.instants("start"), time)
    end = np.where(table.given("end"), table.instants("end"), start)
    other = np.where(_mask(pc.is_null(seen)), np.int32(NOBODY), np.int32(1))
    sent = ASSUMED_TX_DBM - table.numbers("rssi")
    attenuation = np.where(table.given("attenuation"), table.numbers("attenuation"), sent)
    loud = (attenuation >= LEAST_ATTENUATION_DB) & (attenuation <= MOST_ATTENUATION_DB)
    rows = _signs("encounters", other, start, end, {"bad-attenuation": ~loud}, None)
    found = verdicts(sign_faults(rows, limits(now)), SIGN_RULES, len(start))
    found = found.also("bad-beacon", ~_mask(pc.match_substring_regex(seen, _BEACON)))
    keep = found.keep
    some: Any = pa.array(keep)
    heard = "".join(str(one) for one in seen.take(some).to_pylist())
    beacon = np.frombuffer(bytes.fromhex(heard), dtype=np.uint8).reshape(-1, ID_BYTES)
    kept = Encounters(beacon, start[keep], end[keep], attenuation[keep].astype(np.float32))
    return summed(pack_encounters(kept), found, table.numbers_of_rows, table.damaged)


def _signs(
    kind: str,
    other: NDArray[np.int32],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    flaws: dict[str, NDArray[np.bool_]],
    presumed: NDArray[np.bool_] | None,
) -> RawSigns:
    """Return one person's rows in the shape that the library's rules read."""
    names, who = one_name("sender", len(start))
    return RawSigns(kind, names, who, other, start, end, {}, _row, _row, flaws, presumed)


def _nobody(count: int) -> NDArray[np.int32]:
    return np.full(count, NOBODY, dtype=np.int32)


def _after(start: NDArray[np.int64], minutes: int) -> NDArray[np.int64]:
    """Return instants that much later; the marks of what is no time stay marks."""
    return np.where(start > NO_OFFSET, start + minutes * MILLISECONDS_A_MINUTE, start)


def _too_long(texts: pa.StringArray) -> NDArray[np.bool_]:
    return _mask(pc.greater(pc.utf8_length(texts), pa.scalar(MOST_TEXT)))


def _mask(column: pa.Array[Any]) -> NDArray[np.bool_]:
    marked: Any = column.fill_null(False).to_numpy(zero_copy_only=False)
    return np.asarray(marked, dtype=np.bool_)


def _row(row: int) -> str:
    return f"row {row}"
