"""Tracks against a plain twin: the same segments, days and slots, to the last stored digit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.reference.effort import WORLDS
from tests.reference.people import Fix, Person, Visit, World
from tests.reference.segments import DAY, Law, Segment
from tests.reference.tables import evidence_of
from tests.reference.tracks import Track, track_of
from tests.reference.worlds import GROUNDS, HOUR, MINUTE, worlds

from fortnight.api import index_of
from fortnight.parameters import DEFAULTS

if TYPE_CHECKING:
    from datetime import date

    from fortnight.parameters import Parameters
    from fortnight.track.tracks import Tracks

NOW = 1_800_000_000_000
KINDS = {1: "stay", 2: "leg", 3: "presumed", 4: "area stay", 5: "area leg", 6: "visit"}


def seen(person: Person) -> bool:
    """Whether there is any evidence of someone that is not refused."""
    return bool(person.visits) or any(fix.lon or fix.lat for fix in person.fixes)


def cut(people: World, parameters: Parameters = DEFAULTS) -> Tracks:
    """Return the tracks of a world."""
    return index_of(evidence_of(people), now=NOW, parameters=parameters)[0].tracks


def segments_of(tracks: Tracks, d: int) -> list[Segment]:
    """Decode the vertices of one person's day, word by word."""
    first = int(tracks.days[d, 2])
    last = int(tracks.days[d + 1, 2]) if d + 1 < len(tracks.days) else len(tracks.vertices)
    midnight = int(tracks.days[d, 1]) * DAY
    words = tracks.vertices[first:last].astype(np.int64)
    times, kinds = midnight + (words[:, 0] & (2**27 - 1)), words[:, 0] >> 27
    return [
        Segment(
            KINDS[int(kinds[v])],
            int(times[v]),
            int(times[v + 1]),
            words[v, 1:4] / 256,
            words[v + 1, 1:4] / 256,
            float(words[v, 4] / 1024),
            float(words[v + 1, 4] / 1024),
        )
        for v in range(len(words))
        if kinds[v]
    ]


