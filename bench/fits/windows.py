"""The exposure windows of the NHS's experiments, pair by pair, and the scans that are missing."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench.fits.seats import EXPERIMENTS, Spacing, seats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

# Two phones of pub-3 hold the windows of earlier experiments with a phone whose key was not
# renewed: 37 and 42 scans where others have five. Such pairs are left out.
MOST_SCANS: Final = 10
# Readings of 15 and 16 dB end office-1: phones that lie on each other, being collected.
LEAST_DB: Final = 25


@dataclass(frozen=True, slots=True)
class Pair:
    """What one device heard of another in one experiment."""

    experiment: str
    receiver: str
    sender: str
    metres: float
    levels: npt.NDArray[np.float64]  # typical attenuation of each scan, dB
    missed: int | None  # scans between its sightings; None where that cannot be told
    heard: int  # sightings that `missed` stands beside


def read_pairs(folder: Path, spacing: Spacing) -> list[Pair]:
    """Read all experiments."""
    return [pair for name in EXPERIMENTS for pair in _read_experiment(folder, name, spacing)]


def interior_misses(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return scans that heard nothing between two that did, and how many were looked at."""
    told = [pair for pair in pairs if pair.missed is not None]
    missed = sum(pair.missed or 0 for pair in told)
    return missed, missed + sum(pair.heard for pair in told)


def _read_experiment(folder: Path, name: str, spacing: Spacing) -> list[Pair]:
    where = seats(name, spacing)
    document = json.loads((folder / f"{name}.json").read_text())
    out: list[Pair] = []
    for participant in document["participants"]:
        receiver = participant["deviceName"]
        for result in participant["results"]:
            windows = _windows(result, receiver)
            rhythm = _rhythm(windows)
            out.extend(
                _pair(
                    name, (receiver, sender), math.dist(where[receiver], where[sender]), w, rhythm
                )
                for sender, w in windows.items()
            )
    return out


def _windows(result: dict[str, Any], receiver: str) -> dict[str, list[list[dict[str, Any]]]]:
    """Return the scans of each window of each counterpart that was heard."""
    heard = {
        other["deviceName"]: [window["scanInstances"] for window in other["exposureWindows"]]
        for other in result["counterparts"]
        if other["deviceName"] != receiver and other["exposureWindows"]
    }
    return {name: w for name, w in heard.items() if sum(map(len, w)) <= MOST_SCANS}


def _rhythm(windows: dict[str, list[list[dict[str, Any]]]]) -> list[int]:
    """Return the seconds between a device's scans: the longest window shows most of them."""
    whole = [_seconds(w[0]) for w in windows.values() if len(w) == 1]
    return max(whole, key=len, default=[])


def _seconds(scans: list[dict[str, Any]]) -> list[int]:
    return [int(scan["secondsSinceLastScan"]) for scan in scans]


def _pair(
    name: str,
    devices: tuple[str, str],
    metres: float,
    windows: list[list[dict[str, Any]]],
    rhythm: list[int],
) -> Pair:
    levels = [float(scan["typicalAttenuationDb"]) for window in windows for scan in window]
    missed = skipped(_seconds(windows[0]), rhythm) if len(windows) == 1 else None
    kept = np.array([level for level in levels if level >= LEAST_DB])
    return Pair(name, *devices, metres, kept, missed, 0 if missed is None else len(levels))


def skipped(seen: Sequence[int], rhythm: Sequence[int]) -> int | None:
    """Return how many scans of a rhythm lie unheard between those that were seen, at the least.

    A scan carries the seconds since its device's last scan, so what was seen is a part of the
    rhythm. Scans before the first and after the last are left out: the other phone may not have
    been switched on yet. None where it is no part of it.
    """
    starts = [start for start, seconds in enumerate(rhythm) if seconds == seen[0]]
    ends = [_end(seen, rhythm, start) for start in starts]
    spans = [end - start for start, end in zip(starts, ends, strict=True) if end is not None]
    return min(spans) - len(seen) if spans else None


def _end(seen: Sequence[int], rhythm: Sequence[int], start: int) -> int | None:
    at = start
    for seconds in seen:
        while at < len(rhythm) and rhythm[at] != seconds:
            at += 1
        if at == len(rhythm):
            return None
        at += 1
    return at
