"""Files that real phones and boats wrote, where they are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fortnight.evidence.stream import FixBatch, StayBatch, Stream

if TYPE_CHECKING:
    from fortnight.evidence.schema import InputReport

NOW = 1_800_000_000_000


@pytest.fixture
def data() -> Path:
    """Return the folder of real data beside the repository."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder


def read(*paths: Path) -> tuple[list[FixBatch | StayBatch], dict[str, InputReport]]:
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
        ("cwa-exposure-windows", {"exposure windows", "test cases", "no header line"}),
        ("nhs-exposure-windows", {"exposure windows", "picture", "no longitude", "no header"}),
        ("sociopatterns", {"list of meetings", "zip archive", "no header", "no longitude"}),
        ("client-formats/google-takeout-schemas", {"JSON with", "no header line"}),
    ],
)
def test_other_evidence_is_refused_by_name(data: Path, folder: str, words: set[str]) -> None:
    batches, reports = read(data / folder)
    assert batches == []
    for report in reports.values():
        assert report.format == "none"
        assert any(word in str(report.problem) for word in words), report


def test_everything_at_once(data: Path) -> None:
    batches, _ = read(data)
    assert sum(len(batch.who) for batch in batches) == 7_335 + 23 + 14
