"""Every installed peer gives brute force's answer, and what compares answers sees their faults."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench import exact, rawfixes, worlds
from bench.agreement import agreement, overlap
from bench.contract import ANSWER, MS_A_DAY, RADIUS_M, SEGMENTS, SIGMA_MAX_M
from bench.engines.fortnight import FortnightListed, FortnightSearch
from bench.jobs import EngineError, Job, OverLimitError
from bench.registry import FIX_ENGINES, SEGMENT_ENGINES, SOME, make
from bench.table import markdown, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 60.0
CASES = [0, 7, 19]
PEERS = [name for name in SEGMENT_ENGINES if not name.startswith("fortnight")]
SAME_QUESTION = [name for name in FIX_ENGINES if name not in {"duckdb-plain", "pymeos"}]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a town of 30 people and 3 days, as segments and as fixes."""
    folder = tmp_path_factory.mktemp("world")
    worlds.write_segments(worlds.town(30, 5), 3, 5, folder / "segments.parquet")
    worlds.write_fixes(folder / "segments.parquet", 5, folder / "fixes.parquet")
    return folder


@pytest.fixture
def workdir() -> Iterator[Path]:
    """Give a folder whose parents every account may enter: PostgreSQL never runs as root."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)


def asked(engine_path: str, source: Path, workdir: Path) -> pa.Table:
    """Ask an engine in a process of its own, as a run does."""
    reason = make(engine_path).available()
    if reason:
        pytest.skip(reason)
    answer = workdir.with_suffix(".parquet")
    try:
        with Job(engine_path, workdir.with_suffix(".log")) as job:
            job.ask(LIMIT_S, do="prepare", source=str(source), workdir=str(workdir))
            job.ask(LIMIT_S, do="open", workdir=str(workdir))
            job.ask(LIMIT_S, do="save", cases=CASES, answer=str(answer))
        return pq.read_table(answer)
    finally:
        answer.unlink(missing_ok=True)
        workdir.with_suffix(".log").unlink(missing_ok=True)


def segment(
    who: int, times: tuple[int, int], places: tuple[float, float], sigma: float = 5.0
) -> list[object]:
    """Return a segment of day 20,000 that moves along one line, metres from its origin."""
    start = 20_000 * MS_A_DAY
    ends = [(worlds.EARTH_M, place, 0.0) for place in places]
    return [who, start + times[0], start + times[1], *ends[0], *ends[1], sigma, sigma, False]


def met(*rows: list[object]) -> dict[int, float]:
    """Return who the person 0 of these segments met, and for how many minutes."""
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, SEGMENTS, strict=True)]
    found = exact.brute_force(pa.Table.from_arrays(arrays, schema=SEGMENTS), [0])
    return {row["who"]: row["minutes"] for row in found.to_pylist()}


def answer_of(*rows: tuple[int, int, float]) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, ANSWER, strict=True)]
    return pa.Table.from_arrays(arrays, schema=ANSWER)


@pytest.mark.parametrize("name", PEERS)
def test_peer_equals_brute_force(name: str, world: Path, workdir: Path) -> None:
    source = world / "segments.parquet"
    held = agreement(
        exact.brute_force(pq.read_table(source), CASES),
        asked(SEGMENT_ENGINES[name], source, workdir),
    )
    assert held.contacts > 10
    assert held.equal, held


def test_who_comes_to_15_minutes_is_some_of_everybody_with_the_same_minutes(
    tmp_path: Path,
) -> None:
    worlds.write_segments(worlds.town(60, 5), 5, 5, tmp_path / "segments.parquet")
    worlds.write_fixes(tmp_path / "segments.parquet", 5, tmp_path / "fixes.parquet")
    everybody, some = FortnightSearch(), FortnightListed()
    everybody.prepare(tmp_path / "segments.parquet", tmp_path)
    for engine in (everybody, some):
        engine.open(tmp_path)
    whole, listed = everybody.contacts(CASES), some.contacts(CASES)
    held = agreement(whole, listed, whole=False)
    assert 0 < listed.num_rows < whole.num_rows
    assert held.equal
    assert held.largest_difference_s == 0.0
    assert not agreement(whole, listed).equal
    assert {name for name in SEGMENT_ENGINES if name.startswith("fortnight")} - SOME == {
        "fortnight"
    }


@pytest.mark.parametrize("name", SAME_QUESTION[1:])
def test_peers_of_raw_fixes_answer_the_same_question(
    name: str, world: Path, workdir: Path, tmp_path: Path
) -> None:
    source = world / "fixes.parquet"
    expected = asked(FIX_ENGINES[SAME_QUESTION[0]], source, tmp_path)
    assert expected.num_rows > 10
    assert asked(FIX_ENGINES[name], source, workdir).equals(expected)


def test_people_without_a_fix_are_not_counted_when_people_are_numbered(tmp_path: Path) -> None:
    names = pa.DictionaryArray.from_arrays([3, 1, 3], pa.array(["b", "d", "a", "c"]))
    columns = {"participant": names, "time": pa.array([1, 2, 3], pa.timestamp("ms", "UTC"))}
    columns |= {name: pa.array([1.0, 2.0, 3.0]) for name in ("lon", "lat")}
    pq.write_table(pa.table(columns), tmp_path / "fixes.parquet")
    assert rawfixes.read(tmp_path / "fixes.parquet")["who"].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("name", ["duckdb-plain", "pymeos"])
def test_peers_with_a_question_of_their_own_find_mostly_the_same_people(
    name: str, world: Path, workdir: Path
) -> None:
    expected = exact.brute_force(pq.read_table(world / "segments.parquet"), CASES)
    found = asked(FIX_ENGINES[name], world / "fixes.parquet", workdir)
    assert overlap(expected, found, 15.0).recall > 0.5


def test_brute_force_passing_by_at_known_speed() -> None:
    # 1 m/s past a person who stands: within 25 m for 50 s
    walker = segment(1, (0, 200_000), (-100.0, 100.0))
    found = met(segment(0, (0, 400_000), (0.0, 0.0)), walker)
    assert found == pytest.approx({1: 2 * RADIUS_M / 60.0}, abs=1e-9)


def test_brute_force_needs_time_place_and_certainty() -> None:
    case = segment(0, (0, 600_000), (0.0, 0.0))
    later = segment(1, (600_000, 900_000), (0.0, 0.0))
    beside = segment(2, (0, 600_000), (RADIUS_M + 0.01, RADIUS_M + 0.01))
    vague = segment(3, (0, 600_000), (0.0, 0.0), SIGMA_MAX_M)
    presumed = [*segment(4, (0, 600_000), (0.0, 0.0))[:-1], True]
    near = segment(5, (0, 600_000), (RADIUS_M - 0.01, RADIUS_M - 0.01))
    found = met(case, later, beside, vague, presumed, near)
    assert found == pytest.approx({5: 10.0})


def test_agreement_counts_what_differs() -> None:
    reference = answer_of((0, 1, 5.0), (0, 2, 5.0), (0, 3, 0.02))
    other = answer_of((0, 1, 5.01), (0, 4, 7.0))
    held = agreement(reference, other)
    assert (held.only_reference, held.only_other, held.borderline) == (1, 1, 1)
    assert held.largest_difference_s == pytest.approx(0.6)
    assert not held.equal
    assert agreement(reference, reference).equal


def test_agreement_refuses_minutes_off_by_more_than_a_second() -> None:
    assert not agreement(answer_of((0, 1, 5.0)), answer_of((0, 1, 5.02))).equal


def test_overlap_counts_contacts_from_a_minimum() -> None:
    reference = answer_of((0, 1, 20.0), (0, 2, 20.0), (0, 3, 1.0))
    shared = overlap(reference, answer_of((0, 1, 16.0), (0, 4, 30.0)), 15.0)
    assert (shared.contacts, shared.found) == (2, 2)
    assert shared.recall == pytest.approx(1 / 2)
    assert shared.jaccard == pytest.approx(1 / 3)


def test_a_job_over_its_limit_is_told_and_ended(world: Path, tmp_path: Path) -> None:
    source = str(world / "segments.parquet")
    with (
        pytest.raises(OverLimitError, match="over"),
        Job(SEGMENT_ENGINES["ckdtree"], tmp_path / "log") as job,
    ):
        job.ask(0.0, do="prepare", source=source, workdir=str(tmp_path))


def test_a_job_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError, match="FileNotFoundError"),
        Job(SEGMENT_ENGINES["ckdtree"], tmp_path / "log") as job,
    ):
        job.ask(LIMIT_S, do="open", workdir=str(tmp_path / "nowhere"))


def test_the_report_shows_a_limit_where_there_is_no_time() -> None:
    line: dict[str, object] = {
        "engine": "x",
        "name": "Peer",
        "version": "1",
        "setting": "plain",
        "prepare_s": None,
        "prepare_peak_bytes": 0,
        "disk_bytes": 0,
        "open_s": [],
        "peak_bytes": 0,
        "problem": {"100": "over 120 s"},
        "compared": {},
        "results": {"1": {"median_s": 0.0123, "min_s": 0.01, "max_s": 0.02}},
    }
    town = {"fix_rows": 10, "segment_rows": 5, "people": 2, "kind": "plain"}
    machine = {
        "cores": 2,
        "processor": "p",
        "memory_gib": 1,
        "system": "s",
        "python": "3",
        "versions": {},
    }
    memory = {"stream_bytes_a_second": 1e9, "gather_ns": 1.0, "hop_ns": 1.0}
    report = markdown(
        {
            "machine": machine,
            "memory": memory,
            "plan": {"cases": [1, 100]},
            "towns": [{"town": town, "tables": {"segments": [line]}}],
        }
    )
    assert "| Peer 1 | 12.3 ms (10 ms to 20 ms) | over 120 s |" in report


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.00123, "1.23 ms"), (0.5, "500 ms"), (12.34, "12.3 s"), (1500.0, "1,500 s")],
)
def test_times_are_written_in_the_unit_that_reads_best(value: float, words: str) -> None:
    assert seconds(value) == words
