"""Files that real phones and boats wrote, where they are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

import fortnight
from fortnight.evidence.stream import FixBatch, SignBatch, StayBatch, Stream

if TYPE_CHECKING:
    from fortnight.evidence.schema import InputReport

    Batch = FixBatch | StayBatch | SignBatch

NOW = 1_800_000_000_000
SIGN_FORMATS = {"exposure-windows", "sensor-contacts"}


@pytest.fixture
def data() -> Path:
    """Return the folder of real data beside the repository."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder


def read(*paths: Path) -> tuple[list[Batch], dict[str, InputReport]]:
    stream = Stream(paths, now=NOW)
    batches = list(stream)
    for report in stream.reports:
        assert report.received == report.kept + sum(report.refused.values())
    assert sum(len(batch.who) for batch in batches) == sum(one.kept for one in stream.reports)
    return batches, {Path(report.path).name: report for report in stream.reports}


def test_sailing_races(data: Path) -> None:
    _, reports = read(data / "gps-sailing")
    tracks = {name: one.kept for name, one in reports.items() if one.format == "gpx"}
    assert tracks == {
        "duplicate-timestamps.gpx": 3,
        "osm-demo-Alex.gpx": 1909,
        "osm-demo-Richard.gpx": 1567,
        "osm-demo-Yury.gpx": 1694,
        "osm_track1.gpx": 776,
        "track1.gpx": 511,
        "track2.gpx": 337,
        "track3.gpx": 535,
        "wrong-timestamp-order.gpx": 3,
    }
    for name, points in tracks.items():
        text = (data / "gps-sailing" / name).read_text()
        assert text.count("<trkpt") == points == reports[name].received
    assert {reports[name].format for name in ("LICENSE", "marks.txt")} == {"none"}


def test_owntracks_recording(data: Path) -> None:
    batches, reports = read(data / "client-formats" / "owntracks-demo-iphone.rec")
    report = reports["owntracks-demo-iphone.rec"]
    assert (report.format, report.received, report.kept) == ("owntracks", 25, 23)
    assert report.refused == {"not-a-location": 2}
    assert [one.where for one in report.examples] == ["line 3", "line 6"]
    (batch,) = batches
    assert isinstance(batch, FixBatch)
    assert batch.names.to_pylist() == ["owntracks-demo-iphone"]
    assert (batch.accuracy[0], batch.accuracy[18]) == (3_000, 5)
    assert batch.time[0] == 1_440_395_361_000


def test_timeline_sample(data: Path) -> None:
    batches, reports = read(data / "client-formats" / "google-device-timeline-sample.json")
    (report,) = reports.values()
    assert (report.format, report.received, report.kept) == ("timeline", 14, 14)
    stays = [batch for batch in batches if isinstance(batch, StayBatch)]
    assert sum(len(batch.who) for batch in stays) == 2
    fixes = [batch for batch in batches if isinstance(batch, FixBatch)]
    assert sorted({int(code) for batch in fixes for code in batch.source}) == [0, 3]


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("cwa-exposure-windows", {"test cases", "no header line"}),
        ("nhs-exposure-windows", {"picture", "no longitude", "no header"}),
        ("sociopatterns", {"zip archive", "no header", "no longitude"}),
        ("client-formats/google-takeout-schemas", {"JSON with", "no header line"}),
    ],
)
def test_what_is_no_evidence_is_refused_by_name(data: Path, folder: str, words: set[str]) -> None:
    _, reports = read(data / folder)
    others = [report for report in reports.values() if report.format == "none"]
    assert others
    for report in others:
        assert any(word in str(report.problem) for word in words), report


def test_everything_at_once(data: Path) -> None:
    batches, reports = read(data)
    fixes = sum(len(batch.who) for batch in batches if isinstance(batch, FixBatch))
    stays = sum(len(batch.who) for batch in batches if isinstance(batch, StayBatch))
    assert fixes + stays == 7_335 + 23 + 14
    signs = {name: one.kept for name, one in reports.items() if one.format in SIGN_FORMATS}
    assert signs == {
        "SFHH_tij.dat.gz": 70_261,
        "workplace_InVS15_tij.dat.gz": 78_249,
        "exposure-windows-risk-calculation.json": 0,
        "office-1.json": 100,
        "office-2.json": 92,
        "office-3.json": 96,
        "pub-1.json": 66,
        "pub-2.json": 63,
        "pub-3.json": 93,
        "workplace_InVS_tij.dat.zip": 9_827,
    }


def test_windows_of_trials_name_both_phones(data: Path) -> None:
    found = fortnight.read(data / "nhs-exposure-windows" / "pub", now=NOW)
    windows = found.signs.windows
    assert windows.num_rows == 66 + 63 + 93 - sum(
        report.refused.get("repeat", 0) for report in found.inputs
    )
    assert set(windows["day"].cast(pa.string()).to_pylist()) == {"2020-09-30"}
    assert windows["other"].null_count == 0
    assert len(set(windows["participant"].to_pylist())) == 8
    for row in windows.to_pylist():
        assert row["participant"] != row["other"]
        assert all(0 <= scan["seconds"] <= 600 for scan in row["scans"])


def test_windows_with_an_age_and_no_date_say_so(data: Path) -> None:
    _, reports = read(data / "cwa-exposure-windows" / "exposure-windows-risk-calculation.json")
    (report,) = reports.values()
    assert report.refused == {"no-date": report.received} == {"no-date": 43}


def test_conference_contacts_are_twenty_seconds_each(data: Path) -> None:
    found = fortnight.read(data / "sociopatterns" / "SFHH_tij.dat.gz", now=NOW)
    encounters = found.signs.encounters
    assert encounters.num_rows == 70_261
    people = {*encounters["participant"].to_pylist(), *encounters["other"].to_pylist()}
    assert len(people) == 403
    start, end = (encounters[name].cast(pa.int64()).to_numpy() for name in ("start", "end"))
    assert set(end - start) == {20_000}
    assert start.min() == 32_500_000
    assert end.max() == 146_820_000
    assert set(encounters["kind"].to_pylist()) == {"sensor"}
    assert encounters["attenuation"].null_count == len(encounters)
