"""What holds of every assessment: more minutes, other orders, evidence switched off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import COMPILES

from fortnight.risk.actions import TIERS
from fortnight.risk.assessment import Anchor, Contacts, assess_all
from fortnight.risk.disease import Disease, diseases, load_disease
from fortnight.risk.explanation import Assessment, assess, explain_row
from fortnight.risk.kinds import KINDS

ANCHOR = date(2024, 7, 15)
ALL = {name: load_disease(name) for name in diseases()}
PLACES = ("ties", "cell", "fixes", "visit", "visit-room")
EXACT = 1e-12

kinds = st.sampled_from(["onset", "test"])
of_any = st.sampled_from(sorted(ALL))
offsets = st.integers(-20, 20)
minutes = st.dictionaries(offsets, st.floats(0.0, 1_440.0), max_size=8)
evidence = st.sets(st.sampled_from(sorted(KINDS)))


def found(
    disease: Disease, kind: str, met: dict[int, float], shown: set[str] | tuple[str, ...]
) -> Assessment:
    return assess(
        disease,
        anchor=ANCHOR,
        kind="onset" if kind == "onset" else "test",
        minutes={ANCHOR + timedelta(days=day): value for day, value in met.items()},
        evidence=shown,
    )


def step(one: Assessment) -> int:
    return -1 if one.tier is None else TIERS.index(one.tier)


def chances(one: Assessment) -> tuple[float, float, float]:
    """Return the probability and its interval, nothing counting as none."""
    given_ = one.transmission
    return (0.0, 0.0, 0.0) if given_ is None else (given_.value, given_.low, given_.high)


@COMPILES
@given(name=of_any, kind=kinds, met=minutes, shown=evidence, day=offsets, more=st.floats(0, 900))
def test_more_minutes_never_lower_a_risk(
    name: str, kind: str, met: dict[int, float], shown: set[str], day: int, more: float
) -> None:
    less = found(ALL[name], kind, met, shown)
    most = found(ALL[name], kind, met | {day: met.get(day, 0.0) + more}, shown)
    assert most.minutes >= less.minutes
    assert most.dose >= less.dose * (1.0 - EXACT)
    assert step(most) >= step(less)
    for before, after in zip(chances(less), chances(most), strict=True):
        assert after >= before - EXACT


@COMPILES
@given(name=of_any, kind=kinds, met=minutes, shown=evidence, off=st.sampled_from(sorted(KINDS)))
def test_evidence_switched_off_never_raises_a_risk(
    name: str, kind: str, met: dict[int, float], shown: set[str], off: str
) -> None:
    before = found(ALL[name], kind, met, shown)
    after = found(ALL[name], kind, met, shown - {off})
    assert after.dose <= before.dose
    assert step(after) <= step(before)
    assert all(a <= b for a, b in zip(chances(after), chances(before), strict=True))
    if after.transmission is not None:
        assert before.transmission is not None


@COMPILES
@given(name=of_any, kind=kinds, met=minutes, shown=evidence, seed=st.randoms())
def test_the_order_of_days_and_of_evidence_never_matters(
    name: str, kind: str, met: dict[int, float], shown: set[str], seed: object
) -> None:
    days, sorts = list(met), sorted(shown)
    seed.shuffle(days)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    seed.shuffle(sorts)  # type: ignore[attr-defined]  # the same
    other = found(ALL[name], kind, {day: met[day] for day in days}, tuple(sorts))
    assert other == found(ALL[name], kind, met, shown)


@COMPILES
@given(name=of_any, count=st.integers(1, 12), seed=st.integers(0, 10_000))
def test_the_order_of_contacts_never_matters(name: str, count: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    table = chance.gamma(0.3, 60.0, (count, 12)) * (chance.random((count, 12)) < 0.5)
    shown = chance.integers(0, 2 ** len(KINDS), count)
    order = chance.permutation(count)
    first, anchor = ANCHOR - timedelta(days=4), Anchor(ANCHOR, "onset")
    plain = assess_all(ALL[name], anchor, Contacts(first, table, shown))
    mixed = assess_all(ALL[name], anchor, Contacts(first, table[order], shown[order]))
    for column in type(plain).__slots__:
        np.testing.assert_array_equal(getattr(plain, column)[order], getattr(mixed, column))


@COMPILES
@given(name=of_any, kind=kinds, met=minutes, shown=st.sets(st.sampled_from(PLACES)))
def test_nobody_is_asked_to_stay_home_for_a_shared_place(
    name: str, kind: str, met: dict[int, float], shown: set[str]
) -> None:
    one = found(ALL[name], kind, met, shown)
    assert one.tier != "asked-to-stay-home"
    assert one.stay_home_until is None
    assert one.transmission is None
    if ALL[name].contact.kind == "prompts":
        assert one.tier in {None, "to-ask"}


@COMPILES
@given(name=of_any, kind=kinds, shown=evidence, met=st.floats(1.0, 1_440.0))
def test_who_was_met_in_the_look_back_alone_is_a_possible_source_and_nothing_more(
    name: str, kind: str, shown: set[str], met: float
) -> None:
    disease = ALL[name]
    before = disease.look_forward.first_day - 1
    one = found(disease, kind, {before: met}, shown | {"fixes"})
    assert (one.tier, one.dose, one.transmission) == (None, 0.0, None)
    assert (one.test_day, one.follow_up_end, one.curve) == (None, None, ())
    assert "possible source" in one.tier_reason


@COMPILES
@given(name=of_any, kind=kinds, met=minutes, shown=evidence)
def test_dates_follow_each_other(
    name: str, kind: str, met: dict[int, float], shown: set[str]
) -> None:
    one = found(ALL[name], kind, met, shown)
    if one.first_exposure is not None and one.last_exposure is not None:
        assert one.first_exposure <= one.last_exposure
        if one.follow_up_end is not None:
            assert (one.follow_up_end - one.last_exposure).days == ALL[name].follow_up.days
        if one.test_day is not None and one.follow_up_end is not None:
            assert one.first_exposure < one.test_day <= one.follow_up_end
    for point in one.curve:
        assert 0.0 <= point.ill <= 1.0
        assert point.detectable is None or 0.0 <= point.detectable <= 1.0
    low_to_high = chances(one)
    assert low_to_high[1] <= low_to_high[0] + EXACT
    assert low_to_high[0] <= low_to_high[2] + EXACT


@COMPILES
@given(name=of_any, met=minutes, shown=evidence)
def test_nothing_is_worded_as_an_order(name: str, met: dict[int, float], shown: set[str]) -> None:
    one = found(ALL[name], "onset", met, shown)
    said = " ".join(
        [one.tier_reason, one.transmission_words, one.test_words, one.curve_words, *one.questions]
    ).lower()
    assert len(said) > 100
    for word in ("must", "shall", "require", "oblig", "forbid", "order", "penalt", "guilt"):
        assert word not in said


@COMPILES
@given(name=of_any, kind=kinds, count=st.integers(1, 4), seed=st.integers(0, 10_000))
def test_one_of_many_is_explained_as_alone(name: str, kind: str, count: int, seed: int) -> None:
    chance, disease = np.random.default_rng(seed), ALL[name]
    first = ANCHOR - timedelta(days=14)
    table = chance.gamma(0.5, 60.0, (count, 30)) * (chance.random((count, 30)) < 0.3)
    shown = chance.integers(0, 2 ** len(KINDS), count)
    anchor = Anchor(ANCHOR, "onset" if kind == "onset" else "test")
    contacts = Contacts(first, table, shown, close_minutes=table / 2)
    all_found = assess_all(disease, anchor, contacts)
    for place in range(count):
        days = [first + timedelta(days=k) for k in range(30)]
        alone = assess(
            disease,
            anchor=ANCHOR,
            kind=anchor.kind,
            minutes=dict(zip(days, table[place].tolist(), strict=True)),
            evidence=[kind for kind, bit in KINDS.items() if shown[place] & bit],
            close_minutes=dict(zip(days, (table[place] / 2).tolist(), strict=True)),
        )
        among = explain_row(disease, anchor, contacts, all_found, place)
        assert replace(among, curve=()) == replace(alone, curve=())
        for one, other in zip(among.curve, alone.curve, strict=True):
            assert one.day == other.day
            assert one.ill == pytest.approx(other.ill, abs=1e-8)
            assert one.detectable == pytest.approx(other.detectable, abs=1e-8)


@pytest.mark.parametrize("name", sorted(ALL))
def test_one_contact_alone_is_weighed_as_among_others(name: str) -> None:
    disease = ALL[name]
    first = ANCHOR + timedelta(days=disease.look_forward.first_day)
    table = np.zeros((3, 6))
    table[1] = [0.0, 30.0, 0.0, 45.0, 900.0, 0.0]
    bits = KINDS["fixes"] | KINDS["household"]
    many = assess_all(
        disease, Anchor(ANCHOR, "onset"), Contacts(first, table, np.array([4, bits, 64]))
    )
    met = {disease.look_forward.first_day + k: float(v) for k, v in enumerate(table[1])}
    one = found(disease, "onset", met, {"fixes", "household"})
    assert one.dose == pytest.approx(float(many.dose[1]))
    assert step(one) == many.tier[1]
    assert one.test_day == many.test_day[1].item()
    assert one.follow_up_end == many.follow_up_end[1].item()
