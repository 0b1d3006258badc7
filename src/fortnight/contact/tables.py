"""A trace as Arrow tables: contacts, episodes, pairs too coarse to judge, ties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from fortnight.contact.area import AREA_ACCURACY, AREA_FIRST, AREA_LAST, AREA_MS
from fortnight.contact.episodes import (
    E_AT,
    E_BACK,
    E_END,
    E_EXPECTED,
    E_FORWARD,
    E_LASTING,
    E_NEAR,
    E_NEAREST,
    E_PRESUMED,
    E_START,
    X_EPISODES,
    X_EXPECTED,
    X_EXPECTED_24H,
    X_EXPECTED_BACK,
    X_EXPECTED_FORWARD,
    X_FIRST,
    X_LAST,
    X_NEAR,
    X_NEAR_BACK,
    X_NEAR_FORWARD,
    X_NEAREST,
    X_OBSERVED,
    X_PRESUMED,
    X_PROBABILITY,
    X_WEIGHT,
    X_WHO,
)
from fortnight.contact.observed import window_slots
from fortnight.risk.actions import TIERS
from fortnight.track.coverage import SLOT_MS
from fortnight.track.geometry import degrees_from_sphere

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.trace import Trace

    Floats = NDArray[np.float64]

_MINUTE_MS: Final = 60_000.0
_WINDOWS: Final = ("outside", "look-back", "look-forward", "both")
_INSTANT: Final = pa.timestamp("ms", tz="UTC")


def contacts_table(trace: Trace) -> pa.Table:
    """Return one row a contact, in rank order."""
    return pa.table(_positions(trace) | _all_evidence(trace))


def _positions(trace: Trace) -> dict[str, Any]:
    """Return the columns that say what positions say."""
    rows, cover = trace.exposure_rows, trace.coverage_rows
    slots = window_slots(trace.window)[2].sum()
    return {
        "participant": _names(trace.index, rows[:, X_WHO]),
        "minutes": _minutes(rows[:, X_NEAR]),
        "minutes_forward": _minutes(rows[:, X_NEAR_FORWARD]),
        "minutes_back": _minutes(rows[:, X_NEAR_BACK]),
        "expected_minutes": _minutes(rows[:, X_EXPECTED]),
        "expected_minutes_forward": _minutes(rows[:, X_EXPECTED_FORWARD]),
        "expected_minutes_back": _minutes(rows[:, X_EXPECTED_BACK]),
        "expected_minutes_24h": _minutes(rows[:, X_EXPECTED_24H]),
        "presumed_minutes": _minutes(rows[:, X_PRESUMED]),
        "probability_near": _known(np.round(rows[:, X_PROBABILITY], 4)),
        "nearest_m": _known(np.round(rows[:, X_NEAREST], 1)),
        "first": _instants(rows[:, X_FIRST]),
        "last": _instants(rows[:, X_LAST]),
        "coverage": np.round(cover[:, 0], 4),
        "unobserved_minutes": (slots - cover[:, 1]) * (SLOT_MS / _MINUTE_MS),
        "weight": _minutes(rows[:, X_WEIGHT]),
        "presumed_only": rows[:, X_OBSERVED] == 0.0,
    }


def _all_evidence(trace: Trace) -> dict[str, Any]:
    """Return the columns that say what all evidence together says, and what follows."""
    weighed = trace.weighed
    follows = weighed.assessments
    return {
        "evidence": pa.array(weighed.evidence, pa.list_(pa.string())),
        "together_minutes": np.round(weighed.minutes, 2),
        "together_minutes_24h": np.round(weighed.most_24h, 4),
        "likely_minutes_low": np.round(weighed.low, 1),
        "likely_minutes_high": np.round(weighed.high, 1),
        "heard_minutes": np.round(weighed.heard, 1),
        "face_minutes": np.round(weighed.face, 2),
        "visit_minutes": np.round(weighed.visited, 1),
        "linger_minutes": np.round(weighed.linger, 2),
        "probability_contact": _known(np.round(weighed.probability, 4)),
        "probability_contact_of": pa.array(weighed.probability_of, pa.string()),
        "same_room": pa.array(weighed.same_room, pa.string()),
        "dose": np.round(follows.dose, 4),
        "tier": pa.array([TIERS[k] if k >= 0 else None for k in follows.tier], pa.string()),
        "transmission": _known(np.round(follows.probability, 5)),
        "transmission_low": _known(np.round(follows.low, 5)),
        "transmission_high": _known(np.round(follows.high, 5)),
        "last_exposure": pa.array(follows.last_exposure),
        "test_day": pa.array(follows.test_day),
        "follow_up_end": pa.array(follows.follow_up_end),
        "stay_home_until": pa.array(follows.stay_home_until),
    }


def episodes_table(trace: Trace) -> pa.Table:
    """Return one row an episode of a listed contact, contacts in rank order, then time."""
    rows = trace.episode_rows[trace.episode_order]
    counts = trace.exposure_rows[:, X_EPISODES].astype(np.int64)
    lon, lat = degrees_from_sphere(rows[:, E_AT], rows[:, E_AT + 1], rows[:, E_AT + 2])
    window = (rows[:, E_BACK] + 2 * rows[:, E_FORWARD]).astype(np.int64)
    mean = rows[:, E_EXPECTED] / np.maximum(rows[:, E_LASTING], 1.0)
    columns: dict[str, Any] = {
        "participant": _names(trace.index, np.repeat(trace.exposure_rows[:, X_WHO], counts)),
        "start": _instants(rows[:, E_START]),
        "end": _instants(rows[:, E_END]),
        "minutes": _minutes(rows[:, E_NEAR]),
        "expected_minutes": _minutes(rows[:, E_EXPECTED]),
        "distance_m": np.round(rows[:, E_NEAREST], 1),
        "probability_near": np.round(mean, 4),
        "presumed": rows[:, E_PRESUMED] > 0.0,
        "window": pa.array([_WINDOWS[k] for k in window.tolist()], pa.string()),
        "lon": lon,
        "lat": lat,
    }
    return pa.table(columns)


def same_area_table(trace: Trace) -> pa.Table:
    """Return the pairs whose positions were too coarse to judge, the longest first."""
    rows = trace.area_rows
    columns: dict[str, Any] = {
        "participant": _names(trace.index, trace.area_who),
        "minutes": _minutes(rows[:, AREA_MS]),
        "accuracy_m": np.round(rows[:, AREA_ACCURACY], 0),
        "first": _instants(rows[:, AREA_FIRST]),
        "last": _instants(rows[:, AREA_LAST]),
    }
    return pa.table(columns)


def ties_table(trace: Trace) -> pa.Table:
    """Return whom the case called or texted, or was by: the most days first, then the most."""
    ties = trace.index.sign_index.ties.of(trace.who, trace.window.start, trace.window.end)
    people, row = np.unique(ties.other, return_inverse=True)
    day = np.searchsorted(trace.window.edges, ties.start, side="right") - 1
    days = np.bincount(np.unique(row * len(trace.window.edges) + day) // len(trace.window.edges),
                       minlength=len(people))  # fmt: skip
    counts = {
        name: np.bincount(row[chosen], minlength=len(people))
        for name, chosen in (
            ("calls_out", ties.call & ties.outgoing),
            ("calls_in", ties.call & ~ties.outgoing),
            ("messages_out", ~ties.call & ties.outgoing),
            ("messages_in", ~ties.call & ~ties.outgoing),
        )
    }
    minutes = np.bincount(row, ties.seconds / 60.0, minlength=len(people))
    order = np.lexsort((people, -minutes, -np.sum(list(counts.values()), axis=0), -days))
    columns: dict[str, Any] = {
        "participant": _names(trace.index, people[order]),
        "days": days[order],
        **{name: values[order] for name, values in counts.items()},
        "call_minutes": np.round(minutes[order], 1),
    }
    return pa.table(columns)


def _known(values: Floats) -> pa.Array[Any]:
    """Return numbers with null for NaN, and for a separation that nobody estimated."""
    return pa.array(np.where(np.isfinite(values), values, np.nan), from_pandas=True)


def _minutes(ms: Floats) -> Floats:
    """Minutes to four decimals: beyond them the order of additions would show."""
    return np.round(ms / _MINUTE_MS, 4)


def _instants(ms: Floats) -> pa.Array[Any]:
    return pa.array(np.rint(ms).astype(np.int64)).cast(_INSTANT)


def _names(index: Index, who: NDArray[np.generic]) -> pa.Array[Any]:
    names = index.tracks.names
    return pa.array([names[k] for k in who.astype(np.int64).tolist()], pa.string())
