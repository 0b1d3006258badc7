"""Files are known by what is in them; what is something else is refused by its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fortnight.errors import InputError
from fortnight.evidence.checks import FIX_RULES, STAY_RULES
from fortnight.evidence.recognise import FORMATS, Shape, recognise

REC = '2015-08-24T05:55:07Z\t*                 \t{"tst":1440395361,"_type":"location"}\n'
FEATURE = '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{}}'


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ("PAR1....", Shape("parquet")),
        ('<?xml version="1.0"?>\n<!-- by hand -->\n<gpx version="1.0">', Shape("gpx")),
        ('<gpx:gpx xmlns:gpx="x">', Shape("gpx")),
        ('\n\n<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "b">]><gpx>', Shape("gpx")),
        (REC, Shape("owntracks")),
        ("torn line\n" + REC, Shape("owntracks")),
        ('{"_type":"location","lat":1}', Shape("owntracks")),
        ('{\n "_type": "location",\n "lat": 1\n}', Shape("owntracks", 0)),
        ('[{"_type":"lwt"}]', Shape("owntracks", 1)),
        ('{"count":1,"data":[{"_type":"location"}]}', Shape("owntracks", 2)),
        ('{"locations":[{"latitudeE7":1}]}', Shape("takeout", 2)),
        ('{"locations": []}', Shape("takeout", 2)),
        ('{"locations":[{"latitudeE7":1,"acti', Shape("takeout", 2)),
        ('{"timelineObjects":[{"placeVisit":{}}]}', Shape("takeout-semantic", 2)),
        ('{"semanticSegments":[{"startTime":"x"}]}', Shape("timeline", 2)),
        ('{"userLocationProfile":{"a":[{}]},"rawSignals":[{}]}', Shape("timeline", 2)),
        ('[{"endTime":"x","startTime":"y","visit":{}}]', Shape("timeline", 1)),
        ('{"type":"FeatureCollection","features":[' + FEATURE + "]}", Shape("geojson", 2)),
        ('{"features":[' + FEATURE + '],"type":"FeatureCollection"}', Shape("geojson", 2)),
        ('{"locations":[' + FEATURE + "]}", Shape("geojson", 2)),
        (FEATURE + "\n" + FEATURE, Shape("geojson")),
        ("\x1e" + FEATURE + "\n\x1e" + FEATURE, Shape("geojson")),
        (json.dumps(json.loads(FEATURE), indent=1), Shape("geojson", 0)),
        ("time,lat,lon\n1,2,3\n", Shape("csv")),
        ("Zeit;x\nUser;Date;Latitude;Longitude\n", Shape("csv")),
    ],
)
def test_by_content(head: str, shape: Shape) -> None:
    assert recognise(head.encode()) == shape
    assert shape.format in FORMATS


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "zip archive"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"<html><body>", "web page"),
        (b"<kml>", "KML"),
        (b"<TrainingCenterDatabase>", "TCX"),
        (b"<?xml version='1.0'?>", "no root"),
        (b'{"createdTime":"2013","deviceSettings":[{}],"historyEnabled":true}', "settings"),
        (b'{"timelineEdits":[{"deviceId":"1"}]}', "Timeline edits"),
        (b'{"exposureWindows":[]}', "exposure windows"),
        (b'{"experimentName":"Office-1","participants":[{}]}', "exposure windows"),
        (b'{"name":"fortnight","version":1}', "JSON with name, version"),
        (b'[{"sessionStart":1}]', "JSON with sessionStart"),
        (b"[1,2,3]", "no known kind"),
        (b"[]", "no known kind"),
        (b"32520 1467 1591\n32560 1513 1591\n", "list of meetings"),
        (b"20\t1467\t1591\n40\t1\t2\n", "list of meetings"),
        (b"device_id,brand\n1,2\n", "no time and no longitude and no latitude"),
        (b"time,lon\n1,2\n", "no latitude"),
        (b"# Notes\nThese are mine.\n", "no header line"),
        (bytes(range(1, 256)) + b"\x00", "not text"),
    ],
)
def test_what_is_something_else_is_named(head: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        recognise(head)


@pytest.fixture
def document() -> str:
    return (Path(__file__).parents[2] / "docs" / "formats.md").read_text()


def test_the_document_names_every_format_and_every_reason_in_its_order(document: str) -> None:
    first_cells = [line.split("|")[1].strip(" `") for line in document.splitlines() if "|" in line]
    assert set(FORMATS) <= set(first_cells)
    for rules in (FIX_RULES, STAY_RULES):
        reasons = [reason for reason, _ in rules]
        assert [cell for cell in first_cells if cell in reasons] == reasons
    assert {"damaged", "not-a-location", "nested-visit"} <= set(first_cells)
