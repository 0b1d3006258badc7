"""OwnTracks, Google's three formats and GeoJSON, in the shapes that real exporters write."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fortnight.evidence.jsonsplit import Splitter
from fortnight.evidence.readers.timeline import nested_visits
from fortnight.evidence.stream import FixBatch, StayBatch, Stream

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.evidence.schema import InputReport

NOW = 1_800_000_000_000
TEN = 1_714_557_600_000  # 2024-05-01T10:00:00Z
HOUR = 3_600_000

Fix = tuple[str, int, float, float, float | None, int]
Stay = tuple[str, int, int, float, float, float]


def read(folder: Path, name: str, content: object) -> tuple[list[Fix], list[Stay], InputReport]:
    """Read one JSON file; return its fixes, its stays and its report."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    stream = Stream([path], now=NOW)
    fixes: list[Fix] = []
    stays: list[Stay] = []
    for batch in stream:
        if isinstance(batch, FixBatch):
            fixes += fixes_of(batch)
        else:
            assert isinstance(batch, StayBatch)
            stays += stays_of(batch)
    return fixes, stays, stream.reports[0]


def fixes_of(batch: FixBatch) -> list[Fix]:
    names = batch.names.to_pylist()
    return [
        (
            str(names[batch.who[row]]),
            int(batch.time[row]),
            round(float(batch.lon[row]), 7),
            round(float(batch.lat[row]), 7),
            None if math.isnan(batch.accuracy[row]) else float(batch.accuracy[row]),
            int(batch.source[row]),
        )
        for row in range(len(batch.who))
    ]


def stays_of(batch: StayBatch) -> list[Stay]:
    names = batch.names.to_pylist()
    return [
        (
            str(names[batch.who[row]]),
            int(batch.start[row]),
            int(batch.end[row]),
            round(float(batch.lon[row]), 7),
            round(float(batch.lat[row]), 7),
            float(batch.accuracy[row]),
        )
        for row in range(len(batch.who))
    ]


# --- OwnTracks


def message(**more: object) -> dict[str, object]:
    return {"_type": "location", "lat": 53.5, "lon": 9.9, "tst": 1714557600, "acc": 5, **more}


@pytest.mark.parametrize(
    ("content", "participant"),
    [
        (message(topic="owntracks/ann/phone", tid="aa"), "ann/phone"),
        (message(username="ann", device="phone"), "ann/phone"),
        (message(user="ann", device="phone"), "ann/phone"),
        (message(tid="aa"), "file"),
        ([message(tst="1714557600")], "file"),
        ({"count": 1, "data": [message(lat="53.5")], "status": 200}, "file"),
        (json.dumps(message(tst=1714557600.0), indent=2), "file"),
    ],
)
def test_owntracks_over_http(tmp_path: Path, content: object, participant: str) -> None:
    fixes, _, report = read(tmp_path, "file.json", content)
    assert fixes == [(participant, TEN, 9.9, 53.5, 5.0, 3)]
    assert report.format == "owntracks"


def test_owntracks_recorder_lines(tmp_path: Path) -> None:
    lines = [
        f"2024-05-01T10:00:01Z\t*                 \t{json.dumps(message(tid='aa'))}",
        '2024-05-01T10:00:02Z\t-                 \t{"_type":"lwt","tst":"1714557602"}',
        '2024-05-01T10:00:03Z\t*                 \t{"_type":"location","lat":53.5,',
        f"2024-05-01T10:00:04Z\t*                 \t{json.dumps(message(tid='bb', acc=-1))}",
        f"2024-05-01T10:00:05Z\t*                 \t{json.dumps(message(tid='bb'))}",
    ]
    fixes, _, report = read(tmp_path, "ann.rec", "\n".join(lines))
    assert [fix[0] for fix in fixes] == ["ann", "ann"]
    assert report.refused == {"bad-accuracy": 1, "damaged": 1, "not-a-location": 1}
    assert {(one.reason, one.where) for one in report.examples} == {
        ("bad-accuracy", "line 4"), ("damaged", "line 3"), ("not-a-location", "line 2"),
    }  # fmt: skip


