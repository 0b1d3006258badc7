"""Files are known by what is in them; what is something else is refused by its name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fortnight.errors import InputError
from fortnight.evidence import columns, roles
from fortnight.evidence.checks import FIX_RULES, STAY_RULES
from fortnight.evidence.recognise import FORMATS, Shape, recognise
from fortnight.evidence.sign_checks import SIGN_RULES
from fortnight.evidence.tables.cells import SITE_RULES

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
        ('{"exposureWindows":[]}', Shape("exposure-windows", 2)),
        ('{"a":1,"exposureWindows":[{"date":"2020-01-01"}]}', Shape("exposure-windows", 2)),
        (
            '{"experimentName":"x","participants":[{"results":[]}]}',
            Shape("exposure-windows", 2),
        ),
        ('{"experimentName":"x","participants":[{"resu', Shape("exposure-windows", 2)),
        ('{"testCases":[{"exposureWindows":[]}]}', Shape("exposure-windows", 2)),
        ('[{"ageInDays":1,"scanInstances":[]}]', Shape("exposure-windows", 1)),
        ('{"date":"2020-01-01","scanInstances":[]}', Shape("exposure-windows", 0)),
        ('{"scanInstances":[]}\n{"scanInstances":[]}', Shape("exposure-windows", 0)),
        ("32520 1467 1591\n32560 1513 1591\n", Shape("sensor-contacts")),
        ("20\t1467\t1591\n40\t1\t2\n", Shape("sensor-contacts")),
        ("20 1467 1591 MP MP*1\n", Shape("sensor-contacts")),
        ("time,seen_by,seen,rssi\n", Shape("sightings")),
        ("Seen;Timestamp;Attenuation (dB)\n", Shape("sightings")),
        ("participant,other,start,end,attenuation,kind\n", Shape("sightings")),
        ("visitor,venue,check_in,check_out\n", Shape("check-ins")),
        ("participant,start,end,lon,lat,venue\n", Shape("check-ins")),
        ("participant,start,end,place\n", Shape("check-ins")),
        ("participant,start,end,lon,lat,place\n", Shape("csv")),
        ('[{"participant":"a","venue":"b","checkIn":"x"}]', Shape("check-ins", 1)),
        ('[{"startTime":"x","endTime":"y","venue":"b"}]', Shape("check-ins", 1)),
        ('{"checkIns":[{"venue":"b"}]}', Shape("check-ins", 2)),
        ("time,from,to,kind,seconds\n", Shape("calls")),
        ("participant,other,start,kind,seconds\n", Shape("calls")),
        ("msisdn,event time,cell id\n", Shape("cell-events")),
        ("msisdn,time,cell,lon,lat\n", Shape("cell-events")),
        ("device,time,cell_id\n", Shape("cell-events")),
        ("device,time,cell_id,lon,lat\n", Shape("csv")),
        ("radio,mcc,net,area,cell,unit,lon,lat,range,samples\n", Shape("cell-sites")),
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
        (b'{"testCases":[{"startDate":"2021-03-04"}]}', "test cases with no exposure windows"),
        (b'{"experimentName":"x","participants":[{"age":1}]}', "no exposure windows"),
        (b"seen_by,seen,time\n1,2,3\n", "sightings, but with no attenuation or RSSI"),
        (b"from,to,seconds\n1,2,3\n", "calls, but with no time"),
        (b'"participant"\n"a"\n"b"\n', "give it as --enrolled"),
        (b"msisdn,time,lon,lat\n1,2,3,4\n", "subscribers"),
        (b'{"name":"fortnight","version":1}', "JSON with name, version"),
        (b'[{"sessionStart":1}]', "JSON with sessionStart"),
        (b"[1,2,3]", "no known kind"),
        (b"[]", "no known kind"),
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
    for rules in (FIX_RULES, STAY_RULES, SIGN_RULES, SITE_RULES):
        reasons = [reason for reason, _ in rules]
        assert [cell for cell in first_cells if cell in reasons] == reasons
    assert {"damaged", "not-a-location", "nested-visit", "unknown-cell"} <= set(first_cells)
    assert {"repeat", "same-time", "same-visit", "same-cell"} <= set(first_cells)


ROLES: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("sightings", "who heard"): (roles.OBSERVER, roles.OWNER),
    ("sightings", "who was heard"): (roles.SEEN,),
    ("sightings", "attenuation"): (roles.ATTENUATION,),
    ("sightings", "RSSI"): (roles.RSSI,),
    ("sightings", "power sent"): (roles.TX_POWER,),
    ("sightings", "kind"): (roles.KIND,),
    ("check-ins", "who"): (roles.VISITOR, roles.OWNER),
    ("check-ins", "venue, needed"): (roles.VENUE,),
    ("check-ins", "venue, where"): (roles.PLACE,),
    ("check-ins", "check-in"): (roles.CHECK_IN,),
    ("check-ins", "check-out"): (roles.CHECK_OUT, columns.END),
    ("check-ins", "room"): (roles.ROOM,),
    ("check-ins", "when the venue closes"): (roles.CLOSING,),
    ("check-ins", "how long"): (roles.MINUTES,),
    ("check-ins", "how it ended"): (roles.CLOSED,),
    ("calls", "caller"): (roles.CALLER, roles.SUBSCRIBER),
    ("calls", "callee"): (roles.CALLEE,),
    ("calls", "length"): (roles.SECONDS,),
    ("cell-events", "subscriber"): (roles.SUBSCRIBER,),
    ("cell-events", "cell id"): (roles.CELL,),
    ("cell-sites", "range"): (roles.RANGE,),
}
"""What a row of the document lists, and what it points to other rows for."""


@pytest.mark.parametrize("role", ROLES, ids=" ".join)
def test_the_document_lists_every_spelling_of_other_tables(
    document: str, role: tuple[str, str]
) -> None:
    rows = [line.split("|")[1:4] for line in document.splitlines() if line.count("|") == 4]
    (told,) = [
        spelled
        for kind, meaning, spelled in rows
        if kind.strip().startswith(f"`{role[0]}`") and meaning.strip().startswith(role[1])
    ]
    named = {columns.spelling(one) for one in re.findall("`([^`]+)`", told)}
    own, *elsewhere = ROLES[role]
    assert named == set(own) - {one for others in elsewhere for one in others}
