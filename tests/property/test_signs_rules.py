"""Signs: order and splitting never matter, every row is accounted for, garbage raises nothing."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.signs import read, rows

from fortnight.api import index_of
from fortnight.evidence.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortnight.evidence.schema import Evidence, InputReport, Signs

NOW = 1_800_000_000_000
START = 1_719_828_000
PEOPLE = ("a", "b", "c", "stranger-1", "stranger-2")
AGREED = frozenset({"a", "b", "c"})

Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of file: its rows, and how they are written."""

    rows: st.SearchStrategy[Row]
    write: Callable[[Sequence[Row]], bytes]


def table(held: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Return rows as CSV, nothing for None."""
    lines = [",".join("" if row[c] is None else str(row[c]) for c in columns) for row in held]
    return "\n".join([",".join(columns), *lines, ""]).encode()


def record(names: Sequence[str], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    """Return rows in which the given columns name people."""
    return st.fixed_dictionaries({**dict.fromkeys(names, st.sampled_from(PEOPLE)), **more})


MOMENTS = st.integers(START, START + 40).map(lambda second: START + (second - START) * 60)
MAYBE = st.one_of(st.none(), MOMENTS)
SCANS = st.lists(
    st.fixed_dictionaries(
        {
            "typicalAttenuation": st.sampled_from([40, 60, 300, "x"]),
            "minAttenuation": st.sampled_from([30, 50]),
            "secondsSinceLastScan": st.sampled_from([-5, 0, 300]),
        },
    ),
    max_size=3,
)
STRENGTHS = st.sampled_from([40, 61.5, None, 400])
KINDS = {
    "sightings": Kind(
        record(["seen_by", "seen"], time=MOMENTS, attenuation=STRENGTHS),
        lambda held: table(held, ("time", "seen_by", "seen", "attenuation")),
    ),
    "sensor-contacts": Kind(
        st.fixed_dictionaries({"t": MOMENTS, "i": st.integers(1, 4), "j": st.integers(1, 4)}),
        lambda held: "".join(f"{row['t']} {row['i']} {row['j']}\n" for row in held).encode(),
    ),
    "check-ins": Kind(
        record(
            ["participant"],
            venue=st.sampled_from(["bar", "gym", None]),
            room=st.sampled_from(["hall", None]),
            check_in=MOMENTS,
            check_out=MAYBE,
            max_minutes=st.sampled_from([None, 20, 600]),
            lon=st.sampled_from([None, 1.5, 200]),
        ),
        lambda held: table(
            [{**row, "lat": row["lon"]} for row in held],
            ("participant", "venue", "room", "check_in", "check_out", "max_minutes", "lon", "lat"),
        ),
    ),
    "calls": Kind(
        record(
            ["from", "to"],
            time=MOMENTS,
            kind=st.sampled_from(["call", "sms", "fax", None]),
            seconds=st.sampled_from([None, 0, 60, -1]),
        ),
        lambda held: table(held, ("time", "from", "to", "kind", "seconds")),
    ),
    "exposure-windows": Kind(
        record(
            ["participant", "other"],
            date=st.sampled_from(["2024-07-01", "2024-07-02", None]),
            reportType=st.sampled_from([1, 9, None]),
            scanInstances=SCANS,
        ),
        lambda held: json.dumps(held).encode(),
    ),
    "check-in-records": Kind(
        record(["participant"], venue=st.just("bar"), checkIn=MOMENTS, checkOut=MAYBE),
        lambda held: json.dumps(held, indent=1).encode(),
    ),
}  # fmt: skip
CELLS = Kind(
    st.fixed_dictionaries(
        {
            "cell": st.sampled_from(["c1", "c2"]),
            "lon": st.sampled_from([1.5, 1.6, 0]),
            "lat": st.just(0),
            "range": st.sampled_from([None, 500, 900, -1]),
        },
    ),
    lambda held: table(held, ("cell", "lon", "lat", "range")),
)
EVENTS = Kind(
    record(["participant"], time=MOMENTS, cell=st.sampled_from(["c1", "c2", "c3"])),
    lambda held: table(held, ("participant", "time", "cell")),
)
EVERY = {**KINDS, "cell-sites": CELLS, "cell-events": EVENTS}


def read_all(*contents: bytes) -> Evidence:
    """Read files of the given contents, and check that every row is accounted for."""
    with TemporaryDirectory() as folder:
        found = read(Path(folder), *contents, enrolled=AGREED)
    for report in found.inputs:
        assert report.received == report.kept + sum(report.refused.values())
        assert all(count > 0 for count in report.refused.values())
        assert report.problem is None
    return found


def totals(evidence: Evidence) -> Counter[str]:
    """Return how often each reason was given in all files together."""
    found: Counter[str] = Counter()
    for report in evidence.inputs:
        found.update(report.refused)
    return found


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_order_and_splitting_never_matter(kind: str, data: st.DataObject) -> None:
    held = data.draw(st.lists(KINDS[kind].rows, min_size=1, max_size=12))
    shuffled = data.draw(st.permutations(held))
    cut = data.draw(st.integers(0, len(held)))
    write = KINDS[kind].write
    whole = read_all(write(held))
    parts = read_all(*(write(part) for part in (shuffled[:cut], shuffled[cut:]) if part))
    assert parts.signs == whole.signs
    assert totals(parts) == totals(whole)
    assert sum(report.received for report in parts.inputs) == len(held)
    kept = sum(report.kept for report in whole.inputs)
    assert kept == sum(table.num_rows for table in whole.signs.tables().values())


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_cells_and_events_may_come_in_any_order(data: st.DataObject) -> None:
    cells = data.draw(st.lists(CELLS.rows, min_size=1, max_size=6))
    events = data.draw(st.lists(EVENTS.rows, min_size=1, max_size=6))
    cut = data.draw(st.integers(0, len(cells)))
    whole = read_all(CELLS.write(cells), EVENTS.write(events))
    files = [EVENTS.write(events[::-1]), CELLS.write(cells[cut:]), CELLS.write(cells[:cut])]
    parts = read_all(*files)
    assert parts.fixes == whole.fixes
    assert totals(parts) == totals(whole)
    assert sum(report.received for report in parts.inputs) == len(cells) + len(events)


@pytest.mark.parametrize("kind", ["calls", "cell-events"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_only_who_agreed_is_ever_named(kind: str, data: st.DataObject) -> None:
    held = data.draw(st.lists(EVERY[kind].rows, min_size=1, max_size=12))
    found = read_all(EVERY[kind].write(held), CELLS.write([{"cell": "c1", "lon": 1, "lat": 1,
                                                            "range": 9}]))  # fmt: skip
    assert "stranger" not in repr(found)
    people = ("from", "to") if kind == "calls" else ("participant",)
    others = sum(any(row[name] not in AGREED for name in people) for row in held)
    assert found.inputs[0].refused.get("not-enrolled", 0) == others
    index, _ = index_of(found, now=NOW)
    assert set(index.tracks.names) <= AGREED


@given(held=st.lists(KINDS["check-ins"].rows, max_size=12))
@settings(max_examples=60, deadline=None)
def test_visits_of_one_person_at_one_place_never_overlap(held: list[Row]) -> None:
    found = read_all(KINDS["check-ins"].write(held))
    visits = rows(found.signs.visits, "participant", "venue", "room", "start", "end", "closed")
    for before, row in pairwise(visits):
        if row[:3] == before[:3]:
            assert row[3] >= before[4]
    for who, *_, start, end, closed in visits:
        assert start <= end
        later = [row[3] for row in visits if row[0] == who and row[3] > start]
        if closed == "presumed":
            assert all(end <= moment for moment in later)


@given(held=st.lists(KINDS["check-ins"].rows, max_size=12))
@settings(max_examples=40, deadline=None)
def test_merging_loses_and_invents_no_minute_that_was_checked_out(held: list[Row]) -> None:
    found = read_all(KINDS["check-ins"].write(held))
    given_minutes = {
        (row["participant"], row["venue"], row["room"], minute)
        for row in held
        if row["venue"] and row["check_out"] and row["lon"] != 200
        for minute in range(row["check_in"], row["check_out"], 60)
    }
    kept = {
        (row["participant"], row["venue"], row["room"], minute)
        for row in found.signs.visits.to_pylist()
        if row["closed"] == "checked-out"
        for minute in range(int(row["start"].timestamp()), int(row["end"].timestamp()), 60)
    }
    assert kept == given_minutes


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_evidence_that_was_read_is_read_the_same_again(data: st.DataObject) -> None:
    contents = [
        KINDS[kind].write(data.draw(st.lists(KINDS[kind].rows, min_size=1, max_size=6)))
        for kind in KINDS
    ]
    found = read_all(*contents)
    index, _ = index_of(found, now=NOW)
    assert index.signs == found.signs
    assert index_of(replace(found, signs=index.signs), now=NOW)[0].signs == found.signs
    again = read_tables(found.signs)
    assert again.encounters == found.signs.encounters
    assert again.visits == found.signs.visits
    assert again.ties == found.signs.ties


def read_tables(signs: Signs) -> Signs:
    """Write the tables that are read from Parquet, and read them."""
    contents = []
    for name in ("encounters", "visits", "ties"):
        sink = BytesIO()
        pq.write_table(signs.tables()[name], sink)
        contents.append(sink.getvalue())
    return read_all(*contents).signs


GARBAGE = st.one_of(
    st.binary(min_size=1, max_size=12),
    st.sampled_from(
        [b'"', b"\n", b"\r", b"{", b"}", b"]", b"[", b"},{", b",,,", b"\x00", b"\xff\xfe", b"null",
         b"\t", b" ", b"1e999", b"-"],
    ),
)  # fmt: skip


def survive(content: bytes) -> InputReport:
    """Read whatever it is, and check that every row is accounted for."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "file.dat")
        path.write_bytes(content)
        stream = Stream([path], now=NOW, enrolled=AGREED)
        batches = list(stream)
    (report,) = stream.reports
    assert report.received == report.kept + sum(report.refused.values())
    held = sum(len(batch.who) for batch in batches)
    assert held == report.kept or report.format == "cell-sites"
    assert report.kept >= 0
    return report


@pytest.mark.parametrize("kind", EVERY)
@given(data=st.data(), share=st.floats(0, 1), garbage=GARBAGE)
@settings(max_examples=40, deadline=None)
def test_garbage_is_counted_and_raises_nothing(
    kind: str, data: st.DataObject, share: float, garbage: bytes
) -> None:
    held = data.draw(st.lists(EVERY[kind].rows, min_size=1, max_size=6))
    written = EVERY[kind].write(held)
    at = int(share * len(written))
    report = survive(written[:at] + garbage + written[at:])
    if EVERY[kind].write in {KINDS["calls"].write, EVENTS.write}:
        assert "stranger" not in repr(report)


@pytest.mark.parametrize("kind", EVERY)
@given(data=st.data(), share=st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_a_cut_file_or_archive_is_counted(kind: str, data: st.DataObject, share: float) -> None:
    held = data.draw(st.lists(EVERY[kind].rows, min_size=1, max_size=6))
    written = EVERY[kind].write(held)
    survive(written[: int(share * len(written))])
    packed = gzip.compress(written)
    survive(packed[: int(share * len(packed))])
    assert survive(packed).received == len(held)


@given(data=st.data(), share=st.floats(0, 1), garbage=st.binary(min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_damaged_parquet_is_counted(data: st.DataObject, share: float, garbage: bytes) -> None:
    held = data.draw(st.lists(KINDS["sightings"].rows, min_size=1, max_size=6))
    sink = BytesIO()
    pq.write_table(read_all(KINDS["sightings"].write(held)).signs.encounters, sink)
    content = bytearray(sink.getvalue())
    at = int(share * (len(content) - len(garbage)))
    content[at : at + len(garbage)] = garbage
    survive(bytes(content))


def test_a_name_that_is_not_in_its_dictionary_is_counted() -> None:
    """Arrow reads a damaged place in a dictionary without a word: looked up, it would raise."""
    said = pa.table(
        {
            "time": pa.array([1_700_000_000_000 + 60_000 * k for k in range(6)]).cast(
                pa.timestamp("ms", tz="UTC")
            ),
            "seen_by": ["a", "b", "a", "c", "b", "a"],
            "seen": ["b", "a", "c", "a", "c", "b"],
            "attenuation": [50.0] * 6,
        }
    )
    sink = BytesIO()
    pq.write_table(said, sink, compression="none")
    whole = sink.getvalue()
    assert survive(whole).kept == 6
    pages: Any = pq.ParquetFile(BytesIO(whole)).metadata.row_group(0).column(1)
    end = pages.dictionary_page_offset + pages.total_compressed_size
    # its last two bytes are the places, two bits each: three names, and none in the fourth place
    damaged = whole[: end - 2] + b"\xff" + whole[end - 1 :]
    file = pq.ParquetFile(BytesIO(damaged), read_dictionary=["seen_by"])
    column: Any = file.read()["seen_by"].chunk(0)
    assert max(column.indices.to_pylist()) == len(column.dictionary) == 3
    report = survive(damaged)
    assert (report.kept, report.refused) == (0, {"damaged": 6})
