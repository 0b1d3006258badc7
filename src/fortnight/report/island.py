"""The data that the page draws from: short lists in place of the document's long names.

Times are whole seconds since 1970, longitudes lie within 180 degrees of the first one so that
nothing is torn at the antimeridian. `assets/page.js` gives the places in these lists names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fortnight.report import wording
from fortnight.report.local_time import local_clock, seconds
from fortnight.report.stops import stop_at, stops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.report.document import (
        ContactDocument,
        EpisodeDocument,
        Interval,
        TraceDocument,
        TrackPart,
    )
    from fortnight.report.stops import Stop

    Row = list[str | float | bool | None]

_TURN: Final = 360.0
_DECIMALS: Final = 6  # of a degree: a tenth of a metre
# Left as they are these could end the script element, or a line of an old script reader.
_UNSAFE: Final = re.compile("[<>&\u2028\u2029]")


def island(document: TraceDocument) -> str:
    """Return what the page draws from, as JSON that is safe inside a script element."""
    text = msgspec.json.encode(_content(document)).decode()
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _content(document: TraceDocument) -> dict[str, Any]:
    window, clock = document.window, local_clock(document.window.timezone)
    found = stops(document.track)
    middle = _middle(document)
    return {
        "window": [seconds(window.start), seconds(window.end)],
        "back": _period(window.look_back),
        "forward": _period(window.look_forward),
        "offsets": clock.offsets(window.start, window.end),
        "days": [
            [round(day.start.timestamp()), round(day.end.timestamp()), day.name]
            for day in clock.days(window.start, window.end)
        ],
        "gaps": _periods(window.gaps),
        "stops": [_stop(stop, middle) for stop in found],
        "track": [_part(part, found, middle) for part in document.track],
        "contacts": [_contact(contact, found, middle) for contact in wording.ranked(document)],
        "case": document.case.participant,
    }


def _middle(document: TraceDocument) -> float:
    """Return a longitude that the others are kept near to."""
    if document.track:
        return document.track[0].lon
    episodes = (episode for contact in document.contacts for episode in contact.episodes)
    return next((episode.lon for episode in episodes), 0.0)


def _lon(lon: float, middle: float) -> float:
    return round(lon - _TURN * round((lon - middle) / _TURN), _DECIMALS)


def _period(interval: Interval) -> list[int]:
    return [seconds(interval.start), seconds(interval.end)]


def _periods(intervals: Sequence[Interval]) -> list[list[int]]:
    return [_period(interval) for interval in intervals]


def _stop(stop: Stop, middle: float) -> Row:
    return [
        stop.letter,
        _lon(stop.lon, middle),
        round(stop.lat, _DECIMALS),
        round(stop.minutes),
        round(stop.presumed_minutes),
    ]


def _part(part: TrackPart, found: Sequence[Stop], middle: float) -> Row:
    still = part.kind in {"stay", "presumed"}
    return [
        part.kind,
        seconds(part.start),
        seconds(part.end),
        _lon(part.lon, middle),
        round(part.lat, _DECIMALS),
        _lon(part.end_lon, middle),
        round(part.end_lat, _DECIMALS),
        round(part.accuracy_m, 1),
        stop_at(found, part.lon, part.lat) if still else None,
    ]


def _contact(contact: ContactDocument, found: Sequence[Stop], middle: float) -> dict[str, Any]:
    return {
        "name": contact.participant,
        "presumedOnly": wording.presumed_only(contact),
        "gaps": _periods(contact.gaps),
        "unobserved": round(contact.unobserved_minutes),
        "coverage": round(contact.coverage, 3),
        "expected": round(contact.expected_minutes, 1),
        "weight": round(contact.weight, 1),
        "episodes": [_episode(episode, found, middle) for episode in contact.episodes],
    }


def _episode(episode: EpisodeDocument, found: Sequence[Stop], middle: float) -> Row:
    return [
        seconds(episode.start),
        seconds(episode.end),
        round(episode.minutes, 1),
        round(episode.expected_minutes, 1),
        round(episode.distance_m),
        round(episode.probability_near, 3),
        episode.presumed,
        episode.window,
        _lon(episode.lon, middle),
        round(episode.lat, _DECIMALS),
        stop_at(found, episode.lon, episode.lat),
    ]
