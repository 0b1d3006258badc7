"""A trace as GeoJSON (RFC 7946): the case's own days and every episode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from fortnight.report.document import (
        ContactDocument,
        EpisodeDocument,
        TraceDocument,
        TrackPart,
    )

_HALF_TURN: Final = 180.0
_TURN: Final = 360.0


def to_geojson(document: TraceDocument) -> bytes:
    """Return a FeatureCollection of the case's segments and of all episodes, in UTF-8.

    A stay is a point with ``accuracy_m``, a leg a line, an episode a point. ``what`` tells
    "track" from "episode". The consent notice is the collection's ``notice``.
    """
    features = [_part(part, document.case.participant) for part in document.track]
    features += [
        _episode(episode, contact) for contact in document.contacts for episode in contact.episodes
    ]
    collection = {"type": "FeatureCollection", "notice": document.notice, "features": features}
    return msgspec.json.encode(collection) + b"\n"


def _part(part: TrackPart, case: str) -> dict[str, Any]:
    geometry = (
        _line(part)
        if part.kind == "leg"
        else {"type": "Point", "coordinates": [part.lon, part.lat]}
    )
    properties = {
        "what": "track",
        "participant": case,
        "kind": part.kind,
        "start": part.start,
        "end": part.end,
        "accuracy_m": part.accuracy_m,
    }
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _episode(episode: EpisodeDocument, contact: ContactDocument) -> dict[str, Any]:
    properties = {"what": "episode", "participant": contact.participant}
    properties |= {
        name: value
        for name, value in msgspec.structs.asdict(episode).items()
        if name not in {"lon", "lat"}
    }
    geometry = {"type": "Point", "coordinates": [episode.lon, episode.lat]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _line(part: TrackPart) -> dict[str, Any]:
    """Return a leg as a line, cut in two where it crosses 180 degrees (RFC 7946, 3.1.9)."""
    start, end = [part.lon, part.lat], [part.end_lon, part.end_lat]
    if abs(part.end_lon - part.lon) <= _HALF_TURN:
        return {"type": "LineString", "coordinates": [start, end]}
    side = _HALF_TURN if part.lon > 0 else -_HALF_TURN
    whole = _TURN - abs(part.end_lon - part.lon)
    done = (_HALF_TURN - abs(part.lon)) / whole if whole else 0.0
    lat = part.lat + done * (part.end_lat - part.lat)
    return {
        "type": "MultiLineString",
        "coordinates": [[start, [side, lat]], [[-side, lat], end]],
    }
