"""A file that a person uploads: read in memory, shown before anything is kept, then kept or let go.

What is held between the two is the fixes that may be kept, in memory, for ten minutes. Nothing of
a file touches a disk before its person says yes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.arrivals.bounds import limits
from fortnight.arrivals.checked import Checked
from fortnight.arrivals.never_sent import left
from fortnight.errors import InputError, RefusedError
from fortnight.evidence.batches import UNKNOWN_SOURCE, FixBatch, StayBatch
from fortnight.evidence.packed import Fixes, pack_fixes, unpack_fixes
from fortnight.evidence.stream import held_batches
from fortnight.parameters import MILLISECONDS_A_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fortnight.arrivals.never_sent import Chosen
    from fortnight.evidence.checks import Limits
    from fortnight.evidence.reading import Batch
    from fortnight.evidence.schema import InputReport

TOO_OLD: Final = "outside-window"
STEP_MS: Final = 5 * MILLISECONDS_A_MINUTE
"""A stay of a phone's own timeline becomes a fix every five minutes, as its coverage is counted."""
HOLD_MS: Final = 10 * MILLISECONDS_A_MINUTE
MOST_HELD_BYTES: Final = 64 << 20
_E7: Final = 1e7
_NAME: Final = "upload"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be kept of a file, and what not and why.

    Attributes
    ----------
    format : str
        As the library calls it.
    received, kept : int
        Rows of the file: received = kept + refused, `too_old` among the refused.
    refused : mapping
        Rows by reason, but for those that are too old.
    hidden : int
        Fixes that the person chose never to send, of `fixes`.
    days : tuple
        Each local day, ISO 8601, and how many fixes of it would be kept.
    problem : str or None
        Where the file could not be read to its end.
    """

    format: str
    received: int
    kept: int
    too_old: int
    refused: Mapping[str, int]
    fixes: int
    hidden: int
    days: tuple[tuple[str, int], ...]
    problem: str | None
    packed: bytes = field(repr=False)  # before what is never sent was left out: the journal does

    @property
    def name(self) -> str:
        """The batch's name: the same content again counts once."""
        return sha256(self.packed).hexdigest()

    def checked(self) -> Checked:
        """Return the fixes as every door hands them on."""
        return Checked(self.packed, self.fixes, self.fixes, {}, ())


def preview(content: bytes, person: str, now: int, chosen: Chosen, most_rows: int) -> Preview:
    """Read a file and say what would be kept of it; ``now`` in ms since 1970 UTC.

    Raises InputError where it is no file of places, is of several phones, or holds too much.
    """
    within = limits(now)
    stream = held_batches(content, input_name=_NAME, limits=within)
    parts, names = _fixes_of(stream, within, most_rows)
    (report,) = stream.reports
    if not parts and report.problem is not None:
        raise InputError(report.problem)
    if len(names) > 1:
        raise InputError("it holds places of several phones: upload only your own")
    packed = pack_fixes(_joined(parts))
    rest, kept = left("fixes", packed, chosen.of(person), chosen.zone)
    fixes = sum(len(part.time) for part in parts)
    return _of_report(report, packed, fixes, rest if kept else b"", chosen.zone)


def _of_report(
    report: InputReport, packed: bytes, fixes: int, rest: bytes, zone: ZoneInfo
) -> Preview:
    refused = dict(report.refused)
    too_old = refused.pop(TOO_OLD, 0)
    times = unpack_fixes([rest])[0].time if rest else np.zeros(0, dtype=np.int64)
    return Preview(
        format=report.format,
        received=report.received,
        kept=report.kept,
        too_old=too_old,
        refused=refused,
        fixes=fixes,
        hidden=fixes - len(times),
        days=_days(times.tolist(), zone),
        problem=report.problem,
        packed=packed,
    )


def _days(times: Iterable[int], zone: ZoneInfo) -> tuple[tuple[str, int], ...]:
    counted: dict[str, int] = {}
    for at in times:
        day = datetime.fromtimestamp(at / 1_000, tz=UTC).astimezone(zone).date().isoformat()
        counted[day] = counted.get(day, 0) + 1
    return tuple(sorted(counted.items()))


def _fixes_of(
    batches: Iterable[Batch], within: Limits, most_rows: int
) -> tuple[list[Fixes], set[str]]:
    """Return the places of a file as fixes, and whom it names."""
    parts, names, total = [], set(), 0
    for batch in batches:
        if isinstance(batch, FixBatch):
            part = _packed(batch)
        elif isinstance(batch, StayBatch):
            part = _of_stays(batch, within)
        else:
            raise InputError("it holds no places of a phone")
        total += len(part.time)
        if total > most_rows:
            raise InputError("it holds too many places: upload it in parts")
        who = batch.names.to_pylist()
        names |= {str(who[one]) for one in np.unique(batch.who).tolist()}
        parts.append(part)
    return parts, names


def _packed(batch: FixBatch) -> Fixes:
    place = _e7(batch.lon), _e7(batch.lat)
    return Fixes(batch.time, *place, batch.accuracy, batch.source)


def _of_stays(batch: StayBatch, within: Limits) -> Fixes:
    """Return a fix for every five minutes of each stay, and one for its end."""
    times, which = [], []
    spans = zip(batch.start.tolist(), batch.end.tolist(), strict=True)
    for place, (start, end) in enumerate(spans):
        first = max(start, within.first or start)
        found = np.unique(np.append(np.arange(first, end, STEP_MS), min(end, within.now)))
        times.append(found[(found >= first) & (found <= within.now)])
        which.append(np.full(len(times[-1]), place))
    time = np.concatenate(times).astype(np.int64) if times else np.zeros(0, dtype=np.int64)
    at = np.concatenate(which).astype(np.int64) if which else np.zeros(0, dtype=np.int64)
    source = np.full(len(time), UNKNOWN_SOURCE, dtype=np.uint8)
    return Fixes(time, _e7(batch.lon[at]), _e7(batch.lat[at]), batch.accuracy[at], source)


def _e7(degrees: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(degrees * _E7).astype(np.int32)


def _joined(parts: list[Fixes]) -> Fixes:
    """Return all fixes as one."""
    return unpack_fixes([pack_fixes(part) for part in parts])[0]


class Held:
    """Previews that wait for a yes, one a person, in memory. Safe for threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[int, Preview]] = OrderedDict()
        self._lock = Lock()

    def hold(self, person: str, shown: Preview, now: int) -> None:
        """Hold a preview in the place of the person's last one.

        Raises RefusedError where too much is held of others at the moment.
        """
        with self._lock:
            self._let_go(now)
            self._held.pop(person, None)
            if sum(len(one.packed) for _, one in self._held.values()) > MOST_HELD_BYTES:
                raise RefusedError("Many people upload at the moment: try again in ten minutes.")
            self._held[person] = (now, shown)

    def take(self, person: str, name: str, now: int) -> Preview:
        """Return a preview that was held, and hold it no longer.

        Raises RefusedError where it is not there any more: the file has to be chosen again.
        """
        with self._lock:
            self._let_go(now)
            found = self._held.pop(person, None)
        if found is None or found[1].name != name:
            raise RefusedError("The file is not held any more: choose it again.")
        return found[1]

    def drop(self, person: str) -> None:
        """Hold nothing of a person any more."""
        with self._lock:
            self._held.pop(person, None)

    def _let_go(self, now: int) -> None:
        self._held = OrderedDict(
            (person, one) for person, one in self._held.items() if now - one[0] < HOLD_MS
        )

    def __len__(self) -> int:
        return len(self._held)
