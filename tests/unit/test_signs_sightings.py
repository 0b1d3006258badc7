"""Bluetooth sightings and sensor contacts: what is read, how it is worded, what is refused."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.reference.signs import at, csv, only, read, rows, stamp

import fortnight
from fortnight.evidence.tables.sightings import ASSUMED_TX_DBM

if TYPE_CHECKING:
    from pathlib import Path

TEN = stamp("10:00")
PAIR = ("participant", "other", "attenuation", "kind")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("time,seen_by,seen,attenuation", f"{TEN},a,b,50"),
        ("Seen By;Timestamp;Seen;Attenuation (dB)", f"a;{TEN};b;50,0"),
        ("peer\tobserver\tts\trssi", f"b\ta\t{TEN}\t{ASSUMED_TX_DBM - 50}"),
        ("user,contact,timestamp,RSSI,tx power", f"a,b,{TEN},-60,-10"),
        ("user,contact,timestamp,RSSI,attenuation", f"a,b,{TEN},-60,50"),
        ("participant,other,start,end,attenuation,kind", f"a,b,{TEN},,50,bluetooth"),
    ],
)
def test_a_sighting_is_read_in_any_spelling(tmp_path: Path, header: str, line: str) -> None:
    found = read(tmp_path, csv(header, [line]))
    assert rows(found.signs.encounters, *PAIR) == [("a", "b", 50.0, "bluetooth")]
    assert rows(found.signs.encounters, "start", "end") == [(at("10:00"), at("10:00"))]
    assert only(found).format == "sightings"


def test_a_phones_own_list_is_named_by_its_file(tmp_path: Path) -> None:
    found = read(tmp_path, csv("time,seen,rssi", [f"{TEN},b,-62"]))
    assert rows(found.signs.encounters, *PAIR) == [("file0", "b", 50.0, "bluetooth")]


def test_power_that_one_row_lacks_is_assumed_for_it_alone(tmp_path: Path) -> None:
    lines = [f"{TEN},a,b,-60,", f"{TEN},a,c,-60,-20"]
    found = read(tmp_path, csv("time,seen_by,seen,rssi,tx_power", lines))
    assert rows(found.signs.encounters, "attenuation") == [(ASSUMED_TX_DBM + 60,), (40.0,)]


def test_a_sensor_needs_no_attenuation(tmp_path: Path) -> None:
    lines = [f"{TEN},a,b,,sensor", f"{TEN},a,c,,bluetooth"]
    found = read(tmp_path, csv("time,seen_by,seen,attenuation,kind", lines))
    assert rows(found.signs.encounters, *PAIR) == [("a", "b", None, "sensor")]
    assert only(found).refused == {"bad-attenuation": 1}


def test_bad_sightings_are_counted_one_by_one(tmp_path: Path) -> None:
    bad = {
        "no-participant": f"{TEN},,b,50",
        "no-other": f"{TEN},a,,50",
        "oneself": f"{TEN},a,a,50",
        "bad-time": "soon,a,b,50",
        "no-offset": "2024-07-01T10:00:00,a,b,50",
        "future": "2199-07-01T10:00:00Z,a,b,50",
        "damaged": f"{TEN},a,b",
    }
    weak = [f"{TEN},a,b,{value}" for value in ("", "x", "256", "-41", "nan", "inf")]
    good = f"{TEN},a,b,50"
    found = read(tmp_path, csv("time,seen_by,seen,attenuation", [*bad.values(), *weak, good]))
    assert only(found).refused == dict.fromkeys(bad, 1) | {"bad-attenuation": len(weak)}
    assert only(found).kept == 1


def test_a_sighting_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    lines = [f"a,b,{TEN},{stamp('10:05')},50", f"a,b,{TEN},{stamp('09:59')},50"]
    found = read(tmp_path, csv("participant,other,start,end,attenuation", lines))
    assert rows(found.signs.encounters, "start", "end") == [(at("10:00"), at("10:05"))]
    assert only(found).refused == {"bad-interval": 1}


def test_rows_far_from_the_days_asked_for_are_refused(tmp_path: Path) -> None:
    lines = [f"{TEN},a,b,50", "2024-06-01T10:00:00Z,a,b,50"]
    noon = int(at("12:00").timestamp()) * 1_000
    found = read(tmp_path, csv("time,seen_by,seen,attenuation", lines), window=(noon, noon))
    assert only(found).refused == {"outside-window": 1}


def test_parquet_and_tables_in_memory_are_read_alike(tmp_path: Path) -> None:
    table = pa.table(
        {
            "time": pa.array([at("10:00"), at("10:01"), at("10:01")], pa.timestamp("ms", "UTC")),
            "seen_by": pa.array(["a", "a", None]).dictionary_encode(),
            "seen": pa.array(["b", "c", "d"]).dictionary_encode(),
            "attenuation": pa.array([50.0, 61.5, 40.0], pa.float32()),
        },
    )
    found = read(tmp_path, table)
    assert rows(found.signs.encounters, *PAIR) == [
        ("a", "b", 50.0, "bluetooth"),
        ("a", "c", 61.5, "bluetooth"),
    ]
    assert (only(found).format, only(found).refused) == ("sightings", {"no-participant": 1})
    indexed, (report,) = fortnight.api.index_of(table)
    assert indexed.signs.encounters.equals(found.signs.encounters)
    assert (report.format, report.kept) == ("sightings", 2)


def test_a_table_of_its_own_schema_is_read_back(tmp_path: Path) -> None:
    lines = [f"{TEN},a,b,50,", f"{TEN},a,c,,sensor"]
    first = read(tmp_path, csv("time,seen_by,seen,attenuation,kind", lines))
    again = read(tmp_path, first.signs.encounters)
    assert again.signs.encounters.equals(first.signs.encounters)


# --- sensor contacts


@pytest.mark.parametrize(
    "content",
    [
        "1720000020 7 8\n1720000040 9 7\n",
        "1720000020\t7\t8\n1720000040\t9\t7",
        "1720000020 7 8 MP PC\n1720000040 9 7 MP MP\n",
        "1720000020   7 8\n\n# a comment\n 1720000040 9\t7\r\n",
    ],
)
def test_contacts_of_sensors_last_twenty_seconds(tmp_path: Path, content: str) -> None:
    for written in (content.encode(), gzip.compress(content.encode())):
        found = read(tmp_path, written)
        assert only(found).received == 2
        assert only(found).format == "sensor-contacts"
        encounters = found.signs.encounters
        assert rows(encounters, *PAIR) == [("7", "8", None, "sensor"), ("9", "7", None, "sensor")]
        starts, ends = (encounters[name].cast(pa.int64()).to_pylist() for name in ("start", "end"))
        assert starts == [1720000000000, 1720000020000]
        assert ends == [1720000020000, 1720000040000]


def test_seconds_with_no_epoch_are_kept_as_they_are(tmp_path: Path) -> None:
    found = read(tmp_path, "20 1 2\n")
    assert found.signs.encounters["end"].cast(pa.int64()).to_pylist() == [20_000]


def test_bad_contacts_are_counted_one_by_one(tmp_path: Path) -> None:
    lines = ["20 1 2", "40 1", "60 3 3", "soon 1 2", "9e99 1 2", "nan 1 2", "99999999999 1 2"]
    found = read(tmp_path, "\n".join(lines))
    report = only(found)
    assert report.refused == {"bad-time": 3, "damaged": 1, "future": 1, "oneself": 1}
    assert {one.where for one in report.examples} == {f"line {n}" for n in range(2, 8)}
    assert report.kept == 1


def test_names_of_sensors_are_text(tmp_path: Path) -> None:
    found = read(tmp_path, "20 007 7\n")
    assert rows(found.signs.encounters, "participant", "other") == [("007", "7")]
