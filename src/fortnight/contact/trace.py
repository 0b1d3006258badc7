"""One case looked up among everyone: who, when, for how long, and how sure that is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from fortnight.contact.area import AREA_MS, search_area
from fortnight.contact.episodes import (
    E_PRESUMED,
    E_START,
    X_EPISODES,
    X_FIRST_EPISODE,
    expose,
)
from fortnight.contact.fusion import beside, fuse
from fortnight.contact.grid import DAY_SHIFT
from fortnight.contact.linger import linger
from fortnight.contact.listing import listed
from fortnight.contact.meeting import Matrix, Nearness
from fortnight.contact.observed import coverages, person_slots, window_slots
from fortnight.contact.probability import (
    INNER,
    distance_limits,
    probability_peak,
    reach,
    sigma_limit,
)
from fortnight.contact.question import ask
from fortnight.contact.search import search
from fortnight.contact.tables import (
    contacts_table,
    episodes_table,
    same_area_table,
    ties_table,
)
from fortnight.contact.weighing import Weighed, weigh
from fortnight.contact.window import Window, local_date, window_of, zone_of
from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from fortnight.contact.fusion import Beside, Fused
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
    listed_by: Fused | None = (
        None  # what the list was decided with, where more than positions is known
    )

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
        return contacts_table(self)

    @cached_property
    def fused(self) -> Fused:
        """What all evidence together says of everybody who may have met the case."""
        if self.listed_by is not None:
            return self.listed_by
        known = beside(self.index.sign_index, self.who, self.window)
        return fuse(known, self.episode_rows, self.window)

    @cached_property
    def weighed(self) -> Weighed:
        """What all evidence together says of each contact, and what follows by the disease."""
        return weigh(self)

    @cached_property
    def episodes(self) -> pa.Table:
        """One row an episode of a listed contact, contacts in rank order, then time."""
        return episodes_table(self)

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
        return same_area_table(self)

    @cached_property
    def ties(self) -> pa.Table:
        """Who the case called or texted, or was by: days, counts and minutes, both directions."""
        return ties_table(self)


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
        inner=INNER * parameters.radius_m,
        outer_share=probability_peak(INNER, parameters.min_probability),
    )


def last_evidence(index: Index) -> int:
    """Return the last instant of which there is any evidence, in ms since 1970."""
    moments = [moment for moment in (_last_position(index), index.signs.last()) if moment]
    if not moments:
        raise QuestionError(
            "There is no evidence to search: nothing was kept. The list of inputs says why."
        )
    return max(moments)


def _last_position(index: Index) -> int | None:
    """Return the last instant at which anyone's segment ends."""
    if not len(index.day_numbers):
        return None
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


def _beside(
    index: Index, who: int, window: Window, near: Nearness, disease: Disease
) -> Beside | None:
    """Return what is known beside positions, None where nothing can be.

    For a disease that lingers also the air that was left.
    """
    minutes = disease.contact.linger_minutes
    if index.sign_index.is_empty and not minutes:
        return None
    left = linger(index, who, window, near, minutes) if minutes else None
    return beside(index.sign_index, who, window, left)


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
    asked, min_ms = ask(index, who, window.edges), question.min_minutes * _MINUTE_MS
    known = _beside(index, who, window, near, question.disease)
    others = None if known is None else known.people
    episodes, exposures = expose(
        search(index, who, asked, near, min_ms, known=others, threads=threads),
        bridge_ms=parameters.bridge_s * 1_000.0,
        back=window.back,
        forward=window.forward,
        weight=window.weight,
        threads=threads,
    )
    fused = None if known is None else fuse(known, episodes, window)
    exposures = listed(exposures, fused, window, min_ms)
    area = search_area(index, who, asked, near) if same_area else np.empty((0, 4))
    enough = np.flatnonzero(area[:, AREA_MS] >= parameters.same_area_min_s * 1_000.0)
    longest = enough[np.argsort(-np.round(area[enough, AREA_MS]), kind="stable")]
    shown = longest[: parameters.same_area_listed]
    return Trace(
        case=case,
        window=window,
        question=question,
        index=index,
        who=who,
        episode_rows=episodes,
        exposure_rows=exposures,
        coverage_rows=coverages(index.tracks, who, exposures, episodes, window),
        area_rows=area[shown],
        area_who=shown,
        area_more=len(longest) - len(shown),
        listed_by=fused,
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
