"""Real boats, a real phone and a real timeline, traced; the truth comes from the files alone."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

import fortnight
from fortnight.report.assemble import document_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RADIUS_M = 6_371_008.8
RADII = (10.0, 20.0, 50.0)
RACES = [
    # two boats, the day, bins of 10 s that both have, and in how many they are within RADII
    ("track1", "track3", date(2023, 7, 1), 176, (20, 32, 106)),
    ("track1", "track2", date(2023, 7, 1), 174, (14, 46, 105)),
    ("osm-demo-Richard", "osm-demo-Yury", date(2024, 6, 15), 800, (3, 10, 26)),
]
POINT = re.compile(
    r'<trkpt lat="([-\d.]+)" lon="([-\d.]+)">.*?<time>(.*?)</time>.*?</trkpt>', re.DOTALL
)


def boat(folder: Path, name: str) -> Floats:
    """Return seconds, latitude and longitude of a boat's fixes, in order of time."""
    rows = [
        (datetime.fromisoformat(time).timestamp(), float(lat), float(lon))
        for lat, lon, time in POINT.findall((folder / f"{name}.gpx").read_text())
    ]
    return np.array(sorted(rows))


def apart(a: Floats, b: Floats) -> Floats:
    """Return the distances in metres of (lat, lon) rows; flat, which a race is."""
    north = np.radians(a[:, 0] - b[:, 0])
    east = np.radians(a[:, 1] - b[:, 1]) * np.cos(np.radians(a[:, 0]))
    away: Floats = RADIUS_M * np.hypot(north, east)
    return away


