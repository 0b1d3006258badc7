"""The library as a notebook uses it: any table in, Arrow out, and errors that a person can use."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import rice  # type: ignore[import-untyped]  # SciPy ships no types
from tests.reference.people import Fix
from tests.reference.tables import fixes_table

import fortnight
from fortnight.api import index_of
from fortnight.contact.store import save_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ONSET = date(2024, 7, 1)
START = int(datetime(2024, 7, 1, 8, tzinfo=UTC).timestamp()) * 1_000
MINUTE = 60_000


def rows(minutes: int = 40) -> list[tuple[str, Fix]]:
    """Two people at one table, one across the street, one in another town."""
    places = {"case": 12.5, "near": 12.50008, "street": 12.504, "town": 13.7}
    return [
        (name, Fix(START + k * MINUTE, lon, 55.7, 10.0))
        for name, lon in places.items()
        for k in range(minutes + 1)
    ]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return fixes_table(rows())


def as_pandas(table: pa.Table) -> object:
    return table.to_pandas()


def as_polars(table: pa.Table) -> object:
    return pl.from_arrow(table)


def as_batch(table: pa.Table) -> object:
    return table.combine_chunks().to_batches()[0]


def as_reader(table: pa.Table) -> object:
    return table.to_reader()


@pytest.mark.parametrize("kind", [pa.table, as_pandas, as_polars, as_batch, as_reader])
def test_any_table_with_the_arrow_interface_gives_one_answer(
    table: pa.Table, kind: Callable[[pa.Table], object]
) -> None:
    found = fortnight.trace(kind(table), case="case", onset=ONSET)
    (contact,) = found.contacts.to_pylist()
    assert contact["participant"] == "near"
    assert contact["minutes"] == 40.0
    assert contact["expected_minutes"] == pytest.approx(
        40 * rice.cdf(25 / 200**0.5, 5.01 / 200**0.5), abs=0.02
    )
    assert contact["nearest_m"] == 5.0
    assert contact["first"] == datetime(2024, 7, 1, 8, tzinfo=UTC)
    assert contact["tier"] == "told-and-tested"
    (episode,) = found.episodes.to_pylist()
    assert (episode["window"], episode["presumed"]) == ("look-forward", False)
    assert episode["lon"] == pytest.approx(12.50004, abs=1e-6)
    assert found.same_area.num_rows == 0


def test_results_are_arrow_tables_of_timestamps_in_utc(table: pa.Table) -> None:
    found = fortnight.trace(table, case="case", onset=ONSET)
    for name in ("first", "last"):
        assert found.contacts.schema.field(name).type == pa.timestamp("ms", tz="UTC")
    assert found.episodes.schema.field("start").type == pa.timestamp("ms", tz="UTC")
    frame = pl.from_arrow(found.contacts)
    assert isinstance(frame, pl.DataFrame)
    assert frame["participant"].to_list() == ["near"]
    assert isinstance(found.contacts.to_pandas(), pd.DataFrame)


def test_files_tables_indexes_and_evidence_answer_alike(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "fixes.parquet")
    evidence = fortnight.read(tmp_path / "fixes.parquet")
    index, reports = index_of(evidence)
    save_index(index, tmp_path / "index", reports)
    answers = [
        fortnight.trace(each, case="case", onset=ONSET)
        for each in (
            table,
            evidence,
            evidence.fixes,
            index,
            fortnight.open_index(tmp_path / "index"),
        )
    ]
    for answer in answers[1:]:
        assert answer.contacts.equals(answers[0].contacts)
        assert answer.episodes.equals(answers[0].episodes)
    assert answers[1].inputs == evidence.inputs
    assert answers[1].inputs[0].path.endswith("fixes.parquet")
    assert answers[0].inputs[0].received == table.num_rows


def test_evidence_is_sorted_and_keeps_what_it_was_given(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table.take(list(range(table.num_rows))[::-1]), tmp_path / "fixes.parquet")
    evidence = fortnight.read(tmp_path)
    assert evidence.fixes["participant"].to_pylist() == [name for name, _ in rows()]
    for name in ("participant", "time", "lon", "lat", "accuracy", "source"):
        assert evidence.fixes[name].to_pylist() == table[name].to_pylist()
    assert not any(evidence.fixes["assumed"].to_pylist())


def test_rows_later_than_now_are_refused(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "fixes.parquet")
    (report,) = fortnight.read(tmp_path, now=START + 10 * MINUTE).inputs
    assert report.kept == 4 * 11
    assert report.refused == {"future": 4 * 30}


def test_many_cases_are_answered_in_their_order(table: pa.Table) -> None:
    cases = [fortnight.Case(name, onset=ONSET) for name in ("town", "near", "case", "near")]
    found = list(fortnight.trace_cases(table, cases, fortnight.question()))
    assert [trace.case.participant for trace in found] == ["town", "near", "case", "near"]
    assert [trace.contacts.num_rows for trace in found] == [0, 1, 1, 1]


def test_a_test_date_serves_where_there_is_no_onset(table: pa.Table) -> None:
    found = fortnight.trace(table, case="case", test_date=ONSET)
    assert found.case.anchor == ONSET
    assert found.contacts.num_rows == 1


def test_the_window_ends_with_the_last_evidence(table: pa.Table) -> None:
    found = fortnight.trace(table, case="case", onset=date(2024, 6, 28))
    assert (found.window.first, found.window.last) == (date(2024, 6, 14), ONSET)
    found = fortnight.trace(table, case="case", onset=ONSET, timezone="Pacific/Kiritimati")
    assert found.window.last == ONSET
    late = fixes_table([(n, Fix(f.time + 5 * 3_600_000, f.lon, f.lat, 10.0)) for n, f in rows()])
    found = fortnight.trace(late, case="case", onset=ONSET, timezone="Pacific/Kiritimati")
    assert found.window.last == ONSET + timedelta(days=1)  # 13:00 UTC is 3:00 there


def test_coverage_is_told_for_the_case_and_each_contact(table: pa.Table) -> None:
    found = fortnight.trace(table, case="case", onset=ONSET, days=0)
    assert found.coverage == 9 / 288
    (contact,) = found.contacts.to_pylist()
    assert contact["coverage"] == pytest.approx(9 / 288, abs=1e-4)
    assert contact["unobserved_minutes"] == 1_440 - 45


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"case": "cases", "onset": ONSET}, "Close to it: case"),
        ({"case": "", "onset": ONSET}, "no participant ''"),
        ({"case": "case"}, "--onset DATE"),
        ({"case": "case", "onset": date(2030, 1, 1)}, "before it begins"),
        ({"case": "case", "onset": ONSET, "days": -1}, "--days"),
        ({"case": "case", "onset": ONSET, "until": date(2020, 1, 1)}, "before it begins"),
        ({"case": "case", "onset": ONSET, "radius_m": 0.0}, "radius_m"),
        ({"case": "case", "onset": ONSET, "radius_m": -5.0}, "radius_m"),
        ({"case": "case", "onset": ONSET, "radius_m": float("nan")}, "radius_m"),
        ({"case": "case", "onset": ONSET, "min_minutes": -1.0}, "--min-minutes"),
        ({"case": "case", "onset": ONSET, "min_minutes": 1_441.0}, "--min-minutes"),
        ({"case": "case", "onset": ONSET, "timezone": "Nowhere"}, "time zone"),
    ],
)
def test_impossible_questions_say_what_to_do(
    table: pa.Table, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(fortnight.QuestionError, match=told) as raised:
        fortnight.trace(table, **asked)
    assert str(raised.value).endswith(".")


def test_an_unknown_disease_is_told(table: pa.Table) -> None:
    with pytest.raises(fortnight.DiseaseError, match="covid-19"):
        fortnight.trace(table, case="case", onset=ONSET, disease="gout")


@pytest.mark.parametrize("thing", [42, "fixes.parquet", None, [1, 2]])
def test_what_is_no_table_is_told(thing: object) -> None:
    with pytest.raises(fortnight.InputError, match="no table"):
        fortnight.trace(thing, case="case", onset=ONSET)


def test_a_table_without_positions_is_told(table: pa.Table) -> None:
    with pytest.raises(fortnight.InputError, match=r"longitude|lon"):
        fortnight.trace(table.drop_columns(["lon"]), case="case", onset=ONSET)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(fortnight.InputError, match=r"nothing\.gpx"):
        fortnight.read(tmp_path / "nothing.gpx")


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in fortnight.__all__:
        assert (getattr(fortnight, name).__doc__ or "").strip(), name
