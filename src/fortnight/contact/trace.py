"""One case looked up among everyone: who, when, for how long, and how sure that is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from fortnight.contact.area import AREA_ACCURACY, AREA_FIRST, AREA_LAST, AREA_MS, search_area
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
    X_FIRST_EPISODE,
    X_LAST,
    X_NEAR,
    X_NEAR_BACK,
    X_NEAR_FORWARD,
    X_NEAREST,
    X_OBSERVED,
    X_PRESUMED,
    X_PRESUMED_24H,
    X_PROBABILITY,
    X_WEIGHT,
    X_WHO,
    expose,
)
from fortnight.contact.grid import DAY_SHIFT
from fortnight.contact.meeting import Matrix, Nearness
from fortnight.contact.observed import coverages, person_slots, window_slots
from fortnight.contact.probability import distance_limits, reach, sigma_limit
from fortnight.contact.question import ask
from fortnight.contact.search import search
from fortnight.contact.window import Window, local_date, window_of, zone_of
from fortnight.errors import QuestionError
from fortnight.track.coverage import SLOT_MS
from fortnight.track.geometry import degrees_from_sphere

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.evidence.schema import InputReport
    from fortnight.parameters import Parameters
    from fortnight.risk.disease import Disease

_MINUTE_MS = 60_000.0
_DAY_MS = 86_400_000
_WINDOWS = ("outside", "look-back", "look-forward", "both")
_INSTANT = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Case:
    """A confirmed case: the participant, and the date that the windows hang on."""

    participant: str
    onset: date | None = None
    test_date: date | None = None

    @property
    def anchor(self) -> date:
        """Onset, or the test's date where there is no onset."""
        day = self.onset or self.test_date
        if day is None:
            raise QuestionError(
                f"Case {self.participant!r} has neither onset nor test date: give --onset DATE, "
                "or --test-date DATE where there were no symptoms.",
            )
        return day

    @property
    def dated_by(self) -> Literal["onset", "test"]:
        """What the windows and the infectiousness hang on."""
        return "onset" if self.onset else "test"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every case of a trace alike."""

    disease: Disease
    parameters: Parameters
    min_minutes: float
    timezone: str = "UTC"
    days: int | None = None
    until: date | None = None


@dataclass(frozen=True)
class Trace:
    """The contacts of one case.

    ``episode_rows`` and ``exposure_rows`` are the arrays of ``contact.episodes``; the properties
    give them as Arrow tables, times as timestamps in UTC, lengths in metres, durations in minutes.
    """

    case: Case
    window: Window
    question: Question
    index: Index
    who: int
    episode_rows: Matrix
    exposure_rows: Matrix  # listed contacts only, in rank order
    coverage_rows: Matrix
    area_rows: Matrix
    area_who: NDArray[np.int64]
    area_more: int
    inputs: tuple[InputReport, ...] = ()

    @property
    def coverage(self) -> float:
        """Share of the window's 5-minute slots in which the case was observed."""
        inside = window_slots(self.window)[2]
        return float(self.case_slots.sum() / max(1, inside.sum()))

    @cached_property
    def case_slots(self) -> NDArray[np.bool_]:
        """Slots (UTC days, 288) of the window in which the case was observed."""
        return person_slots(self.index.tracks, self.who, self.window)

    @cached_property
    def contacts(self) -> pa.Table:
        """One row a contact, in rank order; columns as in docs/trace-document.md."""
        rows, cover = self.exposure_rows, self.coverage_rows
        slots = window_slots(self.window)[2].sum()
        nearest = np.round(rows[:, X_NEAREST], 1)
        columns: dict[str, Any] = {
            "participant": _names(self.index, rows[:, X_WHO]),
            "minutes": _minutes(rows[:, X_NEAR]),
            "minutes_forward": _minutes(rows[:, X_NEAR_FORWARD]),
            "minutes_back": _minutes(rows[:, X_NEAR_BACK]),
            "expected_minutes": _minutes(rows[:, X_EXPECTED]),
            "expected_minutes_forward": _minutes(rows[:, X_EXPECTED_FORWARD]),
            "expected_minutes_back": _minutes(rows[:, X_EXPECTED_BACK]),
            "expected_minutes_24h": _minutes(rows[:, X_EXPECTED_24H]),
            "presumed_minutes": _minutes(rows[:, X_PRESUMED]),
            "probability_near": np.round(rows[:, X_PROBABILITY], 4),
            "nearest_m": nearest,
            "first": _instants(rows[:, X_FIRST]),
            "last": _instants(rows[:, X_LAST]),
            "coverage": np.round(cover[:, 0], 4),
            "unobserved_minutes": (slots - cover[:, 1]) * (SLOT_MS / _MINUTE_MS),
            "weight": _minutes(rows[:, X_WEIGHT]),
            "presumed_only": rows[:, X_OBSERVED] == 0.0,
            "tier": pa.nulls(len(rows), pa.string()),
        }
        return pa.table(columns)

    @cached_property
    def episodes(self) -> pa.Table:
        """One row an episode of a listed contact, contacts in rank order, then time."""
        rows = self.episode_rows[self.episode_order]
        counts = self.exposure_rows[:, X_EPISODES].astype(np.int64)
        lon, lat = degrees_from_sphere(rows[:, E_AT], rows[:, E_AT + 1], rows[:, E_AT + 2])
        window = (rows[:, E_BACK] + 2 * rows[:, E_FORWARD]).astype(np.int64)
        mean = rows[:, E_EXPECTED] / np.maximum(rows[:, E_LASTING], 1.0)
        columns: dict[str, Any] = {
            "participant": _names(self.index, np.repeat(self.exposure_rows[:, X_WHO], counts)),
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

    @cached_property
    def episode_order(self) -> NDArray[np.int64]:
        """Rows of ``episode_rows`` by contact's rank, then time."""
        spans = [
            np.arange(int(first), int(first + count))
            for first, count in self.exposure_rows[:, [X_FIRST_EPISODE, X_EPISODES]]
        ]
        rows = np.concatenate([np.empty(0, dtype=np.int64), *spans])
        starts = self.episode_rows[rows, E_START]
        rank = np.repeat(np.arange(len(spans)), [len(span) for span in spans])
        order: NDArray[np.int64] = rows[
            np.lexsort((self.episode_rows[rows, E_PRESUMED], starts, rank))
        ]
        return order

    @cached_property
    def same_area(self) -> pa.Table:
        """Pairs whose positions were too coarse to judge, the longest first."""
        rows = self.area_rows
        columns: dict[str, Any] = {
            "participant": _names(self.index, self.area_who),
            "minutes": _minutes(rows[:, AREA_MS]),
            "accuracy_m": np.round(rows[:, AREA_ACCURACY], 0),
            "first": _instants(rows[:, AREA_FIRST]),
            "last": _instants(rows[:, AREA_LAST]),
        }
        return pa.table(columns)


def _minutes(ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minutes to four decimals: beyond them the order of additions would show."""
    return np.round(ms / _MINUTE_MS, 4)


def _instants(ms: NDArray[np.float64]) -> pa.Array[Any]:
    return pa.array(np.rint(ms).astype(np.int64)).cast(_INSTANT)


def _names(index: Index, who: NDArray[np.generic]) -> pa.Array[Any]:
    names = index.tracks.names
    return pa.array([names[k] for k in who.astype(np.int64).tolist()], pa.string())


def nearness(parameters: Parameters) -> Nearness:
    """Return what counts as near under ``parameters``."""
    limits = distance_limits(parameters.radius_m, parameters.min_probability)
    most = sigma_limit(parameters.radius_m, parameters.min_probability)
    return Nearness(
        radius=parameters.radius_m,
        reach=reach(parameters.radius_m, parameters.min_probability),
        sigma_limit=most,
        min_probability=parameters.min_probability,
        leg_spread=parameters.leg_spread,
        peak_sigma=most * float(limits.argmax()) / (len(limits) - 1),
    )


def last_evidence(index: Index) -> int:
    """Return the last instant at which anyone's segment ends, in ms since 1970."""
    if not len(index.day_numbers):
        raise QuestionError("There is no evidence to search: no fix was kept and no stay.")
    last = index.day_numbers[-1]
    of_day = index.blocks[:, 0] >> DAY_SHIFT == len(index.day_numbers) - 1
    if not of_day.any():
        return int(last * _DAY_MS + 1)
    first_row = index.starts[index.blocks[of_day, 2].min()]
    return int(last * _DAY_MS + index.cells[first_row:, 1].max())


def _window(index: Index, case: Case, question: Question) -> Window:
    zone = zone_of(question.timezone)
    until = question.until or local_date(last_evidence(index) - 1, zone)
    disease = question.disease
    days = -disease.look_back.first_day if question.days is None else question.days
    return window_of(
        case.anchor,
        disease,
        days=days,
        until=until,
        timezone=question.timezone,
        dated_by=case.dated_by,
    )


def _number(index: Index, participant: str) -> int:
    who = index.tracks.number_of(participant)
    if who is not None:
        return who
    near = get_close_matches(participant, index.tracks.names, n=3)
    hint = f" Close to it: {', '.join(near)}." if near else ""
    raise QuestionError(
        f"There is no participant {participant!r} among the {len(index.tracks.names):,} with "
        f"evidence.{hint} A file's participant is its own field where the format has one, "
        "else the file's name without its ending.",
    )


def _ranked(exposures: Matrix, min_ms: float) -> NDArray[np.int64]:
    """Return the listed exposures in rank order; presumed time alone comes last.

    Participants are numbered in the order of their names, so the number breaks ties.
    """
    enough = exposures[:, X_EXPECTED_24H] >= min_ms
    enough &= exposures[:, X_OBSERVED] > 0.0
    presumed = ~enough & (exposures[:, X_PRESUMED_24H] >= max(min_ms, 1.0))
    listed = np.flatnonzero(enough | presumed)
    rows = exposures[listed]
    order = np.lexsort(
        (
            rows[:, X_WHO],
            -np.round(rows[:, X_PRESUMED], 3),
            -np.round(rows[:, X_EXPECTED_BACK], 3),
            -np.round(rows[:, X_WEIGHT], 3),
            presumed[listed],
        ),
    )
    return listed[order]


def trace_one(
    index: Index, case: Case, question: Question, *, threads: int = 1, same_area: bool = True
) -> Trace:
    """Search one case's contacts, with one thread or two.

    ``same_area=False`` leaves out the list of pairs too coarse to judge, whose cost grows with
    all who are within kilometres.
    """
    window = _window(index, case, question)
    who = _number(index, case.participant)
    parameters = question.parameters
    near = nearness(parameters)
    asked = ask(index, who, window.edges)
    episodes, exposures = expose(
        search(index, who, asked, near, question.min_minutes * _MINUTE_MS, threads=threads),
        start=window.start,
        bridge_ms=parameters.bridge_s * 1_000.0,
        back=window.back,
        forward=window.forward,
        weight=window.weight,
    )
    exposures = exposures[_ranked(exposures, question.min_minutes * _MINUTE_MS)]
    area = search_area(index, who, asked, near) if same_area else np.empty((0, 4))
    enough = np.flatnonzero(area[:, AREA_MS] >= parameters.same_area_min_s * 1_000.0)
    longest = enough[np.argsort(-np.round(area[enough, AREA_MS]), kind="stable")]
    listed = longest[: parameters.same_area_listed]
    return Trace(
        case=case,
        window=window,
        question=question,
        index=index,
        who=who,
        episode_rows=episodes,
        exposure_rows=exposures,
        coverage_rows=coverages(index.tracks, who, exposures, episodes, window),
        area_rows=area[listed],
        area_who=listed,
        area_more=len(longest) - len(listed),
    )


def trace_many(
    index: Index,
    cases: Sequence[Case],
    question: Question,
    *,
    threads: int = 2,
    same_area: bool = True,
) -> Iterator[Trace]:
    """Search many cases, in their order, ``threads`` at a time; a single one with all of them."""
    for case in cases:
        _number(index, case.participant)
    if len(cases) == 1:
        yield trace_one(index, cases[0], question, threads=threads, same_area=same_area)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(
            lambda case: trace_one(index, case, question, same_area=same_area), cases
        )
