"""What the engine's tables must say, given what the brute force found."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tests.reference.places import RADIUS_M, Vector

if TYPE_CHECKING:
    from tests.reference.contacts import Answer, Contact, Episode

SECOND_IN_MINUTES = 1 / 60 + 1e-3


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return a table's rows, instants as ms since 1970."""
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.int64()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def near_minutes(found: float, seconds: float, what: object) -> None:
    """Hold minutes against seconds: within one second."""
    assert abs(found - seconds / 60) <= SECOND_IN_MINUTES, (what, found, seconds / 60)


def near_expected(found: float, seconds: float, what: object) -> None:
    """Hold expected minutes against seconds: within one second or half a percent."""
    allowed = max(SECOND_IN_MINUTES, 0.005 * seconds / 60)
    assert abs(found - seconds / 60) <= allowed, (what, found, seconds / 60)


def same_contacts(contacts: pa.Table, episodes: pa.Table, answer: Answer) -> None:
    """Hold the list of contacts and their episodes against the brute force."""
    rows = rows_of(contacts)
    assert {row["participant"] for row in rows} == answer.listed
    last = {row["participant"] for row in rows if row["participant"] in answer.presumed_only}
    assert {row["participant"] for row in rows[len(rows) - len(last) :]} == last
    own: dict[str, list[dict[str, Any]]] = {row["participant"]: [] for row in rows}
    for row in rows_of(episodes):
        own[row["participant"]].append(row)
    for row in rows:
        expected = answer.contacts[row["participant"]]
        same_contact(row, expected)
        same_episodes(own[row["participant"]], expected)
    in_rank_order([answer.contacts[row["participant"]] for row in rows], answer)


def same_contact(row: dict[str, Any], contact: Contact) -> None:
    """Hold one row of the contacts against the brute force."""
    observed, told = contact.meetings(presumed=False), contact.told
    forward = [m for m in observed if m.day.forward]
    back = [m for m in observed if m.day.back]
    near_minutes(row["minutes"], sum(m.near_s for m in observed), "minutes")
    near_minutes(row["minutes_forward"], sum(m.near_s for m in forward), "forward")
    near_minutes(row["minutes_back"], sum(m.near_s for m in back), "back")
    near_expected(row["expected_minutes"], sum(m.expected_s for m in observed), "expected")
    near_expected(
        row["expected_minutes_forward"], sum(m.expected_s for m in forward), "expected forward"
    )
    near_expected(row["expected_minutes_back"], contact.back_s, "expected back")
    near_expected(row["expected_minutes_24h"], contact.expected_24h_s, "24 h")
    near_expected(row["weight"], contact.weight_s, "weight")
    presumed = contact.meetings(presumed=True)
    near_minutes(row["presumed_minutes"], sum(m.near_s for m in presumed), "presumed")
    assert row["presumed_only"] is (not contact.observed)
    assert abs(row["first"] - min(e.start for e in told)) <= 1_000
    assert abs(row["last"] - max(e.end for e in told)) <= 1_000
    assert abs(row["nearest_m"] - min(e.nearest_m for e in told)) <= 0.16
    assert abs(row["probability_near"] - max(e.chance for e in told)) <= 0.01
    assert abs(row["coverage"] - contact.coverage) <= 1e-4
    assert row["unobserved_minutes"] == contact.unobserved_minutes


def same_episodes(rows: list[dict[str, Any]], contact: Contact) -> None:
    """Hold the episodes of one contact against the brute force, one by one."""
    assert [row["presumed"] for row in rows] == [e.presumed for e in contact.episodes]
    for row, episode in zip(rows, contact.episodes, strict=True):
        assert abs(row["start"] - episode.start) <= 1_000
        assert abs(row["end"] - episode.end) <= 1_000
        near_minutes(row["minutes"], episode.near_s, "episode minutes")
        near_expected(row["expected_minutes"], episode.expected_s, "episode expected")
        assert abs(row["distance_m"] - episode.nearest_m) <= 0.16
        assert abs(row["probability_near"] - episode.chance) <= 0.01
        assert row["window"] == episode.window
        assert away_from(row["lon"], row["lat"], episode) <= 1.0


def away_from(lon: float, lat: float, episode: Episode) -> float:
    """Return how far a place is from where the likeliest meeting was nearest, in metres."""
    u, v = np.radians(lon), np.radians(lat)
    spot = np.array([np.cos(u) * np.cos(v), np.sin(u) * np.cos(v), np.sin(v)]) * RADIUS_M
    return min(from_path(spot, meeting.path()) for meeting in episode.paths)


def from_path(spot: Vector, path: list[Vector]) -> float:
    """Return the distance from a spot to a line through points, all on the sphere."""
    nodes = [point / np.linalg.norm(point) * RADIUS_M for point in path]
    best = float(np.linalg.norm(spot - nodes[0]))
    for a, b in itertools.pairwise(nodes):
        step = b - a
        share = float(np.clip((spot - a) @ step / max(float(step @ step), 1e-12), 0, 1))
        best = min(best, float(np.linalg.norm(a + share * step - spot)))
    return best


def in_rank_order(contacts: list[Contact], answer: Answer) -> None:
    """Hold the order of the list against presumed-last, weight, back, presumed and name."""
    for one, two in itertools.pairwise(contacts):
        if (one.name in answer.presumed_only) != (two.name in answer.presumed_only):
            continue
        for a, b in zip(_rank(one), _rank(two), strict=True):
            if abs(a - b) > max(2.0, 0.01 * abs(a)):
                assert a < b, (one.name, two.name)
                break
            if a != b:
                break  # too close to tell which of two sums is larger
        else:
            assert one.name < two.name


def _rank(contact: Contact) -> list[float]:
    presumed = sum(m.near_s for m in contact.meetings(presumed=True))
    return [-contact.weight_s, -contact.back_s, -presumed]


def same_areas(table: pa.Table, answer: Answer) -> None:
    """Hold the list of pairs too coarse to judge against the brute force."""
    rows = rows_of(table)
    assert {row["participant"] for row in rows} == answer.same_area
    minutes = [row["minutes"] for row in rows]
    assert minutes == sorted(minutes, reverse=True)
    for row in rows:
        contact = answer.contacts[row["participant"]]
        near_minutes(row["minutes"], contact.area_s, "area")
        assert abs(row["accuracy_m"] - min(a.accuracy_m for a in contact.areas)) <= 0.51
        assert abs(row["first"] - min(a.begin for a in contact.areas)) <= 1_000
        assert abs(row["last"] - max(a.finish for a in contact.areas)) <= 1_000