def test_owntracks_trackers_without_a_user_are_not_made_one_person(tmp_path: Path) -> None:
    content = [message(tid="aa"), message(tid="bb"), message(tid="bb", user="cy", device="d")]
    for written in (content, "\n".join(map(json.dumps, content))):
        fixes, _, _ = read(tmp_path, "all.json", written)
        assert [fix[0] for fix in fixes] == ["all/aa", "all/bb", "cy/d"]


@pytest.mark.parametrize("kind", ["transition", "waypoint", "encrypted", "status", "lwt", "card"])
def test_owntracks_messages_that_are_no_location(tmp_path: Path, kind: str) -> None:
    content = [{"_type": kind, "lat": 1, "lon": 2, "tst": 3}, message()]
    fixes, _, report = read(tmp_path, "a.json", content)
    assert len(fixes) == 1
    assert report.refused == {"not-a-location": 1}


# --- Google Takeout


def test_takeout_records_old_and_new(tmp_path: Path) -> None:
    content = {
        "locations": [
            {"latitudeE7": 535000000, "longitudeE7": 99000000, "timestampMs": "1714557600123",
             "accuracy": 20, "source": "wifi", "activity": [{"activity": [{"type": "STILL"}]}]},
            {"latitudeE7": 535000000, "longitudeE7": 4194967296, "source": "CELL",
             "timestamp": "2024-05-01T10:00:00Z", "accuracy": 1500},
            {"deviceTag": 1, "timestamp": "2024-05-01T10:00:00Z"},
        ],
    }  # fmt: skip
    fixes, _, report = read(tmp_path, "Records.json", content)
    assert fixes == [
        ("Records", TEN + 123, 9.9, 53.5, 20.0, 1),
        ("Records", TEN, -10.0, 53.5, 1500.0, 2),  # written 2**32 too large by Google
    ]
    assert (report.format, dict(report.refused)) == ("takeout", {"not-a-location": 1})
    assert report.examples[0].where == "locations[2]"


def test_takeout_record_of_a_wrong_type_costs_only_itself(tmp_path: Path) -> None:
    sound = {"latitudeE7": 535000000, "longitudeE7": 99000000, "timestamp": "2024-05-01T10:00:00Z"}
    content = {"locations": [sound, sound | {"accuracy": [1]}, sound | {"latitudeE7": True}, sound]}
    fixes, _, report = read(tmp_path, "Records.json", content)
    assert len(fixes) == 2
    assert report.refused == {"damaged": 2}


