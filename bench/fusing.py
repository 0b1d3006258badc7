"""Time fusing and scoring: many cases with many contacts each, every kind of evidence.

    uv run --group bench python -m bench.fusing --cases 1000 --contacts 300

Evidence is drawn, not simulated: each contact has episodes on several days, and half of them were
heard by Bluetooth, a tenth checked in at one venue. Timed is what a trace does after its search, by
the trace's own code: putting the evidence together minute by minute, who is listed, the calibrated
probability, and the assessment by the disease (dose, tier, probability of transmission, dates) of
every contact, with two threads.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

from bench.machine import describe
from fortnight.contact.episodes import (
    E_AT,
    E_END,
    E_EXPECTED,
    E_FORWARD,
    E_LASTING,
    E_NEAR,
    E_NEAREST,
    E_START,
    E_WHO,
    EPISODE_COLUMNS,
    EXPOSURE_COLUMNS,
    X_EPISODES,
    X_EXPECTED_24H,
    X_OBSERVED,
    X_WHO,
)
from fortnight.contact.fusion import beside, fuse
from fortnight.contact.listing import listed
from fortnight.contact.signs import Sightings, SignIndex, Ties, Visits, Windows
from fortnight.contact.silence import TookPart, took_part
from fortnight.contact.trace import Case, Question, Trace
from fortnight.contact.weighing import weigh
from fortnight.contact.window import Window, window_of
from fortnight.parameters import DEFAULTS
from fortnight.risk.disease import load_disease

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.weighing import Weighed

    Floats = NDArray[np.float64]

ONSET: Final = date(2026, 3, 12)
UNTIL: Final = date(2026, 3, 16)
MINUTE_MS: Final = 60_000
EPISODES: Final = 8  # of each contact
SCANS: Final = 40  # of each contact who was heard


@dataclass(frozen=True)
class Drawn:
    """What is known of one case: its number, episodes, exposures."""

    who: int
    episodes: Floats
    exposures: Floats


def draw(cases: int, contacts: int, window: Window, seed: int) -> tuple[SignIndex, list[Drawn]]:
    """Draw the evidence of all cases; case ``k`` meets contacts of its own."""
    chance = np.random.default_rng(seed)
    drawn = [_drawn(chance, k * (contacts + 1), contacts, window) for k in range(cases)]
    heard = [_heard(chance, one.who, contacts, window) for one in drawn]
    rows = np.concatenate(heard)
    nothing = np.empty(0, dtype=np.int64)
    longs = [rows[:, k].astype(np.int64) for k in range(4)]
    index = SignIndex(
        sightings=Sightings(longs[0], longs[1], longs[2], longs[3], rows[:, 4].copy()),
        visits=_visits(chance, drawn, contacts, window),
        ties=Ties(nothing, nothing, nothing, nothing, nothing > 0, nothing > 0),
        windows=Windows(nothing, nothing, nothing > 0, nothing, np.empty(0), nothing),
    )
    return index, drawn


def _times(chance: np.random.Generator, count: int, window: Window) -> Floats:
    return window.start + chance.uniform(0.0, window.end - window.start - 2 * 3_600_000, count)


def _drawn(chance: np.random.Generator, who: int, contacts: int, window: Window) -> Drawn:
    count = contacts * EPISODES
    episodes = np.zeros((count, EPISODE_COLUMNS))
    episodes[:, E_WHO] = np.repeat(who + 1 + np.arange(contacts), EPISODES)
    lasting = chance.uniform(5.0, 90.0, count) * MINUTE_MS
    episodes[:, E_START] = _times(chance, count, window)
    order = np.lexsort((episodes[:, E_START], episodes[:, E_WHO]))
    episodes = episodes[order]
    episodes[:, E_END], episodes[:, E_LASTING] = episodes[:, E_START] + lasting, lasting
    episodes[:, E_EXPECTED] = lasting * chance.uniform(0.05, 0.95, count)
    episodes[:, E_NEAR] = episodes[:, E_EXPECTED]
    episodes[:, [E_NEAREST, E_AT, E_FORWARD]] = 10.0, 6_371_000.0, 1.0
    exposures = np.zeros((contacts, EXPOSURE_COLUMNS))
    exposures[:, X_WHO] = who + 1 + np.arange(contacts)
    exposures[:, X_EXPECTED_24H] = chance.uniform(15.0, 300.0, contacts) * MINUTE_MS
    exposures[:, X_EPISODES], exposures[:, X_OBSERVED] = EPISODES, 1.0
    return Drawn(who, episodes, exposures)


def _heard(chance: np.random.Generator, who: int, contacts: int, window: Window) -> Floats:
    """Return runs of scans, one every four minutes, of every second contact."""
    others = who + 1 + np.arange(0, contacts, 2)
    begin = _times(chance, len(others), window)
    at = (begin[:, None] + np.arange(SCANS) * 4 * MINUTE_MS).ravel()
    level = np.round(chance.normal(65.0, 8.0, len(at)))
    whose = np.full(len(at), float(who))
    return np.column_stack((whose, np.repeat(others, SCANS), at, at, level))


def _visits(
    chance: np.random.Generator, drawn: list[Drawn], contacts: int, window: Window
) -> Visits:
    """Let every case and a tenth of its contacts check in at one venue, two hours each."""
    who = np.concatenate([one.who + np.arange(0, contacts, 10) for one in drawn])
    each = len(who) // len(drawn)
    venue = np.repeat(np.arange(len(drawn)), each)
    start = np.repeat(_times(chance, len(drawn), window), each).astype(np.int64)
    nothing = np.zeros(len(who), dtype=np.bool_)
    room = np.full(len(who), -1)
    end = start + 2 * 3_600_000
    return Visits(who, venue, room, start, end, nothing, ("venue",) * len(drawn), ())


class Known(NamedTuple):
    """What of an index is asked after the search: signs, and when phones took part."""

    sign_index: SignIndex
    took_part: TookPart


def score(known: Known, one: Drawn, question: Question, window: Window) -> Weighed:
    """Fuse and score one case as a trace does, from what its search has found."""
    fused = fuse(beside(known.sign_index, one.who, window), one.episodes, window)
    nothing = np.empty((0, 0))
    trace = Trace(
        case=Case(str(one.who), onset=ONSET),
        window=window,
        question=question,
        index=cast("Index", known),
        who=one.who,
        episode_rows=one.episodes,
        exposure_rows=listed(one.exposures, fused, window, question.min_minutes * MINUTE_MS),
        coverage_rows=nothing,
        area_rows=nothing,
        area_who=np.empty(0, dtype=np.int64),
        area_more=0,
        listed_by=fused,
    )
    return weigh(trace)


def dose(known: Known, one: Drawn, question: Question, window: Window) -> Floats:
    """Return the doses of a case's contacts; the rest is let go, as after a trace was written."""
    return score(known, one, question, window).assessments.dose


def main(arguments: list[str] | None = None) -> None:
    """Draw, warm up, time, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--contacts", type=int, default=300)
    options = parser.parse_args(arguments)
    disease = load_disease("covid-19")
    window = window_of(ONSET, disease, days=14, until=UNTIL, timezone="UTC")
    question = Question(disease, DEFAULTS, min_minutes=15.0)
    index, drawn = draw(options.cases, options.contacts, window, seed=1)
    known = Known(index, took_part(index.sightings, options.cases * (options.contacts + 1)))
    score(known, drawn[0], question, window)
    seconds, spent = [], []
    for _ in range(3):
        begin, used = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(2) as pool:
            doses = list(pool.map(lambda one: dose(known, one, question, window), drawn))
        seconds.append(time.perf_counter() - begin)
        spent.append(time.process_time() - used)
    print(describe())
    print(
        f"{len(doses)} cases with {options.contacts} contacts each, {len(index.sightings):,} "
        f"sightings: {min(seconds):.2f} s at best, {sorted(seconds)[1]:.2f} s in the middle of 3; "
        f"{1_000 * min(spent) / len(doses):.1f} ms of processor time a case"
    )


if __name__ == "__main__":
    main()