def by_bin(fixes: Floats) -> dict[int, Floats]:
    """Return the last position of each 10 seconds."""
    return {int(row[0] // 10): row[1:] for row in fixes}


def each_second(fixes: Floats, t: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return positions on the line between fixes, and where these are at most 10 min apart."""
    times = fixes[:, 0]
    after = np.clip(np.searchsorted(times, t, side="right"), 1, len(times) - 1)
    known = (t >= times[0]) & (t <= times[-1]) & (times[after] - times[after - 1] <= 600)
    return np.column_stack([np.interp(t, times, fixes[:, k]) for k in (1, 2)]), known


@pytest.fixture(scope="module")
def races(shared_data: Path) -> fortnight.Evidence:
    """Return all that the folder of races holds, licence and marks included."""
    return fortnight.read(shared_data / "gps-sailing")


@pytest.mark.parametrize(("one", "two", "day", "bins", "within"), RACES)
def test_races_have_the_truth_that_is_told_of_them(
    shared_data: Path, one: str, two: str, day: date, bins: int, within: tuple[int, ...]
) -> None:
    folder = shared_data / "gps-sailing"
    a, b = by_bin(boat(folder, one)), by_bin(boat(folder, two))
    shared = sorted(set(a) & set(b))
    away = apart(np.array([a[k] for k in shared]), np.array([b[k] for k in shared]))
    assert len(shared) == bins
    assert tuple(int((away <= radius).sum()) for radius in RADII) == within
    assert datetime.fromtimestamp(10 * shared[0], UTC).date() == day


@pytest.mark.parametrize(("one", "two", "day", "bins", "within"), RACES)
@pytest.mark.parametrize("place", range(3))
def test_minutes_of_two_boats_are_those_of_their_lines(
    shared_data: Path,
    races: fortnight.Evidence,
    one: str,
    two: str,
    day: date,
    bins: int,
    within: tuple[int, ...],
    place: int,
) -> None:
    folder, radius = shared_data / "gps-sailing", RADII[place]
    a, b = boat(folder, one), boat(folder, two)
    t = np.arange(max(a[0, 0], b[0, 0]), min(a[-1, 0], b[-1, 0]))
    (p, seen_a), (q, seen_b) = each_second(a, t), each_second(b, t)
    truth = float(((apart(p, q) <= radius) & seen_a & seen_b).sum()) / 60
    found = fortnight.trace(races, case=one, onset=day, radius_m=radius, min_minutes=0.0)
    rows = {row["participant"]: row for row in found.contacts.to_pylist()}
    # stays take a few seconds of a boat that lies still to their centre
    assert rows[two]["minutes"] == pytest.approx(truth, abs=0.05)
    # bins miss what lies between them, and count where only one of the two was sailing on
    assert 0.5 * within[place] / 6 - 0.5 <= rows[two]["minutes"] <= 2.0 * within[place] / 6
    assert bins >= sum(within) / 6


def test_boats_of_another_race_are_no_contacts(races: fortnight.Evidence) -> None:
    found = fortnight.trace(races, case="track1", onset=date(2023, 7, 1), min_minutes=0.0)
    assert set(found.contacts["participant"].to_pylist()) == {"track2", "track3"}


@pytest.mark.parametrize("radius", [25.0, 1_000.0])
def test_alex_is_never_within_a_kilometre(races: fortnight.Evidence, radius: float) -> None:
    found = fortnight.trace(
        races, case="osm-demo-Alex", onset=date(2024, 6, 15), radius_m=radius, min_minutes=0.0
    )
    document = document_of(found)
    assert all(contact.minutes == 0.0 for contact in document.contacts)
    assert [c.participant for c in document.contacts if c.nearest_m and c.nearest_m < 1_000] == []
    if radius == 25.0:
        assert document.contacts == []


def test_wrong_order_and_repeated_times_are_read_soundly(races: fortnight.Evidence) -> None:
    reports = {report.path.rsplit("/", 1)[-1]: report for report in races.inputs}
    order, twice = reports["wrong-timestamp-order.gpx"], reports["duplicate-timestamps.gpx"]
    assert (order.received, order.kept, order.problem) == (3, 3, None)
    assert (twice.received, twice.kept, dict(twice.refused)) == (3, 2, {"same-time": 1})
    rows = races.fixes.filter(
        [name == "wrong-timestamp-order" for name in races.fixes["participant"].to_pylist()]
    )
    times = rows["time"].cast(pa.int64()).to_numpy().tolist()
    assert times == sorted(times)
    assert rows["lat"].to_pylist() == [40.1, 40.0, 40.2]
    kept = races.fixes.filter(
        [name == "duplicate-timestamps" for name in races.fixes["participant"].to_pylist()]
    )
    assert kept["lon"].to_pylist() == [-105.1, -105.2]  # of one moment the lower longitude


def twins(shared_data: Path, folder: Path, name: str) -> fortnight.Evidence:
    """Read a file twice, as two people who were together all the time."""
    for twin in ("one", "two"):
        shutil.copy(shared_data / "client-formats" / name, folder / f"{twin}.file")
    return fortnight.read(folder)


def test_a_recording_of_towers_says_same_area_and_never_two_metres(
    shared_data: Path, tmp_path: Path
) -> None:
    evidence = twins(shared_data, tmp_path, "owntracks-demo-iphone.rec")
    found = fortnight.trace(evidence, case="one", onset=date(2015, 8, 24))
    assert found.contacts.num_rows == 0
    (row,) = found.same_area.to_pylist()
    assert (row["participant"], row["accuracy_m"]) == ("two", 2_540.0)
    area = [p for p in document_of(found).track if p.kind == "area"]
    lasting = sum(
        (datetime.fromisoformat(p.end) - datetime.fromisoformat(p.start)).total_seconds()
        for p in area
    )
    assert row["minutes"] == pytest.approx(lasting / 60, abs=0.01)


def test_visits_of_a_timeline_are_stays_of_50_m_and_clipped(
    shared_data: Path, tmp_path: Path
) -> None:
    evidence = twins(shared_data, tmp_path, "google-device-timeline-sample.json")
    assert evidence.stays.num_rows == 4
    found = fortnight.trace(evidence, case="one", onset=date(2023, 10, 1), min_minutes=1.0)
    stays = [p for p in document_of(found).track if p.kind == "stay"]
    assert {p.accuracy_m for p in stays} >= {50.0}
    visit = [p for p in stays if p.accuracy_m == 50.0 and p.start < "2023-10-02"]
    # at 8:30 and 8:45 the phone itself was elsewhere: ten minutes around each are nobody's
    assert [(p.start[11:16], p.end[11:16]) for p in visit] == [
        ("08:15", "08:20"),
        ("08:55", "09:00"),
    ]
    (contact,) = found.contacts.to_pylist()
    assert contact["participant"] == "two"
    sigma = 50 / 1.515
    chance = 1 - np.exp(-(25.0**2) / (2 * 2 * sigma**2))
    second = [e for e in found.episodes.to_pylist() if e["start"].day == 2]
    for episode in second:
        assert episode["expected_minutes"] == pytest.approx(chance * episode["minutes"], abs=0.01)
    assert sum(e["minutes"] for e in second) == pytest.approx(15.0)
