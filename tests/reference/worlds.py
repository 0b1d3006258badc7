"""Random small worlds in awkward places: what people did, as their phones saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import strategies as st
from tests.reference.calendar import Day, covid_days
from tests.reference.contacts import Asked
from tests.reference.nearness import Near
from tests.reference.people import Fix, Person, Visit, World
from tests.reference.places import Vector, degrees, place

MOST_FIXES = 40
MINUTE = 60_000
HOUR = 60 * MINUTE

GROUNDS = {
    "town": (12.5683, 55.6761),
    "antimeridian": (180.0, -16.9),
    "equator": (32.44, 0.0),
    "north pole": (0.0, 90.0),
    "near the south pole": (-71.3, -89.9995),
    "zero": (0.0, 0.0),
}
BASES = (date(2024, 3, 30), date(2024, 11, 2), date(2024, 7, 1))
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")
ACTIVITIES = (
    "stay",
    "stay",
    "stay",
    "walk",
    "walk",
    "train",
    "silence",
    "silence",
    "coarse",
    "stray",
    "same time",
    "visit",
)
ACCURACIES = (None, 2.0, 5.0, 5.0, 10.0, 10.0, 20.0, 35.0, 65.0, 100.0)
SILENCES = (29 * MINUTE, 30 * MINUTE, 31 * MINUTE, 90 * MINUTE, 6 * HOUR, 12 * HOUR, 13 * HOUR)


@dataclass(frozen=True)
class Ground:
    """A flat frame around a point: east and north in metres."""

    lon: float
    lat: float

    def at(self, east: float, north: float) -> tuple[float, float]:
        """Return longitude and latitude of a point of the frame."""
        centre = place(round(self.lon * 1e7), round(self.lat * 1e7))
        up = centre / np.linalg.norm(centre)
        turn = np.radians(self.lon)
        to_east = np.array([-np.sin(turn), np.cos(turn), 0.0])
        to_north: Vector = np.cross(up, to_east)
        return degrees(centre + east * to_east + north * to_north)


class Phone:
    """Where a person is, and what the phone has written down so far."""

    def __init__(
        self, ground: Ground, spots: list[tuple[float, float]], time: int, seed: int
    ) -> None:
        self.ground = ground
        self.spots = spots
        self.chance = np.random.default_rng(seed)
        self.time = time
        self.here = np.array(spots[int(self.chance.integers(len(spots)))])
        self.accuracy = self.pick(ACCURACIES)
        self.fixes: list[Fix] = []
        self.visits: list[Visit] = []

    def pick(self, values: tuple[float | None, ...]) -> float | None:
        """Return one of some values."""
        return values[int(self.chance.integers(len(values)))]

    def number(self, low: float, high: float) -> float:
        """Return a number between two."""
        return float(self.chance.uniform(low, high))

    def see(self, accuracy: float | None, error: float) -> None:
        """Write down a fix of where the person is now."""
        east, north = self.here + self.chance.normal(0, error, 2)
        lon, lat = self.ground.at(float(east), float(north))
        source = ("gnss", "wifi", "unknown")[int(self.chance.integers(3))]
        self.fixes.append(Fix(self.time, lon, lat, accuracy, source))

    def stay(self) -> None:
        """Stay at one place, seen every 10 seconds to 25 minutes."""
        step = self.pick((10.0, 60.0, 60.0, 240.0, 240.0, 600.0, 1_500.0)) or 0.0
        error = self.pick((0.0, 3.0, 8.0, 20.0)) or 0.0
        self.accuracy = self.pick(ACCURACIES)
        for _ in range(int(self.chance.integers(1, 13))):
            self.see(self.accuracy, error)
            self.time += int(1_000 * step * self.number(0.7, 1.3))

    def go(self, there: Vector, speed: float, step: float) -> None:
        """Move evenly, seen every so many seconds."""
        way = there - self.here
        legs = max(1, int(np.hypot(*way) / (speed * step)))
        for _ in range(min(legs, 12)):
            self.see(self.accuracy, 2.0)
            self.here = self.here + way / legs
            self.time += int(1_000 * step * self.number(0.9, 1.1))

    def walk(self) -> None:
        """Walk to another spot, or about."""
        there = np.array(self.spots[int(self.chance.integers(len(self.spots)))])
        self.go(there + self.chance.normal(0, 40, 2), 1.3, self.number(10, 50))

    def train(self) -> None:
        """Ride far, and perhaps back."""
        there = self.spots[int(self.chance.integers(len(self.spots)))]
        far = np.array(there) + np.array([self.number(-2e4, 2e4), self.number(-2e4, 2e4)])
        self.go(far, self.number(15, 90), self.number(30, 590))
        if self.chance.integers(2):
            self.go(np.array(there), self.number(15, 90), self.number(30, 590))

    def silence(self) -> None:
        """Be still and say nothing."""
        self.time += int(self.pick(SILENCES) or 0)
        self.see(self.accuracy, 1.0)

    def coarse(self) -> None:
        """Be seen by towers only."""
        accuracy = self.pick((101.0, 150.0, 300.0, 800.0, 2_500.0))
        for _ in range(int(self.chance.integers(1, 7))):
            self.see(accuracy, 0.3 * (accuracy or 0.0))
            self.time += int(self.number(2, 35) * MINUTE)

    def stray(self) -> None:
        """Be seen once where the person is not."""
        here = self.here
        self.here = here + self.chance.normal(0, 150, 2)
        self.see(self.accuracy, 0.0)
        self.here = here
        self.time += int(self.number(5, 120) * 1_000)
        self.see(self.accuracy, 1.0)
        self.time += int(self.number(5, 300) * 1_000)

    def same_time(self) -> None:
        """Be seen several times at once, as well as each other or not."""
        for _ in range(int(self.chance.integers(2, 4))):
            self.see(self.pick(ACCURACIES), 30.0)
        self.fixes.append(self.fixes[-1])
        self.time += int(self.number(5, 120) * 1_000)

    def visit(self) -> None:
        """Have the phone's own timeline claim a stay here, from about now on."""
        start = self.time - int(self.number(0, 40) * MINUTE)
        end = start + int(self.number(1, 200) * MINUTE)
        lon, lat = self.ground.at(*(float(v) for v in self.here + self.chance.normal(0, 20, 2)))
        self.visits.append(Visit(start, end, lon, lat, self.pick((None, 20.0, 80.0))))

    def do(self, what: str) -> None:
        """Do one thing of ACTIVITIES."""
        getattr(self, what.replace(" ", "_"))()

    def person(self, name: str) -> Person:
        """Return what was seen, cut to what a small world holds."""
        return Person(name, tuple(self.fixes[:MOST_FIXES]), tuple(self.visits[:3]))