def test_takeout_semantic_month(tmp_path: Path) -> None:
    place = {"latitudeE7": 535000000, "longitudeE7": 99000000}
    duration = {"startTimestamp": "2024-05-01T10:00:00Z", "endTimestamp": "2024-05-01T11:00:00Z"}
    point = {"latE7": 535000000, "lngE7": 98000000, "accuracyMeters": 4,
             "timestamp": "2024-05-01T10:30:00Z"}  # fmt: skip
    content = {
        "timelineObjects": [
            {"placeVisit": {"location": place, "duration": duration, "childVisits": [{}, {}]}},
            {"activitySegment": {
                "startLocation": place, "endLocation": place,
                "duration": {"startTimestampMs": str(TEN), "endTimestampMs": str(TEN + HOUR)},
                "simplifiedRawPath": {"points": [point]},
            }},
        ],
    }  # fmt: skip
    fixes, stays, report = read(tmp_path, "2024_MAY.json", content)
    assert stays == [("2024_MAY", TEN, TEN + HOUR, 9.9, 53.5, 50.0)]
    assert [(fix[1] - TEN, fix[2], fix[4]) for fix in fixes] == [
        (0, 9.9, None), (HOUR, 9.9, None), (HOUR // 2, 9.8, 4.0),
    ]  # fmt: skip
    assert report.refused == {"nested-visit": 2}


# --- the phone's own Timeline


def test_timeline_of_android(tmp_path: Path) -> None:
    content = {
        "userLocationProfile": {"frequentPlaces": [{"placeLocation": "1.0°, 2.0°"}]},
        "rawSignals": [
            {"wifiScan": {"devicesRecords": [{"mac": 1}]}},
            {"position": {"LatLng": "53.5°, 9.9°", "accuracyMeters": 13, "source": "WIFI",
                          "timestamp": "2024-05-01T12:00:00.000+02:00"}},
        ],
        "semanticSegments": [
            {"startTime": "2024-05-01T12:00:00.000+02:00", "endTime": "2024-05-01T11:00:00.000Z",
             "visit": {"hierarchyLevel": 0, "topCandidate": {
                 "placeLocation": {"latLng": "53.5°, -9.9°"}}}},
            {"startTime": "2024-05-01T10:00:00Z", "endTime": "2024-05-01T11:00:00Z",
             "activity": {"start": {"latLng": "53.5°, 9.9°"}, "end": {"latLng": "53.6°, 9.8°"}}},
            {"startTime": "2024-05-01T10:00:00Z", "endTime": "2024-05-01T11:00:00Z",
             "timelinePath": [{"point": "53.5°, 9.9°", "time": "2024-05-01T10:30:00Z"}]},
        ],
    }  # fmt: skip
    fixes, stays, report = read(tmp_path, "ann.json", content)
    assert [fix[1:] for fix in fixes] == [
        (TEN, 9.9, 53.5, 13.0, 1),
        (TEN, 9.9, 53.5, None, 3),
        (TEN + HOUR, 9.8, 53.6, None, 3),
        (TEN + HOUR // 2, 9.9, 53.5, None, 3),
    ]
    assert stays == [("ann", TEN, TEN + HOUR, -9.9, 53.5, 50.0)]
    assert report.refused == {"not-a-location": 1}
    assert report.received == 6


def visit(hours: tuple[int, int], level: str, place: str, **more: object) -> dict[str, object]:
    start, end = (f"2024-05-01T{hour:02}:00:00.000Z" for hour in hours)
    return {
        "startTime": start,
        "endTime": end,
        "visit": {"hierarchyLevel": level, "topCandidate": {"placeLocation": place}, **more},
    }


def test_timeline_of_ios(tmp_path: Path) -> None:
    content = [
        visit((10, 12), "0", "geo:53.5,9.9", isTimelessVisit="false"),
        visit((10, 11), "1", "geo:53.6,9.8"),
        visit((13, 14), "1", "geo:53.7,9.7"),
        visit((15, 16), "0", "geo:53.7,9.7", isTimelessVisit="true"),
        {"startTime": "2024-05-01T10:00:00Z", "endTime": "2024-05-01T12:00:00Z", "timelinePath": [
            {"point": "geo:53.5,9.9", "durationMinutesOffsetFromStartTime": "61"}]},
        {"startTime": "2024-05-01T10:00:00Z", "endTime": "2024-05-01T12:00:00Z",
         "timelineMemory": {"destinations": []}},
    ]  # fmt: skip
    fixes, stays, report = read(tmp_path, "location-history.json", content)
    assert [stay[1:3] for stay in stays] == [
        (TEN, TEN + 2 * HOUR), (TEN + 3 * HOUR, TEN + 4 * HOUR),
    ]  # fmt: skip
    assert [fix[1] for fix in fixes] == [TEN + 61 * 60_000]
    assert report.refused == {"bad-time": 1, "nested-visit": 1, "not-a-location": 1}


def test_stays_keep_the_rules_of_rows(tmp_path: Path) -> None:
    content = [
        visit((12, 10), "0", "geo:53.5,9.9"),
        visit((10, 11), "0", "geo:0,0"),
        visit((10, 11), "0", "somewhere"),
        visit((10, 11), "0", "geo:95,9"),
        visit((10, 11), "0", "geo:53.5,9.9") | {"startTime": "2024-05-01T10:00:00"},
        visit((10, 11), "0", "geo:53.5,9.9") | {"endTime": "2033-05-01T10:00:00Z"},
    ]
    _, stays, report = read(tmp_path, "a.json", content)
    assert stays == []
    assert report.refused == {
        "bad-interval": 1, "null-island": 1, "not-a-number": 1, "off-globe": 1, "no-offset": 1,
        "future": 1,
    }  # fmt: skip


def test_only_visits_that_overlap_a_lower_level_are_nested() -> None:
    start = np.array([0, 10, 90, 100, 40, 45], dtype=np.int64)
    end = np.array([100, 20, 110, 120, 60, 50], dtype=np.int64)
    level = np.array([0.0, 1, 1, 1, 1, 2])
    assert nested_visits(start, end, level).tolist() == [False, True, True, False, True, True]


# --- GeoJSON


def feature(kind: str, coordinates: object, **properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def test_geojson_points(tmp_path: Path) -> None:
    at = "2024-05-01T10:00:00Z"
    content = {
        "type": "FeatureCollection",
        "features": [
            feature("Point", [9.9, 53.5, 3], timestamp=1714557600, horizontal_accuracy=5),
            feature("Point", ["9.9", 53.5], time=at, user="ann", device=7, provider="gps"),
            feature("Point", [9.9, 53.5], time=at, participant="bob", name="a title"),
            feature("Point", None, time=at),
            feature("Polygon", [[[0, 0]]], time=at),
            {"type": "Feature", "geometry": None, "properties": None},
        ],
    }
    fixes, _, report = read(tmp_path, "map.geojson", content)
    assert fixes == [
        ("map", TEN, 9.9, 53.5, 5.0, 3),
        ("ann/7", TEN, 9.9, 53.5, None, 0),
        ("bob", TEN, 9.9, 53.5, None, 3),
    ]
    assert report.refused == {"not-a-location": 2, "not-a-number": 1}


@pytest.mark.parametrize(
    "told",
    [
        {"coordTimes": ["2024-05-01T10:00:00Z", "2024-05-01T11:00:00Z"]},
        {"times": [1714557600, 1714561200]},
        {"coordinateProperties": {"times": [TEN, TEN + HOUR]}},
    ],
)
def test_geojson_lines_with_times_beside_them(tmp_path: Path, told: dict[str, object]) -> None:
    content = feature("LineString", [[9.9, 53.5], [9.8, 53.5], [9.7, 53.5]], **told)
    fixes, _, report = read(tmp_path, "trip.geojson", content)
    assert [fix[1] for fix in fixes] == [TEN, TEN + HOUR]
    assert report.refused == {"bad-time": 1}


def test_geojson_several_lines(tmp_path: Path) -> None:
    times = [["2024-05-01T10:00:00Z"], ["2024-05-01T11:00:00Z"]]
    content = feature("MultiLineString", [[[9.9, 53.5]], [[9.8, 53.5]]], coordTimes=times)
    assert len(read(tmp_path, "trip.geojson", content)[0]) == 2


@pytest.mark.parametrize("indent", [None, 2])
def test_geojson_text_sequence(tmp_path: Path, indent: int | None) -> None:
    one = json.dumps(feature("Point", [9.9, 53.5], time=1714557600), indent=indent)
    fixes, _, report = read(tmp_path, "all.geojsons", f"\x1e{one}\n\x1e{one}\n")
    assert (len(fixes), report.format) == (2, "geojson")


def test_overland_batches_are_geojson_too(tmp_path: Path) -> None:
    content = {"locations": [feature("Point", [9.9, 53.5], timestamp="2024-05-01T10:00:00Z",
                                     device_id="ann", horizontal_accuracy=4)]}  # fmt: skip
    fixes, _, report = read(tmp_path, "batch.json", content)
    assert fixes == [("ann", TEN, 9.9, 53.5, 4.0, 3)]
    assert report.format == "geojson"


# --- cutting JSON apart


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
def test_records_do_not_depend_on_how_the_file_is_cut_into_blocks(size: int) -> None:
    records = [{"a": [1, {"b": '}]"{'}]}, {"c": "\\"}, {"d": '\\"['}, {}]
    text = json.dumps({"x": {"no": [{"e": 1}]}, "items": records, "n": 1, "more": [{}]}).encode()
    blocks = [text[at : at + size] for at in range(0, len(text), size)]
    splitter = Splitter(blocks, 2)
    found = [
        (run.key, run.where(place), json.loads(run.record(place)))
        for run in splitter
        for place in range(len(run.bounds))
    ]
    assert splitter.damage is None
    assert found == [
        *(("items", f"items[{place}]", record) for place, record in enumerate(records)),
        ("more", "more[0]", {}),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'[{"a":1}}', "closes nothing"),
        (b'[{"a":1}', "before its last bracket"),
        (b'[{"a":1},{"b":', "inside a record"),
        (b'[{"a":1}] {"b":2}', "follows the end"),
        (b'[{"a":1},{"b":"\n\n', "inside a record"),
    ],
)
def test_damage_to_json_is_named(text: bytes, why: str) -> None:
    splitter = Splitter([text], 1)
    assert [run.record(0) for run in splitter] == [b'{"a":1}']
    assert splitter.damage is not None
    assert why in splitter.damage[1]
