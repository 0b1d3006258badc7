"""From raw fixes to contacts by brute force: episodes, sums, coverage, the list and its rank."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from tests.reference.meetings import Area, Meeting, found_of
from tests.reference.segments import DAY, MINUTE, Law
from tests.reference.tracks import SLOT, track_of

if TYPE_CHECKING:
    from tests.reference.calendar import Day
    from tests.reference.nearness import Near
    from tests.reference.people import World
    from tests.reference.tracks import Track

WINDOWS = {
    (False, False): "outside",
    (True, False): "look-back",
    (False, True): "look-forward",
    (True, True): "both",
}


@dataclass(frozen=True)
class Asked:
    """A question: the case, its days, what is near, and what is listed."""

    case: str
    days: tuple[Day, ...]
    near: Near
    min_minutes: float = 15.0
    bridge: int = 5 * MINUTE
    area_min: int = 60 * MINUTE


@dataclass
class Episode:
    """Meetings of one pair that at most five minutes part."""

    meetings: list[Meeting]

    @property
    def presumed(self) -> bool:
        """Whether it was spent in a silence."""
        return self.meetings[0].presumed

    @property
    def start(self) -> float:
        """Return its first instant."""
        return self.meetings[0].begin

    @property
    def end(self) -> float:
        """Return its last instant."""
        return max(m.finish for m in self.meetings)

    @property
    def near_s(self) -> float:
        """Return the time within the radius."""
        return sum(m.near_s for m in self.meetings)

    @property
    def expected_s(self) -> float:
        """Return the integral of the chance."""
        return sum(m.expected_s for m in self.meetings)

    @property
    def lasting_s(self) -> float:
        """Return how long it lasted, bridged time left out."""
        total, reached = 0.0, -np.inf
        for m in sorted(self.meetings, key=lambda m: m.begin):
            total += max(0.0, m.finish - max(m.begin, reached))
            reached = max(reached, m.finish)
        return total / 1_000

    @property
    def chance(self) -> float:
        """Return the time mean of the chance."""
        return self.expected_s / max(self.lasting_s, 1e-3)

    @property
    def nearest_m(self) -> float:
        """Return the smallest separation."""
        return min(m.nearest_m for m in self.meetings)

    @property
    def window(self) -> str:
        """Return which of the case's days it lies in."""
        back = any(m.day.back for m in self.meetings)
        return WINDOWS[back, any(m.day.forward for m in self.meetings)]

    @property
    def paths(self) -> list[Meeting]:
        """Return the meetings whose place may stand for the episode: the likeliest."""
        most = max(m.expected_s for m in self.meetings)
        return [m for m in self.meetings if m.expected_s >= most - max(1.0, 0.005 * most)]


@dataclass
class Contact:
    """Everything between the case and one participant."""

    name: str
    episodes: list[Episode]
    areas: list[Area]
    coverage: float = 0.0
    unobserved_minutes: float = 0.0

    def meetings(self, *, presumed: bool) -> list[Meeting]:
        """Return the meetings of one sort."""
        return [m for e in self.episodes for m in e.meetings if m.presumed is presumed]

    @property
    def observed(self) -> bool:
        """Whether any of it was observed."""
        return bool(self.meetings(presumed=False))

    @property
    def told(self) -> list[Episode]:
        """Return the episodes that describe it: the observed, where there are any."""
        return [e for e in self.episodes if not (self.observed and e.presumed)]

    @property
    def expected_24h_s(self) -> float:
        """Return the most expected time in any 24 hours."""
        observed = self.meetings(presumed=False)
        return most_in_a_day([(m.begin, m.finish, m.expected_s) for m in observed])

    @property
    def presumed_24h_s(self) -> float:
        """Return the most presumed time within the radius in any 24 hours."""
        presumed = self.meetings(presumed=True)
        return most_in_a_day([(m.begin, m.finish, m.near_s) for m in presumed])

    @property
    def weight_s(self) -> float:
        """Return the forward expected time times the infectiousness of its day."""
        observed = self.meetings(presumed=False)
        return sum(m.expected_s * m.day.weight for m in observed if m.day.forward)

    @property
    def back_s(self) -> float:
        """Return the expected time in the days of look-back."""
        return sum(m.expected_s for m in self.meetings(presumed=False) if m.day.back)

    @property
    def area_s(self) -> float:
        """Return the time in the same area."""
        return sum(a.finish - a.begin for a in self.areas) / 1_000


