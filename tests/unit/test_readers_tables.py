"""Parquet files and tables in memory: column types, spellings, row groups, damage."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fortnight.errors import InputError
from fortnight.evidence.readers import parquet
from fortnight.evidence.stream import FixBatch, StayBatch, Stream, table_batches

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.evidence.batches import Column
    from fortnight.evidence.signs import SignBatch

NOW = 1_800_000_000_000
TEN = 1_714_557_600_000  # 2024-05-01T10:00:00Z
TEN_UTC = datetime(2024, 5, 1, 10, tzinfo=UTC)

Row = tuple[str, int, float, float, float | None, int]


def rows_of(batch: FixBatch | StayBatch | SignBatch) -> list[Row]:
    assert isinstance(batch, FixBatch)
    names = batch.names.to_pylist()
    assert batch.who.dtype == np.int32
    assert batch.time.dtype == np.int64
    assert batch.lon.dtype == batch.lat.dtype == np.float64
    assert batch.accuracy.dtype == np.float32
    assert batch.source.dtype == np.uint8
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


def table(**columns: object) -> pa.Table:
    """Return a table of one sound fix, with some columns replaced (None leaves one out)."""
    plain: dict[str, object] = {
        "participant": ["ann"],
        "time": pa.array([TEN], pa.timestamp("ms", "UTC")),
        "lon": [9.9],
        "lat": [53.5],
        "accuracy": pa.array([5], pa.float32()),
        "source": ["wifi"],
    }
    chosen = {name: column for name, column in (plain | columns).items() if column is not None}
    return pa.table(chosen)  # type: ignore[arg-type] # any column that Arrow can make one of


def both_ways(folder: Path, fixes: pa.Table) -> tuple[list[Row], dict[str, int]]:
    """Read a table from memory and from a file; return rows and refusals, which must agree."""
    path = folder / "file.parquet"
    pq.write_table(fixes, path)
    stream = Stream([path], now=NOW)
    rows = [row for batch in stream for row in rows_of(batch)]
    memory = table_batches(fixes, input_name="file", now=NOW)
    assert [row for batch in memory for row in rows_of(batch)] == rows
    (one,), (other,) = stream.reports, memory.reports
    assert (one.received, one.kept, one.refused) == (other.received, other.kept, other.refused)
    assert one.received == one.kept + sum(one.refused.values()) == fixes.num_rows
    assert (one.format, other.format) == ("parquet", "table")
    return rows, dict(one.refused)


SOUND = [("ann", TEN, 9.9, 53.5, 5.0, 1)]


@pytest.mark.parametrize(
    "time",
    [
        pa.array([TEN // 1_000], pa.timestamp("s", "UTC")),
        pa.array([TEN * 1_000 + 999], pa.timestamp("us", "Europe/Berlin")),
        pa.array([TEN * 1_000_000 + 999_999], pa.timestamp("ns")),
        pa.array([TEN // 1_000], pa.int32()),
        pa.array([TEN], pa.int64()),
        pa.array([TEN * 1_000], pa.uint64()),
        pa.array([TEN * 1_000_000], pa.int64()),
        pa.array([TEN / 1_000], pa.float64()),
        pa.array([Decimal(TEN)], pa.decimal128(20, 3)),
        pa.array(["2024-05-01T12:00:00+02:00"]),
        pa.array(["1714557600"], pa.large_string()),
        pa.array(["2024-05-01 10:00Z"]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_times_of_every_kind(tmp_path: Path, time: Column) -> None:
    assert both_ways(tmp_path, table(time=time)) == (SOUND, {})


@pytest.mark.parametrize(
    ("columns", "participant"),
    [
        ({"participant": pa.array([" ann "], pa.large_string())}, "ann"),
        ({"participant": pa.array(["ann"], pa.string_view())}, "ann"),
        ({"participant": pa.array([b"ann"], pa.binary())}, "ann"),
        ({"participant": pa.array(["ann"]).dictionary_encode()}, "ann"),
        ({"participant": pa.array([17], pa.int16())}, "17"),
        ({"participant": pa.array([17.0], pa.float64())}, "17"),
        ({"participant": None, "user": ["ann"], "device": ["phone"]}, "ann/phone"),
        ({"participant": None, "user": ["ann"], "device": [3]}, "ann/3"),
        ({"participant": None, "user": ["ann"], "device": [None]}, "ann"),
        ({"participant": None}, "file"),
    ],
)
def test_participants_of_every_kind(
    tmp_path: Path, columns: dict[str, object], participant: str
) -> None:
    rows, refused = both_ways(tmp_path, table(**columns))
    assert ([row[0] for row in rows], refused) == ([participant], {})


@pytest.mark.parametrize(
    "columns",
    [
        {"lon": pa.array([9.9], pa.float32()), "lat": pa.array([53.5], pa.float16())},
        {"lon": [Decimal("9.9")], "lat": [Decimal("53.5")]},
        {"lon": ["9.9"], "lat": ["53.5"]},
        {"lon": pa.array([99000000], pa.int32()), "lat": pa.array([535000000], pa.int32())},
        {"lon": None, "lat": None, "longitudeE7": [99000000], "latitudeE7": [535000000]},
    ],
)
def test_degrees_of_every_kind(tmp_path: Path, columns: dict[str, object]) -> None:
    rows, _ = both_ways(tmp_path, table(**columns))
    assert rows[0][2:4] == pytest.approx((9.9, 53.5), abs=1e-6)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([7], pa.int64()), 7.0),
        (pa.array([None], pa.float32()), None),
        (pa.array([math.nan], pa.float64()), None),
        (pa.array(["7"]), 7.0),
        (pa.array([""]), None),
        (pa.nulls(1), None),
        (None, None),
    ],
)
def test_accuracies_of_every_kind(
    tmp_path: Path, column: Column | None, expected: float | None
) -> None:
    assert both_ways(tmp_path, table(accuracy=column))[0][0][4] == expected


def test_sources_and_missing_ones() -> None:
    fixes = pa.concat_tables([table(source=[word]) for word in ("GPS", "Wi-Fi", "cell", "fused")])
    fixes = pa.concat_tables([fixes, table(source=pa.array([None], pa.string()))])
    batches = table_batches(fixes, input_name="t", now=NOW)
    assert [row[5] for batch in batches for row in rows_of(batch)] == [0, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"participant": pa.array([None], pa.string())}, "no-participant"),
        ({"participant": [" "]}, "no-participant"),
        ({"participant": pa.array([math.nan], pa.float64())}, "no-participant"),
        ({"lon": pa.array([None], pa.float64())}, "not-a-number"),
        ({"lat": [math.inf]}, "not-a-number"),
        ({"lat": [90.01]}, "off-globe"),
        ({"lon": [-180.01]}, "off-globe"),
        ({"lon": [0.0], "lat": [-0.0]}, "null-island"),
        ({"time": pa.array([None], pa.timestamp("us"))}, "bad-time"),
        ({"time": pa.array([2**60], pa.timestamp("ms"))}, "bad-time"),
        ({"time": ["2024-05-01T10:00:00"]}, "no-offset"),
        ({"time": [NOW + 1]}, "future"),
        ({"accuracy": [-0.1]}, "bad-accuracy"),
        ({"accuracy": [10_000.1]}, "bad-accuracy"),
        ({"accuracy": [math.inf]}, "bad-accuracy"),
        ({"accuracy": ["good"]}, "bad-accuracy"),
    ],
)
def test_each_rule(tmp_path: Path, columns: dict[str, object], reason: str) -> None:
    assert both_ways(tmp_path, table(**columns)) == ([], {reason: 1})


@pytest.mark.parametrize(
    "columns",
    [
        {"lon": [180.0], "lat": [-90.0]},
        {"lon": [0.0]},
        {"lat": [0.0]},
        {"time": [NOW]},
        {"accuracy": [0.0]},
        {"accuracy": [10_000.0]},
    ],
)
def test_the_edges_of_the_rules_are_kept(tmp_path: Path, columns: dict[str, object]) -> None:
    rows, refused = both_ways(tmp_path, table(**columns))
    assert (len(rows), refused) == (1, {})


def test_examples_name_the_row_of_the_whole_table() -> None:
    fixes = pa.concat_tables([table(), table(), table(lat=[91.0])])
    stream = table_batches(fixes, input_name="t", now=NOW)
    assert sum(len(batch.who) for batch in stream) == 2
    (example,) = stream.reports[0].examples
    assert (example.reason, example.where) == ("off-globe", "row 3")
    assert "91" in example.detail


def test_tables_of_polars_and_pandas() -> None:
    columns: dict[str, list[Any]] = {
        "user": ["ann"],
        "timestamp": [TEN_UTC],
        "lng": [9.9],
        "latitude": [53.5],
    }
    naive = columns | {"timestamp": [TEN_UTC.replace(tzinfo=None)]}
    for frame in (
        pl.DataFrame(columns),
        pl.DataFrame(naive),
        pd.DataFrame(columns),
        pd.DataFrame(naive),
        pa.RecordBatch.from_pydict(columns),
    ):
        stream = table_batches(frame, input_name="t", now=NOW)
        rows = [row for batch in stream for row in rows_of(batch)]
        assert rows == [("ann", TEN, 9.9, 53.5, None, 3)]


def test_a_table_with_start_and_end_holds_stays() -> None:
    stays = pa.table(
        {"user": ["ann"], "start": [TEN], "end": [TEN + 5], "lon": [1.0], "lat": [2.0]}
    )
    (batch,) = table_batches(stays, input_name="t", now=NOW)
    assert isinstance(batch, StayBatch)
    assert (batch.start.tolist(), batch.end.tolist()) == ([TEN], [TEN + 5])


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        ([1, 2], "is no table"),
        (pa.table({"lon": [1.0], "lat": [2.0]}), "no time among its columns"),
        (pa.table({"time": [1], "lat": [2.0]}), "no longitude among its columns"),
    ],
)
def test_what_is_no_table_of_locations_is_said(thing: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        table_batches(thing, input_name="mine", now=NOW)


def test_dates_are_no_instants() -> None:
    stream = table_batches(table(time=[date(2024, 5, 1)]), input_name="t", now=NOW)
    assert list(stream) == []
    assert "date32" in str(stream.reports[0].problem)


def big(rows: int) -> pa.Table:
    return pa.table(
        {
            "participant": [f"p{row % 7}" for row in range(rows)],
            "time": list(range(TEN, TEN + rows)),
            "lon": np.linspace(1, 2, rows).tolist(),
            "lat": np.linspace(53, 54, rows).tolist(),
        },
    )


@pytest.mark.parametrize("group", [10, 333, 1_000])
def test_row_groups_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    path = tmp_path / "big.parquet"
    pq.write_table(big(1_000), path, row_group_size=group)
    whole = [row for batch in Stream([path], now=NOW) for row in rows_of(batch)]
    monkeypatch.setattr(parquet, "BATCH_ROWS", 50)
    monkeypatch.setattr(parquet, "MAX_ROWS_AT_ONCE", 300)
    bits = list(Stream([path], now=NOW))
    assert [row for batch in bits for row in rows_of(batch)] == whole
    assert len(bits) > 1
    assert len(whole) == 1_000


def test_a_damaged_row_group_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "big.parquet"
    pq.write_table(big(900), path, row_group_size=300, compression="snappy", use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(1).column(2)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset : column.data_page_offset + 200] = b"\xff" * 200
    path.write_bytes(data)
    stream = Stream([path], now=NOW)
    assert sum(len(batch.who) for batch in stream) == 600
    (report,) = stream.reports
    assert (report.received, dict(report.refused)) == (900, {"damaged": 300})
    assert report.examples[0].where == "row group 1"


def test_stopping_early_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "big.parquet"
    pq.write_table(big(1_000), path, row_group_size=10)
    batches = iter(Stream([path], now=NOW))
    assert next(batches)
    del batches  # warnings about files left open are errors here
    path.unlink()