def slots_of(tracks: Tracks, d: int) -> set[int]:
    """Decode the observed slots of one person's day, counted from 1970."""
    words = [int(word) & 0xFFFFFFFF for word in tracks.days[d, 3:12]]
    day = int(tracks.days[d, 1])
    return {288 * day + k for k in range(288) if words[k // 32] >> (k % 32) & 1}


def decoded(tracks: Tracks, name: str) -> tuple[list[Segment], list[int], set[int]]:
    """Return the segments, days and slots of one participant."""
    if name not in tracks.names:
        return [], [], set()
    rows = np.flatnonzero(tracks.days[:, 0] == tracks.names.index(name)).tolist()
    segments = [segment for d in rows for segment in segments_of(tracks, d)]
    slots: set[int] = set().union(*(slots_of(tracks, d) for d in rows))
    return segments, [int(tracks.days[d, 1]) for d in rows], slots


def same_segment(one: Segment, two: Segment) -> None:
    """Hold two segments against each other; the last stored digit may be rounded differently."""
    assert (one.kind, one.start, one.end) == (two.kind, two.start, two.end)
    assert np.abs(one.here - two.here).max() <= 1 / 256
    assert np.abs(one.there - two.there).max() <= 1 / 256
    assert abs(one.sigma0 - two.sigma0) <= 1 / 1024
    assert abs(one.sigma1 - two.sigma1) <= 1 / 1024


def same_track(tracks: Tracks, track: Track) -> None:
    """Hold the engine's track of one participant against the twin's."""
    segments, days, slots = decoded(tracks, track.name)
    for one, two in zip(segments, track.segments, strict=True):
        same_segment(one, two)
    assert days == sorted(track.days)
    assert slots == track.slots


@pytest.mark.parametrize("ground", GROUNDS)
@WORLDS
@given(data=st.data())
def test_tracks_are_those_of_the_plain_twin(ground: str, data: st.DataObject) -> None:
    people, _ = data.draw(worlds((ground,)))
    wanted = [track_of(person, Law()) for person in people]
    assume(all(track.closest_call_m > 1e-5 for track in wanted))
    tracks = cut(people)
    assert list(tracks.names) == sorted(p.name for p in people if seen(p))
    for track in wanted:
        same_track(tracks, track)


def counts(fix: Fix) -> bool:
    """Whether a fix is kept at all: one at exactly (0, 0) is refused, and its owner is nobody."""
    return (fix.lon, fix.lat) != (0.0, 0.0)


@WORLDS
@given(
    world=worlds(),
    numbers=st.fixed_dictionaries(
        {
            "stay_radius_m": st.sampled_from((10.0, 30.0, 60.0)),
            "stay_accuracy_factor": st.sampled_from((1.0, 2.0, 3.0)),
            "stay_min_s": st.sampled_from((30.0, 120.0, 600.0)),
            "stay_sigma_floor_m": st.sampled_from((2.0, 10.0, 25.0)),
            "leg_max_s": st.sampled_from((60.0, 600.0, 1_200.0)),
            "leg_max_speed_m_s": st.sampled_from((3.0, 100.0)),
            "presume_min_s": st.sampled_from((900.0, 1_800.0)),
            "presume_max_s": st.sampled_from((3_600.0, 43_200.0)),
            "leg_spread": st.sampled_from((0.01, 0.05, 0.2)),
        }
    ),
)
def test_other_numbers_cut_as_the_plain_twin_does(
    world: tuple[World, date], numbers: dict[str, Any]
) -> None:
    law = Law(
        stay_radius_m=numbers["stay_radius_m"],
        stay_factor=numbers["stay_accuracy_factor"],
        stay_min=int(1_000 * numbers["stay_min_s"]),
        sigma_floor_m=numbers["stay_sigma_floor_m"],
        leg_max=int(1_000 * numbers["leg_max_s"]),
        leg_speed_m_s=numbers["leg_max_speed_m_s"],
        leg_spread=numbers["leg_spread"],
        silence_min=int(1_000 * numbers["presume_min_s"]),
        silence_max=int(1_000 * numbers["presume_max_s"]),
    )
    wanted = [track_of(person, law) for person in world[0]]
    assume(all(track.closest_call_m > 1e-5 for track in wanted))
    tracks = cut(world[0], replace(DEFAULTS, **numbers))
    for track in wanted:
        same_track(tracks, track)


T0 = 1_719_792_000_000  # a midnight

soup = st.builds(
    Fix,
    time=st.builds(lambda step: T0 + 20 * HOUR + step * 30_000, st.integers(0, 1_200)),
    lon=st.integers(0, 12).map(lambda k: 10.0 + k * 1e-4),
    lat=st.integers(0, 6).map(lambda k: 50.0 + k * 1e-4),
    accuracy=st.sampled_from((None, 1.0, 10.0, 30.0, 100.0, 250.0)),
    source=st.sampled_from(("gnss", "wifi", "cell", "unknown")),
)
claims = st.builds(
    lambda start, length, spot, accuracy: Visit(
        T0 + 20 * HOUR + start * MINUTE,
        T0 + 20 * HOUR + (start + length) * MINUTE,
        10.0 + spot * 1e-4,
        50.0,
        accuracy,
    ),
    st.integers(0, 500),
    st.integers(0, 300),
    st.integers(0, 12),
    st.sampled_from((None, 5.0, 120.0)),
)


@WORLDS
@given(st.lists(soup, max_size=40), st.lists(claims, max_size=4))
def test_any_soup_of_fixes_is_cut_as_the_plain_twin_does(
    fixes: list[Fix], visits: list[Visit]
) -> None:
    person = Person("a", tuple(fixes), tuple(visits))
    wanted = track_of(person, Law())
    assume(wanted.closest_call_m > 1e-5)
    same_track(cut((person,)), wanted)
