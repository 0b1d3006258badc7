"""Many inputs at once: which files, in which order, within which window, and what is told."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fortnight.errors import InputError
from fortnight.evidence.checks import Limits
from fortnight.evidence.schema import InputReport
from fortnight.evidence.source import participant_of
from fortnight.evidence.stream import FixBatch, StayBatch, Stream, with_refused
from fortnight.parameters import Parameters

NOW = 1_800_000_000_000
DAY = 86_400_000
NOON = 1_714_564_800_000  # 2024-05-01T12:00:00Z
MIDNIGHT = NOON - DAY // 2


def csv(folder: Path, name: str, *times: int) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("time,lon,lat\n" + "".join(f"{time},9.9,53.5\n" for time in times))
    return path


def names(stream: Stream) -> list[str]:
    for _ in stream:
        pass
    return [Path(report.path).name for report in stream.reports]


def test_folders_patterns_and_files_each_once_in_path_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "deep/er/c.csv", ".hidden.csv", ".git/d.csv"):
        csv(tmp_path, name, NOON)
    inputs: list[str | Path] = [tmp_path / "b.csv", str(tmp_path / "*.csv"), tmp_path]
    assert names(Stream(inputs, now=NOW)) == ["a.csv", "b.csv", "c.csv"]
    assert names(Stream([str(tmp_path / "**" / "c.csv")], now=NOW)) == ["c.csv"]


@pytest.mark.parametrize("missing", ["nobody.gpx", "*.gpx", "empty", "empty/**"])
def test_an_input_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    (tmp_path / "empty").mkdir()
    csv(tmp_path, "a.csv", NOON)
    with pytest.raises(InputError) as error:
        Stream([tmp_path / "a.csv", str(tmp_path / missing)], now=NOW)
    assert missing in str(error.value)


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    assert names(Stream([csv(tmp_path, "a[1].csv", NOON)], now=NOW)) == ["a[1].csv"]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    csv(tmp_path, "a.csv", NOON)
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "c.csv").symlink_to(tmp_path / "gone.csv")
    csv(tmp_path, "d.csv", NOON)
    stream = Stream([tmp_path], now=NOW)
    batches = list(stream)
    assert [batch.input for batch in batches] == [0, 3]
    assert [report.format for report in stream.reports] == ["csv", "none", "none", "csv"]
    assert "picture" in str(stream.reports[1].problem)
    assert stream.reports[2].problem


def test_nothing_comes_twice(tmp_path: Path) -> None:
    stream = Stream([csv(tmp_path, "a.csv", NOON)], now=NOW)
    assert len(list(stream)) == 1
    assert list(stream) == []
    assert len(stream.reports) == 1


@pytest.mark.parametrize(
    ("time", "kept"),
    [
        (MIDNIGHT - DAY, True),
        (MIDNIGHT - DAY - 1, False),
        (MIDNIGHT + 3 * DAY - 1, True),
        (MIDNIGHT + 3 * DAY, False),
    ],
)
def test_a_day_on_either_side_of_the_window_is_kept(
    tmp_path: Path, time: int, *, kept: bool
) -> None:
    window = (NOON, NOON + DAY)
    stream = Stream([csv(tmp_path, "a.csv", time)], now=NOW, window=window)
    assert bool(list(stream)) == kept
    assert stream.reports[0].refused == ({} if kept else {"outside-window": 1})


def test_without_a_window_every_time_up_to_now_is_kept() -> None:
    limits = Limits.of(NOW, None)
    assert limits.first < -NOW < NOW < limits.stop


def test_a_stay_is_kept_if_any_of_it_is_near_the_window(tmp_path: Path) -> None:
    path = tmp_path / "stays.csv"
    path.write_text(
        "user,start,end,lon,lat\n"
        f"a,{MIDNIGHT - 9 * DAY},{MIDNIGHT - DAY},1,2\n"
        f"b,{MIDNIGHT - 9 * DAY},{MIDNIGHT - DAY - 1},1,2\n"
        f"c,{MIDNIGHT + 2 * DAY - 1},{MIDNIGHT + 9 * DAY},1,2\n"
        f"d,{MIDNIGHT + 2 * DAY},{MIDNIGHT + 9 * DAY},1,2\n",
    )
    stream = Stream([path], now=NOW, window=(NOON, NOON))
    (batch,) = stream
    assert isinstance(batch, StayBatch)
    assert [batch.names.to_pylist()[who] for who in batch.who] == ["a", "c"]
    assert stream.reports[0].refused == {"outside-window": 2}


def test_the_accuracy_of_visits_is_a_parameter(tmp_path: Path) -> None:
    path = tmp_path / "ann.json"
    path.write_text(
        '[{"startTime":"2024-05-01T10:00:00Z","endTime":"2024-05-01T11:00:00Z",'
        '"visit":{"topCandidate":{"placeLocation":"geo:53.5,9.9"}}}]',
    )
    (batch,) = Stream([path], now=NOW, parameters=Parameters(visit_accuracy_m=80))
    assert isinstance(batch, StayBatch)
    assert batch.accuracy.tolist() == [80]


def test_progress_only_grows_and_ends_at_the_whole(tmp_path: Path) -> None:
    csv(tmp_path, "a.csv", *range(NOON, NOON + 5_000))
    csv(tmp_path, "b.csv", NOON)
    (tmp_path / "c.png").write_bytes(b"\x89PNG" * 100)
    told: list[tuple[int, int]] = []
    for _ in Stream([tmp_path], now=NOW, on_progress=lambda *now: told.append(now)):
        pass
    whole = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert [read for read, _ in told] == sorted(read for read, _ in told)
    assert {total for _, total in told} == {whole}
    assert told[-1][0] == whole


def test_gzip_in_parts_padded_and_many_times_its_size(tmp_path: Path) -> None:
    header, row = b"time,lon,lat\n", f"{NOON},9.9,53.5\n".encode()
    rows = 1_000_000
    packed = gzip.compress(header + row * (rows // 2)) + gzip.compress(row * (rows // 2))
    assert len(packed) * 100 < rows * len(row)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(packed + b"\x00" * 512)
    stream = Stream([path], now=NOW)
    assert sum(len(batch.who) for batch in stream) == rows
    assert stream.reports[0].problem is None
    assert max(len(batch.who) for batch in Stream([path], now=NOW)) < rows


def test_gzip_around_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress(b"PAR1 and more"))
    stream = Stream([path], now=NOW)
    assert list(stream) == []
    assert "unpack it" in str(stream.reports[0].problem)


def test_rows_move_from_kept_to_refused() -> None:
    report = InputReport("a.csv", "csv", 10, 8, {"future": 2})
    moved = with_refused(with_refused(report, "repeat", 3), "future", 1)
    assert (moved.received, moved.kept, dict(moved.refused)) == (10, 4, {"future": 3, "repeat": 3})
    assert with_refused(report, "repeat", 0) is report
    assert dict(report.refused) == {"future": 2}
    with pytest.raises(ValueError, match="cannot refuse 9"):
        with_refused(report, "repeat", 9)


@pytest.mark.parametrize(
    ("name", "participant"),
    [
        ("ann.gpx", "ann"),
        ("ann.2024.gpx", "ann.2024"),
        ("ann.json.gz", "ann"),
        ("ann", "ann"),
        (".gpx", ".gpx"),
        ("ann.b.GZ", "ann"),
    ],
)
def test_a_files_name_without_its_ending(name: str, participant: str) -> None:
    assert participant_of(Path("some", name)) == participant


def test_batches_of_one_file_point_at_its_report(tmp_path: Path) -> None:
    csv(tmp_path, "a.csv")
    csv(tmp_path, "b.csv", NOON)
    stream = Stream([tmp_path], now=NOW)
    (batch,) = stream
    assert isinstance(batch, FixBatch)
    assert stream.reports[batch.input].path.endswith("b.csv")
    assert stream.reports[0].received == 0
