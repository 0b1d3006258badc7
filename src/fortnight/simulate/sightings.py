"""Which phones heard each other over Bluetooth, when, and how strongly.

A phone listens every four minutes, give or take one, to every phone around it. What it makes of
their distance is drawn from the model that `fortnight.contact.bluetooth` fitted on real phones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact import bluetooth
from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.proximity import spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.phones import Phones
    from fortnight.simulate.proximity import Overlaps

SCAN_S: Final = 240  # the NHS's phones: 207 s on average, mostly 180 and 240
SCAN_JITTER_S: Final = 60
_SCANS_A_DAY: Final = DAY_S // SCAN_S
_SCANS_AT_ONCE: Final = 2_000_000  # about; what is drawn at once bounds the memory
_PERSON_BITS: Final = 20
_HOPELESS_SD: Final = 4.0


@dataclass(frozen=True, slots=True)
class Radios:
    """What the phones of all people add to an attenuation, dB, and when they begin to listen."""

    receiver: Floats
    sender: Floats
    phase: Ints  # seconds


@dataclass(frozen=True, slots=True)
class Off:
    """When phones are off on one day: seconds of that day, one entry a person."""

    since: Ints
    until: Ints

    def on(self, person: Ints, second: Ints) -> Bools:
        """Which phones are on at which seconds of the day."""
        return (second < self.since[person]) | (second >= self.until[person])


@dataclass(frozen=True, slots=True)
class Sightings:
    """Scans that heard somebody, sorted by who listened and when."""

    seen_by: Ints
    seen: Ints
    second: Ints  # from day 0
    attenuation: Floats  # dB, whole numbers as phones give them


def draw_radios(people: int, seed: int) -> Radios:
    """Draw everybody's radio."""
    rng = generator(seed, Stream.RADIOS)
    return Radios(
        receiver=rng.normal(0, bluetooth.RECEIVER_SD_DB, people),
        sender=rng.normal(0, bluetooth.SENDER_SD_DB, people),
        phase=rng.integers(0, SCAN_S, people),
    )


def off_on_day(phones: list[Phones], days: int, day: int) -> Off:
    """Return when everybody's phone is off on one day."""
    return Off(
        np.concatenate([block.off_from[day::days] for block in phones]),
        np.concatenate([block.off_until[day::days] for block in phones]),
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """Overlaps by direction, sorted by who listens; those too far to be heard are left out."""

    listener: Ints
    sender: Ints
    start: Ints  # seconds of the day
    end: Ints
    level: Floats  # mean attenuation, dB


def sight(overlaps: Overlaps, radios: Radios, off: Off, day: int, seed: int) -> Iterator[Sightings]:
    """Draw one day's sightings, some listeners at a time.

    Parameters
    ----------
    overlaps
        Who was how far from whom on that day.
    radios
        Everybody's.
    off
        When phones are off.
    day
        Which day, from 0.
    seed
        The town's seed.

    """
    directed = _directed(overlaps, radios, day, seed)
    for first, last in _batches(directed, len(radios.phase)):
        low, high = np.searchsorted(directed.listener, (first, last))
        rng = generator(seed, Stream.SCANS, (day << _PERSON_BITS) + first)
        rows = np.arange(low, high)
        yield _listen(rng, directed, rows, radios.phase[first:last], first, off, day)


def _batches(heard: _Heard, people: int) -> Iterator[tuple[int, int]]:
    """Cut the listeners into runs of about `_SCANS_AT_ONCE` scans, by what there is to hear."""
    scans = np.bincount(heard.listener, (heard.end - heard.start) / SCAN_S, minlength=people)
    batch = np.cumsum(scans) // _SCANS_AT_ONCE
    firsts = np.flatnonzero(np.diff(batch, prepend=-1.0))
    return pairwise([*firsts.tolist(), people])


def _directed(overlaps: Overlaps, radios: Radios, day: int, seed: int) -> _Heard:
    rng = generator(seed, Stream.MEETINGS, day)
    between = rng.normal(0, bluetooth.BETWEEN_SD_DB, len(overlaps))
    both = bluetooth.mean_attenuation(overlaps.metres, overlaps.walls) + between
    listener = np.concatenate((overlaps.first, overlaps.second))
    sender = np.concatenate((overlaps.second, overlaps.first))
    level = np.tile(both, 2) + radios.receiver[listener] + radios.sender[sender]
    audible = level < bluetooth.LIMIT_DB + _HOPELESS_SD * bluetooth.SCAN_SD_DB
    order = np.flatnonzero(audible)
    order = order[np.argsort(listener[order], kind="stable")]
    midnight = day * DAY_S
    return _Heard(
        listener=listener[order],
        sender=sender[order],
        start=np.tile(overlaps.start - midnight, 2)[order],
        end=np.tile(overlaps.end - midnight, 2)[order],
        level=level[order],
    )


def _listen(
    rng: np.random.Generator,
    heard: _Heard,
    rows: Ints,
    phase: Ints,
    first: int,
    off: Off,
    day: int,
) -> Sightings:
    """Draw the scans of some listeners, numbered from `first`."""
    clock = _scan_clock(rng, phase)
    base = (heard.listener[rows] - first) * DAY_S
    low = np.searchsorted(clock, base + heard.start[rows])
    high = np.searchsorted(clock, base + heard.end[rows])
    which, number = spread(high - low)
    row = rows[which]
    second = clock[low[which] + number] - base[which]
    level = heard.level[row] + bluetooth.SCAN_SD_DB * rng.standard_normal(len(row), np.float32)
    level = np.maximum(np.rint(level), 0.0)
    kept = rng.random(len(row), np.float32) < bluetooth.heard(level)
    kept &= off.on(heard.listener[row], second) & off.on(heard.sender[row], second)
    order = np.flatnonzero(kept)
    order = order[np.argsort((base[which] + second)[order], kind="stable")]
    row, second = row[order], second[order]
    return Sightings(heard.listener[row], heard.sender[row], day * DAY_S + second, level[order])


def _scan_clock(rng: np.random.Generator, phase: Ints) -> Ints:
    """Return when each listener scans, sorted: its number x a day + second of the day."""
    shape = (len(phase), _SCANS_A_DAY)
    aside = rng.integers(-SCAN_JITTER_S, SCAN_JITTER_S + 1, shape)
    second = phase[:, np.newaxis] + SCAN_S * np.arange(_SCANS_A_DAY) + aside
    second = np.clip(second, 0, DAY_S - 1)
    clock: Ints = (np.arange(len(phase))[:, np.newaxis] * DAY_S + second).ravel()
    return clock
