"""Are the probabilities of a chain true? Outbreaks whose every infection is known say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
from tests.reference.spread import Spread, spread

from fortnight.contact.chains import Chain, chain_of
from fortnight.contact.sources import sources_of
from fortnight.contact.timing import Timing, timing_of
from fortnight.risk.disease import load_disease

A_MINUTE = 0.02 / 60
UNKNOWN_A_DAY = 0.001
PEOPLE = 60
OUTBREAKS = 60

Rows = list[tuple[float, bool]]


@dataclass(frozen=True)
class Judged:
    """Each probability with whether it was so: of links, of their shares alone, of the unknown."""

    links: Rows
    shares: Rows
    unknown: Rows
    tree: list[bool]


@pytest.fixture(scope="module")
def timing() -> Timing:
    return timing_of(load_disease("covid-19"))


def chain(found: Spread, timing: Timing) -> Chain:
    """Weigh an outbreak in which everybody was observed all the time."""
    sources = []
    for k, one in enumerate(found.dates):
        seen = {one.day - timedelta(days=day): 1.0 for day in range(60)}
        minutes = UNKNOWN_A_DAY / A_MINUTE
        sources.append(
            sources_of(k, found.dates, found.shared[k], seen, timing, unknown_minutes=minutes)
        )
    return chain_of(sources)


@pytest.fixture(scope="module")
def judged(timing: Timing) -> Judged:
    """Return what was said of every link of every outbreak, and what was so."""
    made = Judged([], [], [], [])
    for seed in range(OUTBREAKS):
        outbreak = spread(
            seed, timing, people=PEOPLE, a_minute=A_MINUTE, unknown_a_day=UNKNOWN_A_DAY
        )
        if not outbreak.dates:
            continue
        found = chain(outbreak, timing)
        for one in found.links:
            so = outbreak.sources[one.link.infectee] == one.link.infector
            made.links.append((one.probability, so))
            made.shares.append((one.share, so))
        for share, said, source in zip(found.unknown, found.tree, outbreak.sources, strict=True):
            made.unknown.append((share, source is None))
            made.tree.append(said == source)
    return made


def deciles(rows: Rows) -> list[tuple[int, float, float]]:
    """Return of each tenth of probabilities how many there are, their mean, and the truth's."""
    values = np.array([value for value, _ in rows])
    truth = np.array([so for _, so in rows])
    tenth = np.minimum((values * 10).astype(int), 9)
    return [
        (int((tenth == k).sum()), float(values[tenth == k].mean()), float(truth[tenth == k].mean()))
        for k in range(10)
        if (tenth == k).any()
    ]


def brier(rows: Rows) -> float:
    return float(np.mean([(said - so) ** 2 for said, so in rows]))


def test_probabilities_of_links_and_unknown_sources_are_near_the_truth(judged: Judged) -> None:
    for rows in (judged.links, judged.unknown):
        for count, said, so in deciles(rows):
            spare = 3.0 * (said * (1 - said) / count) ** 0.5
            assert so == pytest.approx(said, abs=0.05 + spare), (count, said, so)


def test_the_number_of_unknown_sources_is_foretold(judged: Judged) -> None:
    said = sum(share for share, _ in judged.unknown)
    assert said == pytest.approx(sum(so for _, so in judged.unknown), rel=0.15)


def test_weighing_all_trees_is_nearer_the_truth_than_each_case_alone(judged: Judged) -> None:
    assert brier(judged.links) < brier(judged.shares)


def test_the_most_probable_tree_has_the_true_source_of_three_in_four(judged: Judged) -> None:
    assert np.mean(judged.tree) > 0.75
