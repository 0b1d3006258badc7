"""Batches at the door: what is kept, what is refused and why, and what is not even read."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.arrivals_world import BOUNDS, fix, fixes_of, message, stream
from tests.services import DAY, HOUR, MINUTE, NOON

from fortnight.arrivals.bounds import Bounds, TooLargeError, shape
from fortnight.arrivals.rows import (
    Decoded,
    encounters_of_arrow,
    encounters_of_json,
    fixes_of_arrow,
    fixes_of_json,
    visits_of_arrow,
    visits_of_json,
)
from fortnight.errors import RefusedError
from fortnight.evidence.packed import unpack_encounters, unpack_visits
from fortnight.evidence.schema import SOURCES


def read(*rows: object) -> Decoded:
    return fixes_of_json(message("fixes", rows), BOUNDS, NOON)


def test_sound_fixes_are_kept_as_they_are() -> None:
    found = read(fix(0), fix(5, accuracy=None, source="wifi", time="2026-03-01T13:00:00.5+01:00"))
    assert found.batch == "one"
    assert (found.checked.received, found.checked.kept, found.checked.refused) == (2, 2, {})
    kept = fixes_of([found.checked.packed])
    assert kept.time.tolist() == [NOON, NOON + 500]
    assert kept.lon_e7.tolist() == [241_000_000, 241_000_500]
    assert kept.lat_e7.tolist() == [569_500_000, 569_500_000]
    assert kept.accuracy[0] == 12
    assert math.isnan(kept.accuracy[1])
    assert [SOURCES[code] for code in kept.source] == ["gnss", "wifi"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"lon": None}, "not-a-number"),
        ({"lat": "north"}, "not-a-number"),
        ({"lon": 181}, "off-globe"),
        ({"lon": 0, "lat": 0}, "null-island"),
        ({"lon": 1e-9, "lat": -1e-9}, "null-island"),
        ({"time": None}, "bad-time"),
        ({"time": 10**30}, "bad-time"),
        ({"time": "2026-03-01T12:00:00"}, "no-offset"),
        ({"time": NOON + 5 * MINUTE + 1}, "future"),
        ({"time": NOON - 14 * DAY - 1}, "too-old"),
        ({"accuracy": -1}, "bad-accuracy"),
        ({"accuracy": "poor"}, "bad-accuracy"),
        ({"lon": {"deep": 1}}, "damaged"),
        ({"lon": True}, "damaged"),
    ],
)
def test_a_bad_fix_is_counted_and_the_good_ones_stay(said: dict[str, object], reason: str) -> None:
    checked = read(fix(1), fix(2, **said), fix(3)).checked
    assert (checked.received, checked.kept, checked.refused) == (3, 2, {reason: 1})
    assert [(one.row, one.reason) for one in checked.examples] == [(1, reason)]
    assert fixes_of([checked.packed]).time.tolist() == [NOON - 1_000, NOON - 3_000]


@pytest.mark.parametrize("edge", [NOON + 5 * MINUTE, NOON - 14 * DAY])
def test_the_first_and_the_last_instant_are_kept(edge: int) -> None:
    assert read(fix(time=edge)).checked.kept == 1


def test_rows_that_are_no_objects_are_damaged() -> None:
    checked = read(fix(), 3, "x", None, [], fix(1)).checked
    assert (checked.kept, checked.refused) == (2, {"damaged": 4})


def test_every_refusal_is_counted_and_the_first_twenty_are_named() -> None:
    checked = read(*[fix(lon=None)] * 30, fix(), *[7] * 30).checked
    assert checked.refused == {"damaged": 30, "not-a-number": 30}
    assert [one.row for one in checked.examples] == list(range(20))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"fixes": {}}',
        b'{"rows": []}',
        b'{"fixes": [',
        b"\xff\xfe",
        b'{"batch": 5}',
    ],
)
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(RefusedError):
        fixes_of_json(body, BOUNDS, NOON)


def test_a_message_that_is_too_large_is_refused_before_it_is_parsed() -> None:
    tight = Bounds(max_bytes=1_000, max_rows=3)
    with pytest.raises(TooLargeError, match="bytes"):
        fixes_of_json(b"x" * 1_001, tight, NOON)
    with pytest.raises(TooLargeError, match="rows"):
        fixes_of_json(b'{"fixes": [' + b"0," * 3 + b"0", tight, NOON)  # not JSON: never parsed


def test_deep_brackets_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(RefusedError, match="9 deep"):
        fixes_of_json(b'{"fixes": [' + b"[" * 7, BOUNDS, NOON)
    with pytest.raises(RefusedError, match="deep"):
        fixes_of_json(b'{"fixes": ' + b"[" * 100_000, BOUNDS, NOON)


def test_the_scan_of_brackets_does_not_look_into_text() -> None:
    assert shape(json.dumps({"a": "[[[[" * 9, 'b"': '\\"[[[{,,,', "c": [1, 2, 3]}).encode()) == (
        2,
        3,
    )


def test_arrow_and_json_say_the_same() -> None:
    rows = [fix(place) for place in range(50)] + [fix(lon=200.0), fix(time=NOON + DAY)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    found = fixes_of_arrow(stream(columns), BOUNDS, NOON)
    assert found.checked == read(*rows).checked


def test_arrow_takes_timestamps_dictionaries_and_its_own_batch_id() -> None:
    times = pa.array([NOON, NOON - 1], pa.timestamp("ms", tz="UTC"))
    sources = pa.array(["wifi", "gnss"]).dictionary_encode()
    columns: dict[str, Any] = {
        "time": times,
        "lon": [24.0, 24.1],
        "lat": [56.0, 56.1],
        "source": sources,
    }
    table = pa.table(columns).replace_schema_metadata({"batch": "mine"})
    found = fixes_of_arrow(stream_of(table), BOUNDS, NOON)
    assert (found.batch, found.checked.kept) == ("mine", 2)


def stream_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_arrow_is_refused_before_it_is_unpacked(codec: str) -> None:
    columns = {"time": np.zeros(1_000), "lon": np.zeros(1_000), "lat": np.zeros(1_000)}
    with pytest.raises(RefusedError, match="compressed"):
        fixes_of_arrow(stream(columns, compression=codec), BOUNDS, NOON)


def test_arrow_that_claims_rows_in_no_bytes_is_refused() -> None:
    nothing = pa.nulls(100_000_000)
    with pytest.raises(TooLargeError, match="rows"):
        fixes_of_arrow(stream({"time": nothing, "lon": nothing, "lat": nothing}), BOUNDS, NOON)


@pytest.mark.parametrize(
    "columns",
    [
        {"lon": [1.0], "lat": [1.0]},
        {"time": [[1]], "lon": [1.0], "lat": [1.0]},
        {"time": [True], "lon": [1.0], "lat": [1.0]},
    ],
)
def test_arrow_without_a_column_or_with_one_of_a_strange_type_is_refused(
    columns: dict[str, list[object]],
) -> None:
    with pytest.raises(RefusedError, match=r"[cC]olumn"):
        fixes_of_arrow(stream(columns), BOUNDS, NOON)


def test_visits_keep_their_words_and_a_forgotten_end_is_presumed() -> None:
    rows = [
        {"venue": "café", "room": "2", "start": NOON - HOUR, "end": NOON},
        {"venue": "library", "start": NOON - HOUR},
        {"venue": " ", "start": NOON},
        {"venue": "x", "start": NOON, "end": NOON - 1},
        {"venue": "y" * 201, "start": NOON},
    ]
    checked = visits_of_json(message("visits", rows), BOUNDS, NOON).checked
    assert checked.refused == {"bad-interval": 1, "no-venue": 1, "text-too-long": 1}
    kept, _ = unpack_visits([checked.packed])
    assert kept.venue.to_pylist() == ["café", "library"]
    assert kept.room.to_pylist() == ["2", None]
    assert kept.presumed.tolist() == [False, True]
    assert kept.end.tolist() == [NOON, NOON + HOUR]
    names = {"venue": ["café"], "room": ["2"], "start": [NOON - HOUR], "end": [NOON]}
    assert visits_of_arrow(stream(names), BOUNDS, NOON).checked.kept == 1


def test_encounters_keep_the_beacon_and_how_much_weaker_it_was() -> None:
    beacon = "0123456789abcdef" * 2
    rows = [
        {"seen": beacon, "time": NOON, "attenuation": 55},
        {"seen": beacon, "start": NOON - MINUTE, "end": NOON, "rssi": -70},
        {"seen": beacon[1:], "time": NOON, "attenuation": 55},
        {"time": NOON, "attenuation": 55},
        {"seen": beacon, "time": NOON},
    ]
    checked = encounters_of_json(message("encounters", rows), BOUNDS, NOON).checked
    assert checked.refused == {"bad-attenuation": 1, "bad-beacon": 1, "no-other": 1}
    kept, _ = unpack_encounters([checked.packed])
    assert [bytes(row).hex() for row in kept.beacon] == [beacon, beacon]
    assert kept.start.tolist() == [NOON, NOON - MINUTE]
    assert kept.end.tolist() == [NOON, NOON]
    assert kept.attenuation.tolist() == [55, 58]
    heard = {"seen": [beacon], "time": [NOON], "attenuation": [55.0]}
    assert encounters_of_arrow(stream(heard), BOUNDS, NOON).checked.kept == 1