@dataclass
class Answer:
    """What the brute force says; ``doubts`` are the calls too close to make."""

    contacts: dict[str, Contact]
    listed: set[str]
    presumed_only: set[str]
    same_area: set[str]
    case_slots: int
    doubts: list[str] = field(default_factory=list)


def most_in_a_day(parts: list[tuple[float, float, float]]) -> float:
    """Return the largest sum in any 24 hours of amounts that each grow evenly over a period."""
    if not parts:
        return 0.0
    begin, finish, amount = (np.array(column) for column in zip(*parts, strict=True))
    edges = np.concatenate([begin, finish, begin - DAY, finish - DAY])[:, None]
    shared = np.minimum(finish, edges + DAY) - np.maximum(begin, edges)
    held = np.clip(shared, 0, None) / (finish - begin) * amount
    return float(held.sum(axis=1).max())


def episodes_of(meetings: list[Meeting], bridge: int, doubts: list[str]) -> list[Episode]:
    """Merge meetings across short breaks; observed and presumed ones apart."""
    out: list[Episode] = []
    for presumed in (False, True):
        open_episode: Episode | None = None
        own = [m for m in meetings if m.presumed is presumed]
        for m in sorted(own, key=lambda m: m.begin):
            if open_episode is not None and abs(m.begin - open_episode.end - bridge) < 500:
                doubts.append("bridge")
            if open_episode is None or m.begin - open_episode.end > bridge:
                open_episode = Episode([])
                out.append(open_episode)
            open_episode.meetings.append(m)
    return sorted(out, key=lambda e: (e.start, e.presumed))


def window_slots(days: tuple[Day, ...]) -> set[int]:
    """Return the slots that have any part in the window."""
    return set(range(days[0].start // SLOT, (days[-1].end - 1) // SLOT + 1))


def coverage_of(case: Track, contact: Contact, other: Track, inside: set[int]) -> float:
    """Return in which share of the days on which they met both were observed."""
    met: set[int] = set()
    for e in contact.told:
        met |= set(range(int(e.start) // DAY, (int(e.end) - 1) // DAY + 1))
    asked = {slot for slot in inside if slot * SLOT // DAY in met}
    return len(asked & case.slots & other.slots) / len(asked)


def answer(world: World, asked: Asked, law: Law) -> Answer:
    """Trace one case by holding every segment against every other."""
    tracks = {person.name: track_of(person, law) for person in world}
    case = tracks[asked.case]
    inside = window_slots(asked.days)
    out = Answer({}, set(), set(), set(), len(inside & case.slots))
    if min(track.closest_call_m for track in tracks.values()) < 1e-5:
        out.doubts.append("joins")
    for name, track in tracks.items():
        if name != asked.case:
            found = found_of(case, track, list(asked.days), asked.near)
            out.doubts += found.doubts
            episodes = episodes_of(found.meetings, asked.bridge, out.doubts)
            contact = Contact(name, episodes, found.areas)
            if episodes:
                contact.coverage = coverage_of(case, contact, track, inside)
            contact.unobserved_minutes = 5.0 * len(inside - track.slots)
            out.contacts[name] = contact
            _list(contact, asked, out)
    return out


def _list(contact: Contact, asked: Asked, out: Answer) -> None:
    """Decide whether, and where, a participant is listed."""
    least = asked.min_minutes * 60
    expected, presumed = contact.expected_24h_s, contact.presumed_24h_s
    if abs(expected - least) < max(1.0, 0.005 * least) and contact.observed and least:
        out.doubts.append("minimum")
    if contact.episodes and abs(presumed - least) < 1.0 and presumed:
        out.doubts.append("minimum")
    if contact.observed and expected >= least:
        out.listed.add(contact.name)
    elif presumed >= max(least, 1e-3):
        out.listed.add(contact.name)
        out.presumed_only.add(contact.name)
    area = contact.area_s - asked.area_min / 1_000
    if abs(area) < 1.0:
        out.doubts.append("area")
    if area >= 0:
        out.same_area.add(contact.name)