def shadow(name: str, of: Person, chance: np.random.Generator) -> Person:
    """Return a companion: seen at about the same times within some metres of someone."""
    late, off = int(chance.integers(-20_000, 20_000)), chance.normal(0, 1e-4, 2)
    fixes = tuple(
        replace(
            fix,
            time=fix.time + late + int(chance.integers(-2_000, 2_000)),
            lat=float(np.clip(fix.lat + off[0] / 2 + chance.normal(0, 1e-5), -90, 90)),
        )
        for fix in of.fixes
        if chance.random() < 0.9
    )
    return Person(name, fixes, of.visits)


@st.composite
def worlds(draw: st.DrawFn, grounds: tuple[str, ...] = tuple(GROUNDS)) -> tuple[World, date]:
    """Draw one to six people around one ground, and the day on which their days begin."""
    ground = Ground(*GROUNDS[draw(st.sampled_from(grounds))])
    base = draw(st.sampled_from(BASES))
    midnight = int(datetime(base.year, base.month, base.day, tzinfo=UTC).timestamp()) * 1_000
    hour = draw(st.sampled_from((8.0, 12.0, 21.9, 23.5, 23.9)))
    apart = draw(st.sampled_from((5.0, 15.0, 25.0, 45.0, 70.0, 120.0)))
    spots = [(0.0, 0.0), (apart, 0.0), (apart * 0.3, -apart), (900.0, 400.0)]
    people: list[Person] = []
    for k in range(draw(st.sampled_from((1, 2, 2, 3, 3, 4, 5, 6)))):
        seed = draw(st.integers(0, 2**32 - 1))
        chance = np.random.default_rng((seed, 1))
        joins = draw(st.booleans())
        if joins and people:
            people.append(shadow(f"p{k}", people[seed % len(people)], chance))
            continue
        start = midnight + int(hour * HOUR) + int(chance.uniform(0, 25) * MINUTE)
        phone = Phone(ground, spots[: 4 - seed % 3], start, seed)
        for what in draw(st.lists(st.sampled_from(ACTIVITIES), max_size=8)):
            phone.do(what)
        people.append(phone.person(f"p{k}"))
    return tuple(people), base


@dataclass(frozen=True)
class Question:
    """One question about a world, as the library is asked it and as the brute force is."""

    case: str
    onset: date
    days: int
    until: date
    radius_m: float
    min_minutes: float
    timezone: str

    @property
    def asked(self) -> Asked:
        """Return the question in the reference's own terms."""
        days: list[Day] = covid_days(self.onset, self.days, self.until, self.timezone)
        return Asked(self.case, tuple(days), Near(self.radius_m), self.min_minutes)


@st.composite
def questions(draw: st.DrawFn, people: World, base: date) -> Question:
    """Draw a question about one of some people, whose days begin at ``base``."""
    onset = base + timedelta(days=draw(st.integers(-11, 16)))
    first = base + timedelta(days=draw(st.sampled_from((-2, -1, -1, 0, 0, 1))))
    days = max(0, (onset - first).days)
    begin = onset - timedelta(days=days)
    until = max(begin, base + timedelta(days=draw(st.integers(0, 4))))
    return Question(
        case=draw(st.sampled_from([person.name for person in people])),
        onset=onset,
        days=days,
        until=until,
        radius_m=draw(st.sampled_from((25.0, 25.0, 10.0, 50.0, 100.0, 500.0))),
        min_minutes=draw(st.sampled_from((0.0, 1.0, 5.0, 15.0))),
        timezone=draw(st.sampled_from(ZONES)),
    )
