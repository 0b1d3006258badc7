"""Zip archives: the location files in them are read, and nothing that could harm."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.evidence.checks import Limits
from fortnight.evidence.stream import Stream, held_batches
from fortnight.evidence.zipped import NONE, Bounds

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.evidence.schema import InputReport

NOW: Final = 1_772_366_400_000  # 2026-03-01 12:00 UTC
PLACE: Final = {"latitudeE7": 569500000, "longitudeE7": 241100000, "accuracy": 12}


def records(*hours: int) -> bytes:
    places = [PLACE | {"timestamp": f"2026-02-28T{hour:02d}:00:00Z"} for hour in hours]
    return json.dumps({"locations": places}).encode()


MONTH: Final = json.dumps(
    {"timelineObjects": [{"placeVisit": {
        "location": {"latitudeE7": 569500000, "longitudeE7": 241100000},
        "duration": {"startTimestamp": "2026-02-27T10:00:00Z",
                     "endTimestamp": "2026-02-27T11:00:00Z"}}}]}
).encode()  # fmt: skip


def archive(method: int = zipfile.ZIP_DEFLATED, **files: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as made:
        made.mkdir("Takeout")
        for name, content in files.items():
            made.writestr(f"Takeout/{name}", content)
    return whole.getvalue()


def read(content: bytes) -> tuple[int, InputReport]:
    """Return how many rows were read of what is held in memory, and the report."""
    stream = held_batches(content, input_name="upload", limits=Limits.of(NOW, None))
    rows = sum(len(batch.who) for batch in stream)
    (report,) = stream.reports
    assert report.received == report.kept + sum(report.refused.values())
    return rows, report


TAKEOUT: Final = archive(
    records=records(8, 9), month=MONTH, settings=b'{"deviceSettings": []}', page=b"<html></html>",
    picture=b"\xff\xd8\xff",
)  # fmt: skip


def test_takeout_is_read_as_it_comes_and_what_else_is_in_it_is_counted_by_kind() -> None:
    rows, report = read(TAKEOUT)
    assert (rows, report.kept, report.refused) == (3, 3, {"zip-other-file": 3})
    assert report.problem is None
    said = " ".join(f"{one.where} {one.detail}" for one in report.examples)
    assert "Google Takeout settings" in said
    assert "Takeout/" not in said  # names of files are told nowhere


def test_the_command_reads_it_under_the_archives_name(tmp_path: Path) -> None:
    path = tmp_path / "anna.zip"
    path.write_bytes(TAKEOUT)
    batches = list(Stream([path], now=NOW))
    assert {name for batch in batches for name in batch.names.to_pylist()} == {"anna"}
    assert sum(len(batch.who) for batch in batches) == 3


def locked() -> bytes:
    """Set the flag of a locked file in both headers: nothing here could lock one."""
    made = bytearray(archive(zipfile.ZIP_STORED, places=records(8)))
    made[made.find(b"PK\x03\x04", 4) + 6] |= 1
    made[made.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def damaged() -> bytes:
    made = bytearray(archive(zipfile.ZIP_STORED, places=records(8)))
    at = made.find(b"latitudeE7")
    made[at : at + 4] = b"LATI"
    return bytes(made)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (archive(page=b"<html></html>"), "zip-other-file"),
        (archive(table=b"PAR1 table PAR1"), "zip-other-file"),
        (locked(), "zip-locked"),
        (archive(inner=archive(places=records(8))), "zip-archive"),
        (archive(inner=gzip.compress(records(8))), "zip-archive"),
        (archive(bomb=b" " * (8 << 20)), "zip-too-large"),
        (archive(zipfile.ZIP_BZIP2, places=records(8)), "zip-damaged"),
    ],
    ids=["page", "Parquet", "locked", "zip", "gzip", "bomb", "another packing"],
)
def test_what_is_no_location_file_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    rows, report = read(content)
    assert (rows, report.refused) == (0, {reason: 1})
    assert report.problem == NONE


def test_one_bad_file_does_not_stop_the_good_beside_it() -> None:
    made = io.BytesIO(damaged())
    with zipfile.ZipFile(made, "a") as more:
        more.writestr("good", records(10, 11))
    rows, report = read(made.getvalue())
    assert rows >= 2
    assert report.refused["zip-damaged"] == 1


def test_no_more_is_unpacked_than_the_bounds_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive(one=records(1, 2), two=records(3, 4), three=records(5, 6))
    size = len(records(1, 2))
    monkeypatch.setattr("fortnight.evidence.stream.SENT", Bounds(4, 2 * size))
    rows, report = read(content)
    assert (rows, report.refused) == (4, {"zip-too-large": 1})
    monkeypatch.setattr("fortnight.evidence.stream.SENT", Bounds(3, 1 << 30))
    rows, report = read(content)  # the folder counts too
    assert rows == 0
    assert report.problem == "a zip archive of more than 3 files: unpack it first"


def test_a_header_that_lies_about_the_size_makes_nobody_read_more() -> None:
    """The size that an archive claims binds the reader: what is longer is cut, and refused."""
    content = archive(places=records(*range(20)))
    true, claimed = (size.to_bytes(4, "little") for size in (len(records(*range(20))), 100))
    rows, report = read(content.replace(true, claimed))
    assert rows == 0
    assert sum(report.refused.values()) >= 1


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_damage_anywhere_is_a_reason_and_never_a_traceback(seed: int, count: int) -> None:
    drawn, made = random.Random(seed), bytearray(TAKEOUT)  # noqa: S311 - to be repeatable
    for _ in range(count):
        made[drawn.randrange(len(made))] = drawn.randrange(256)
    rows, report = read(bytes(made[: drawn.randrange(4, len(made) + 1)]))
    assert rows <= 3
    assert report.kept <= 3
