"""Whatever happens to a file: no exception, received = kept + refused, and its sound part kept."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortnight.evidence.stream import FixBatch, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.evidence.schema import InputReport

NOW = 1_800_000_000_000


@dataclass(frozen=True)
class Spot:
    """One sound location."""

    time: int  # seconds since 1970
    lon: float
    lat: float
    accuracy: int


@dataclass(frozen=True)
class Written:
    """A file, and where in it each record is complete."""

    data: bytes
    ends: tuple[int, ...]

    def complete(self, cut: int) -> int:
        """Return how many records lie wholly before a byte."""
        return sum(end <= cut for end in self.ends)


def clock(spot: Spot) -> str:
    return datetime.fromtimestamp(spot.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def joined(head: str, records: list[str], between: str, tail: str, *, whole: int = 0) -> Written:
    """Put records between a head and a tail; `whole` is how many bytes past it a record needs."""
    text, ends = head, []
    for place, record in enumerate(records):
        text += (between if place else "") + record
        ends.append(len(text.encode()) + whole)
    return Written((text + tail).encode(), tuple(ends))


def gpx(spots: list[Spot]) -> Written:
    points = [f'<trkpt lat="{s.lat}" lon="{s.lon}"><time>{clock(s)}</time></trkpt>' for s in spots]
    head = '<?xml version="1.0"?>\n<gpx version="1.1"><trk><name>Day out</name><trkseg>\n'
    return joined(head, points, "\n", "</trkseg></trk></gpx>\n")


def csv(spots: list[Spot]) -> Written:
    lines = [f"ann,{clock(s)},{s.lon},{s.lat},{s.accuracy},gnss" for s in spots]
    return joined("user,time,lon,lat,accuracy,source\n", lines, "\n", "\n", whole=1)


def rec(spots: list[Spot]) -> Written:
    lines = [f"{clock(s)}\t*                 \t{json.dumps(owntracks(s))}" for s in spots]
    return joined("", lines, "\n", "\n", whole=1)


def owntracks(spot: Spot) -> dict[str, object]:
    return {
        "_type": "location",
        "lat": spot.lat,
        "lon": spot.lon,
        "tst": spot.time,
        "acc": spot.accuracy,
    }


def messages(spots: list[Spot]) -> Written:
    return joined("[", [json.dumps(owntracks(s)) for s in spots], ",\n", "]\n")


def recorder(spots: list[Spot]) -> Written:
    records = [json.dumps(owntracks(s)) for s in spots]
    return joined('{"count":1,"data":[', records, ",", '],"status":200}')


def takeout(spots: list[Spot]) -> Written:
    records = [
        json.dumps(
            {
                "latitudeE7": round(s.lat * 1e7),
                "longitudeE7": round(s.lon * 1e7),
                "accuracy": s.accuracy,
                "source": "WIFI",
                "timestamp": clock(s),
            },
            indent=1,
        )
        for s in spots
    ]
    return joined('{"locations": [', records, ", ", "]\n}")


def timeline(spots: list[Spot]) -> Written:
    records = [
        json.dumps(
            {"startTime": clock(s), "endTime": clock(s), "timelinePath": [
                {"point": f"{s.lat}°, {s.lon}°", "time": clock(s)},
            ]},
            ensure_ascii=False,
        )
        for s in spots
    ]  # fmt: skip
    return joined('{"semanticSegments": [', records, ", ", '], "rawSignals": []}')


def timeline_ios(spots: list[Spot]) -> Written:
    records = [
        json.dumps(
            {"startTime": clock(s), "endTime": clock(s), "timelinePath": [
                {"point": f"geo:{s.lat},{s.lon}", "durationMinutesOffsetFromStartTime": "0"},
            ]},
        )
        for s in spots
    ]  # fmt: skip
    return joined("[\n", records, ",\n", "\n]")


def feature(spot: Spot) -> str:
    return json.dumps(
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [spot.lon, spot.lat]},
            "properties": {"time": clock(spot), "accuracy": spot.accuracy, "user": "ann"},
        },
    )


def geojson(spots: list[Spot]) -> Written:
    head = '{"type": "FeatureCollection", "features": [\n'
    return joined(head, [feature(s) for s in spots], ",\n", "]}")


def features(spots: list[Spot]) -> Written:
    return joined("", [feature(s) for s in spots], "\n", "\n", whole=1)


TEXTS: dict[str, Callable[[list[Spot]], Written]] = {
    "gpx": gpx,
    "csv": csv,
    "rec": rec,
    "messages": messages,
    "recorder": recorder,
    "takeout": takeout,
    "timeline": timeline,
    "timeline-ios": timeline_ios,
    "geojson": geojson,
    "features": features,
}

LINES = {"csv", "rec", "features"}

SPOTS = st.lists(
    st.builds(
        Spot,
        st.integers(1_700_000_000, 1_799_999_999),
        st.floats(1, 179).map(lambda value: round(value, 6)),
        st.floats(-89, -1).map(lambda value: round(value, 6)),
        st.integers(0, 9_999),
    ),
    min_size=1,
    max_size=8,
)
GARBAGE = st.one_of(
    st.binary(min_size=1, max_size=12),
    st.sampled_from(
        [b'"', b"\n", b"\r", b"{", b"}", b"]", b"[", b"},{", b"\\", b"<", b"&", b"</trkseg>",
         b"<!DOCTYPE x>", b",,,", b'"\n"', b"null", b"\x00\x00", b"\xff\xfe", b"\x1e"],
    ),
)  # fmt: skip


def read(data: bytes, name: str = "ann.dat") -> tuple[InputReport, int]:
    """Read one file; return its report and how many rows came out."""
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        stream = Stream([path], now=NOW)
        rows = sum(len(batch.who) for batch in stream)
    (report,) = stream.reports
    assert report.received == report.kept + sum(report.refused.values())
    assert report.kept == rows
    assert all(count > 0 for count in report.refused.values())
    return report, rows


@pytest.mark.parametrize("kind", TEXTS)
@given(spots=SPOTS)
@settings(max_examples=15, deadline=None)
def test_a_sound_file_is_kept_whole(kind: str, spots: list[Spot]) -> None:
    report, rows = read(TEXTS[kind](spots).data)
    assert rows == len(spots)
    assert report.problem is None


@pytest.mark.parametrize("kind", TEXTS)
@given(spots=SPOTS, share=st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_what_stands_before_a_cut_is_kept(kind: str, spots: list[Spot], share: float) -> None:
    written = TEXTS[kind](spots)
    cut = int(share * len(written.data))
    report, rows = read(written.data[:cut])
    sound = written.complete(cut)
    # A line that lost its end can be whole, and in CSV look whole; everything else cannot.
    assert sound <= rows <= sound + (kind in LINES)
    # Bracketed text that lost its end says so (whatever is left of white space does not matter).
    if kind not in LINES and cut < len(written.data.rstrip()):
        assert report.problem is not None


@pytest.mark.parametrize("kind", TEXTS)
@given(spots=SPOTS, share=st.floats(0, 1), garbage=GARBAGE)
@settings(max_examples=40, deadline=None)
def test_what_stands_before_garbage_is_kept(
    kind: str, spots: list[Spot], share: float, garbage: bytes
) -> None:
    written = TEXTS[kind](spots)
    at = int(share * len(written.data))
    _, rows = read(written.data[:at] + garbage + written.data[at:])
    if written.complete(at):
        assert rows >= written.complete(at)


@pytest.mark.parametrize("kind", TEXTS)
@given(spots=SPOTS)
@settings(max_examples=10, deadline=None)
def test_marks_blank_lines_and_line_ends_do_not_matter(kind: str, spots: list[Spot]) -> None:
    data = TEXTS[kind](spots).data
    variants = (
        b"\xef\xbb\xbf" + data,
        b"\n\n" + data,
        b"\xef\xbb\xbf\n" + data,
        data.replace(b"\n", b"\r\n"),
        data.decode().encode("utf-16"),
        gzip.compress(data),
        data + b"\n\n",
    )
    for variant in variants:
        assert read(variant)[1] == len(spots)


@pytest.mark.parametrize("kind", TEXTS)
@given(spots=SPOTS, share=st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_a_cut_archive_is_counted_too(kind: str, spots: list[Spot], share: float) -> None:
    packed = gzip.compress(TEXTS[kind](spots).data)
    report, rows = read(packed[: int(share * len(packed))], "ann.dat.gz")
    assert rows <= len(spots)
    if share < 0.99 and rows:
        assert report.problem is not None


@pytest.mark.parametrize("kind", TEXTS)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_order_and_repeats_change_no_row(kind: str, data: st.DataObject) -> None:
    spots = data.draw(SPOTS)
    shuffled = data.draw(st.permutations([*spots, spots[0]]))
    assert times(TEXTS[kind](shuffled).data) == sorted(
        [*times(TEXTS[kind](spots).data), spots[0].time * 1_000]
    )


def times(content: bytes) -> list[int]:
    """Return the times of all fixes in a file, sorted."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "ann.dat")
        path.write_bytes(content)
        found = [time for batch in Stream([path], now=NOW) for time in _times(batch)]
    return sorted(found)


