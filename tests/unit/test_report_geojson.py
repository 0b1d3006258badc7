"""GeoJSON of a trace: what a map program reads."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from tests.unit.sample_document import sample_document

from fortnight.report.document import CONSENT_NOTICE, TraceDocument
from fortnight.report.geojson import to_geojson


def features(document: TraceDocument) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(to_geojson(document))["features"]
    return read


def test_every_part_and_episode_is_a_feature_and_the_notice_leads() -> None:
    document = sample_document()
    collection = json.loads(to_geojson(document))
    assert list(collection) == ["type", "notice", "features"]
    assert collection["notice"] == CONSENT_NOTICE
    kinds = [feature["properties"]["what"] for feature in collection["features"]]
    assert kinds.count("track") == len(document.track)
    assert kinds.count("episode") == sum(len(c.episodes) for c in document.contacts)


def test_episode_carries_its_contact_and_place() -> None:
    document = sample_document(1)
    contact = document.contacts[0]
    episode = next(f for f in features(document) if f["properties"]["what"] == "episode")
    first = contact.episodes[0]
    assert episode["geometry"] == {"type": "Point", "coordinates": [first.lon, first.lat]}
    assert episode["properties"]["participant"] == contact.participant
    assert episode["properties"]["expected_minutes"] == first.expected_minutes
    assert "lon" not in episode["properties"]


def test_leg_over_the_antimeridian_is_cut_where_it_crosses() -> None:
    document = sample_document(0)
    leg = next(part for part in document.track if part.kind == "leg")
    east = msgspec.structs.replace(leg, lon=179.9, lat=-17.0, end_lon=-179.7, end_lat=-17.4)
    west = msgspec.structs.replace(leg, lon=-179.9, lat=10.0, end_lon=179.9, end_lat=10.0)
    first, second = features(msgspec.structs.replace(document, track=[east, west]))
    assert first["geometry"]["type"] == "MultiLineString"
    (start, cut), (resumed, end) = first["geometry"]["coordinates"]
    assert (start, end) == ([179.9, -17.0], [-179.7, -17.4])
    assert (cut[0], resumed[0]) == (180.0, -180.0)
    assert abs(cut[1] + 17.1) < 1e-9
    assert cut[1] == resumed[1]
    assert second["geometry"]["coordinates"] == [
        [[-179.9, 10.0], [-180.0, 10.0]],
        [[180.0, 10.0], [179.9, 10.0]],
    ]


def test_plain_leg_is_one_line() -> None:
    leg = next(f for f in features(sample_document(0)) if f["properties"]["kind"] == "leg")
    assert leg["geometry"]["type"] == "LineString"
    assert len(leg["geometry"]["coordinates"]) == 2
