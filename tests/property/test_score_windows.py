"""Exposure windows against plain loops, and what must hold for any of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.reference.effort import FEWER, WORLDS
from tests.reference.exposure_worlds import (
    SANE,
    attenuations,
    configurations,
    many_windows,
    windows,
)
from tests.reference.exposures import cwa, gaen

from fortnight.risk.exposure_cases import score_cwa_cases, score_gaen_cases
from fortnight.risk.windows_gaen import NARROW_NET, WIDE_NET, GaenConfiguration

if TYPE_CHECKING:
    import random

Json = dict[str, Any]


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def scored(groups: list[list[Json]], configuration: Json) -> list[Json]:
    cases = [raw({"exposureWindows": group}) for group in groups]
    rows = score_cwa_cases(cases, raw(configuration))
    return [{name: value for name, value in row.items() if name != "description"} for row in rows]


def minutes(group: list[Json], net: GaenConfiguration) -> dict[str, float]:
    (row,) = score_gaen_cases([raw({"exposureWindows": group})], net)
    found: dict[str, float] = row["minutesByAge"]
    return found


@WORLDS
@given(st.lists(many_windows, max_size=3), configurations())
def test_the_corona_warn_app_is_as_plain_loops_do_it(
    groups: list[list[Json]], configuration: Json
) -> None:
    assert scored(groups, configuration) == [cwa(group, configuration) for group in groups]


@WORLDS
@given(many_windows)
def test_the_corona_warn_app_is_as_plain_loops_do_it_with_its_own_configuration(
    group: list[Json],
) -> None:
    assert scored([group], SANE) == [cwa(group, SANE)]


@WORLDS
@given(many_windows, st.sampled_from([NARROW_NET, WIDE_NET]))
def test_gaen_minutes_are_as_plain_loops_add_them(
    group: list[Json], net: GaenConfiguration
) -> None:
    wanted = gaen(group, [int(edge) for edge in net.thresholds_db], list(net.weights))
    assert minutes(group, net) == pytest.approx({str(age): one for age, one in wanted.items()})


@FEWER
@given(many_windows, configurations(), st.randoms(use_true_random=False))
def test_order_never_matters(group: list[Json], configuration: Json, chance: random.Random) -> None:
    mixed = copy.deepcopy(group)
    chance.shuffle(mixed)
    for window in mixed:
        chance.shuffle(window["scanInstances"])
    assert scored([mixed], configuration) == scored([group], configuration)
    assert minutes(mixed, NARROW_NET) == minutes(group, NARROW_NET)


@FEWER
@given(many_windows, configurations(), st.data())
def test_a_scan_of_no_seconds_changes_nothing(
    group: list[Json], configuration: Json, data: st.DataObject
) -> None:
    assume(group)
    longer = copy.deepcopy(group)
    window = data.draw(st.sampled_from(longer))
    strength = data.draw(attenuations)
    empty = {"minAttenuation": strength, "typicalAttenuation": strength, "secondsSinceLastScan": 0}
    window["scanInstances"].append(empty)
    assert scored([longer], configuration) == scored([group], configuration)
    assert minutes(longer, WIDE_NET) == minutes(group, WIDE_NET)


def rank(row: Json) -> tuple[int, int, int]:
    """Order results by what matters: the level, the days at high risk, the days at any."""
    high = row["expNumberOfDaysWithHighRisk"]
    return row["expTotalRiskLevel"], high, high + row["expNumberOfDaysWithLowRisk"]


@WORLDS
@given(many_windows, st.data())
@example([], None)
def test_more_minutes_never_lower_a_level_or_a_score(
    group: list[Json], data: st.DataObject | None
) -> None:
    longer = copy.deepcopy(group)
    if data is not None and longer:
        window = data.draw(st.sampled_from(longer))
        scans = window["scanInstances"]
        if scans:
            data.draw(st.sampled_from(scans))["secondsSinceLastScan"] += 300
    if data is None or data.draw(st.booleans()):
        longer += [] if data is None else [data.draw(windows)]
    (before,), (after,) = scored([group], SANE), scored([longer], SANE)
    assert all(new >= old for old, new in zip(rank(before), rank(after), strict=True))
    for net in (NARROW_NET, WIDE_NET):
        less, more = minutes(group, net), minutes(longer, net)
        assert all(more[age] >= one for age, one in less.items())


@FEWER
@given(st.lists(many_windows, min_size=1, max_size=4), configurations())
def test_no_case_hears_of_another(groups: list[list[Json]], configuration: Json) -> None:
    alone = [scored([group], configuration)[0] for group in groups]
    assert scored(groups, configuration) == alone
