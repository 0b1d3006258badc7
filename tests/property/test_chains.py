"""Trees of cases against all trees one by one, and what must hold of every share."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.reference.trees import has_circle, trees, weight

from fortnight.contact.branching import best_tree, log_weight, shares_of
from fortnight.contact.chains import Chain, chain_of
from fortnight.contact.confirmed import Shared
from fortnight.contact.sources import Observed, sources_of
from fortnight.contact.timing import Curve, Dated, Timing

FIRST = date(2024, 7, 1)
ONSET_AFTER = (0.01, 0.04, 0.1, 0.2, 0.25, 0.2, 0.1, 0.06, 0.04)
BY_DAY = Curve(-3, (0.2, 0.6, 1.0, 1.0, 0.7, 0.3, 0.1))
TIMING = Timing(
    ONSET_AFTER, BY_DAY, (0.0, *ONSET_AFTER), Curve(-4, (0.1, 0.4, 0.8, 1.0, 0.8, 0.5, 0.2, 0.1))
)

some_weight = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


@st.composite
def graphs(draw: st.DrawFn, most: int = 5) -> tuple[list[list[float]], list[float]]:
    """Draw the weights of a small graph: many links, few, and some of equal weight."""
    count = draw(st.integers(1, most))
    one = draw(st.sampled_from([some_weight, st.sampled_from([0.0, 1.0, 2.0])]))
    weights = [[0.0 if i == j else draw(one) for j in range(count)] for i in range(count)]
    unknown = [draw(st.one_of(st.floats(1e-3, 1e3), st.just(1.0))) for _ in range(count)]
    return weights, unknown


@given(graphs())
def test_the_best_tree_is_the_best_of_all_trees(
    graph: tuple[list[list[float]], list[float]],
) -> None:
    weights, unknown = graph
    best = max(weight(tree, weights, unknown) for tree in trees(len(unknown)))
    found = best_tree(np.array(weights), np.array(unknown))
    assert not has_circle(found)
    assert weight(found, weights, unknown) == pytest.approx(best, rel=1e-9)
    assert log_weight(np.array(weights), np.array(unknown), found) == pytest.approx(
        math.log(best), abs=1e-9
    )


@given(graphs())
def test_a_links_probability_is_its_part_of_all_trees(
    graph: tuple[list[list[float]], list[float]],
) -> None:
    weights, unknown = graph
    count = len(unknown)
    total, link, alone = 0.0, np.zeros((count, count)), np.zeros(count)
    for tree in trees(count):
        part = weight(tree, weights, unknown)
        total += part
        for j, i in enumerate(tree):
            if i is None:
                alone[j] += part
            else:
                link[i, j] += part
    found = shares_of(np.array(weights), np.array(unknown))
    assert found.link == pytest.approx(link / total, abs=1e-6)
    assert found.unknown == pytest.approx(alone / total, abs=1e-6)
    assert found.log_total == pytest.approx(math.log(total), abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(2, 60))
def test_a_large_tree_has_no_circle_and_no_better_neighbour(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    weights = chance.lognormal(0, 2, (count, count)) * (chance.random((count, count)) < 0.3)
    np.fill_diagonal(weights, 0.0)
    unknown = chance.lognormal(-2, 1, count)
    found = best_tree(weights, unknown)
    assert not has_circle(found)
    whole = log_weight(weights, unknown, found)
    for j, i in ((int(chance.integers(count)), int(chance.integers(count))) for _ in range(40)):
        other = (*found[:j], i, *found[j + 1 :])
        if i != j and weights[i, j] > 0 and not has_circle(other):
            assert log_weight(weights, unknown, other) <= whole + 1e-9


@st.composite
def outbreaks(draw: st.DrawFn) -> tuple[list[Dated], list[list[Shared]], list[Observed]]:
    """Draw up to five cases, the times that pairs of them shared, and when each was observed."""
    count = draw(st.integers(2, 5))
    dates = [
        Dated(FIRST + timedelta(days=draw(st.integers(0, 12))), draw(st.booleans()))
        for _ in range(count)
    ]
    shared: list[list[Shared]] = [[] for _ in range(count)]
    for _ in range(draw(st.integers(0, 8))):
        a, b = draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True))
        day = FIRST + timedelta(days=draw(st.integers(-8, 14)))
        minutes = draw(st.floats(0.5, 900))
        for one, other in ((a, b), (b, a)):
            if day <= dates[one].day:
                shared[one].append(Shared(other, day, 0, 1, minutes, presumed=draw(st.booleans())))
    observed: list[Observed] = [
        {one.day - timedelta(days=k): draw(st.floats(0, 1)) for k in range(9)} for one in dates
    ]
    return dates, shared, observed


def chained(dates: list[Dated], shared: list[list[Shared]], observed: list[Observed]) -> Chain:
    return chain_of(
        [sources_of(k, dates, shared[k], observed[k], TIMING) for k in range(len(dates))]
    )


@given(outbreaks())
def test_the_probabilities_of_one_infectee_sum_to_1(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]],
) -> None:
    found = chained(*outbreak)
    for j, alone in enumerate(found.unknown):
        links = [one for one in found.links if one.link.infectee == j]
        assert alone + sum(one.probability for one in links) == pytest.approx(1.0, abs=1e-9)
        assert alone > 0.0
        own = sources_of(j, outbreak[0], outbreak[1][j], outbreak[2][j], TIMING)
        shares = [own.share(link) for link in own.links]
        assert own.unknown_share() + sum(shares) == pytest.approx(1.0, abs=1e-9)
    assert not has_circle(found.tree)
    assert 0.0 < found.tree_probability <= 1.0


@given(outbreaks(), st.data())
def test_adding_minutes_with_a_candidate_never_lowers_its_share(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]], data: st.DataObject
) -> None:
    dates, shared, observed = outbreak
    held = [(j, k) for j, parts in enumerate(shared) for k in range(len(parts))]
    assume(held)
    j, k = data.draw(st.sampled_from(held))
    more = data.draw(st.floats(0, 500))
    part = shared[j][k]
    longer = [*shared[j][:k], replace(part, minutes=part.minutes + more), *shared[j][k + 1 :]]
    before = sources_of(j, dates, shared[j], observed[j], TIMING)
    after = sources_of(j, dates, longer, observed[j], TIMING)
    share = {link.infector: before.share(link) for link in before.links}
    grown = {link.infector: after.share(link) for link in after.links}
    assert grown[part.other] >= share[part.other] - 1e-9
    assert after.unknown_share() <= before.unknown_share() + 1e-9
    for other in share.keys() - {part.other}:
        assert grown[other] <= share[other] + 1e-9


@given(outbreaks(), st.randoms(use_true_random=False))
def test_order_never_matters(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]], chance: object
) -> None:
    dates, shared, observed = outbreak
    first = chained(dates, shared, observed)
    shuffled = [list(parts) for parts in shared]
    for parts in shuffled:
        chance.shuffle(parts)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    assert chained(dates, shuffled, observed) == first


@given(outbreaks())
def test_renumbering_the_cases_renumbers_the_answer(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]],
) -> None:
    dates, shared, observed = outbreak
    last = len(dates) - 1
    turned = [
        [replace(part, other=last - part.other) for part in shared[last - k]]
        for k in range(len(dates))
    ]
    first = chained(dates, shared, observed)
    second = chained(dates[::-1], turned, observed[::-1])
    assert second.unknown[::-1] == pytest.approx(first.unknown, abs=1e-9)
    found = {(o.link.infector, o.link.infectee): o.probability for o in first.links}
    again = {(last - o.link.infector, last - o.link.infectee): o.probability for o in second.links}
    assert again == pytest.approx(found, abs=1e-9)
    assert second.tree_probability == pytest.approx(first.tree_probability, abs=1e-9)


@given(outbreaks())
def test_impossible_orders_have_probability_0(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]],
) -> None:
    dates, shared, observed = outbreak
    found = chained(dates, shared, observed)
    for one in found.links:
        link = one.link
        possible = [
            part.day
            for part in shared[link.infectee]
            if part.other == link.infector and not part.presumed
            if TIMING.incubation(dates[link.infectee], part.day) > 0
            if TIMING.infectiousness(dates[link.infector], part.day) > 0
        ]
        assert possible
        assert min(possible) <= dates[link.infectee].day
    linked = {(one.link.infector, one.link.infectee) for one in found.links}
    for j, i in enumerate(found.tree):
        assert i is None or (i, j) in linked


@given(st.integers(0, 30), st.integers(-30, 30))
def test_nobody_is_infected_after_onset_nor_by_one_who_is_not_infectious(
    apart: int, met: int
) -> None:
    dates = [Dated(FIRST), Dated(FIRST + timedelta(days=apart))]
    day = FIRST + timedelta(days=met)
    found = sources_of(1, dates, [Shared(0, day, 0, 1, 60.0)], {}, TIMING)
    (link,) = found.links
    late = day > dates[1].day or apart - met >= len(ONSET_AFTER)
    harmless = not -3 <= met <= 3
    assert (link.weight == 0.0) == (late or harmless)


@given(outbreaks())
def test_presumed_time_weighs_nothing(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]],
) -> None:
    dates, shared, observed = outbreak
    seen = [[part for part in parts if not part.presumed] for parts in shared]
    with_silence, without = chained(dates, shared, observed), chained(dates, seen, observed)
    assert with_silence.unknown == without.unknown
    assert with_silence.tree == without.tree


@given(outbreaks())
def test_time_that_was_observed_never_raises_the_unknown_source(
    outbreak: tuple[list[Dated], list[list[Shared]], list[Observed]],
) -> None:
    dates, shared, observed = outbreak
    for j, seen in enumerate(observed):
        more: Observed = {day: (1.0 + share) / 2 for day, share in seen.items()}
        before = sources_of(j, dates, shared[j], seen, TIMING)
        after = sources_of(j, dates, shared[j], more, TIMING)
        assert after.unknown_share() <= before.unknown_share() + 1e-12
        assert after.links == before.links