def _times(batch: object) -> list[int]:
    """Return the times of a batch of fixes."""
    assert isinstance(batch, FixBatch)
    return [int(time) for time in batch.time]


def parquet(spots: list[Spot]) -> bytes:
    table = pa.table(
        {
            "participant": ["ann"] * len(spots),
            "time": pa.array([s.time for s in spots], pa.timestamp("s", "UTC")),
            "lon": [s.lon for s in spots],
            "lat": [s.lat for s in spots],
            "accuracy": [float(s.accuracy) for s in spots],
        },
    )
    sink = BytesIO()
    pq.write_table(table, sink, row_group_size=3, write_page_checksum=True)
    return sink.getvalue()


@given(spots=SPOTS, share=st.floats(0, 1), garbage=st.binary(min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_damaged_parquet_is_counted(spots: list[Spot], share: float, garbage: bytes) -> None:
    data = bytearray(parquet(spots))
    at = int(share * (len(data) - len(garbage)))
    data[at : at + len(garbage)] = garbage
    read(bytes(data))


@given(spots=SPOTS, share=st.floats(0, 0.999))
@settings(max_examples=40, deadline=None)
def test_parquet_that_was_cut_off_is_refused(spots: list[Spot], share: float) -> None:
    data = parquet(spots)
    report, rows = read(data[: int(share * len(data))])
    assert (rows, report.format) == (0, "none")
    assert report.problem
