"""What must not change an answer: order, files, threads, where the index is, who else is there."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.reference.agreement import rows_of
from tests.reference.effort import FEWER
from tests.reference.people import Fix, Person, World
from tests.reference.places import kept
from tests.reference.tables import evidence_of, fixes_table, rows_of_world
from tests.reference.worlds import HOUR, Question, questions, worlds

import fortnight
from fortnight.api import gather, index_of, wanted
from fortnight.contact.index import build_index
from fortnight.contact.store import load_index, save_index
from fortnight.contact.trace import Trace, trace_many, trace_one
from fortnight.report.assemble import document_of
from fortnight.report.encode import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from fortnight.contact.index import Index

NOW = 1_800_000_000_000
PRESUMED = 3


def asked_of(question: Question) -> tuple[fortnight.Case, Any]:
    """Return a question as the library's own values."""
    asked = fortnight.question(
        days=question.days,
        until=question.until,
        radius_m=question.radius_m,
        min_minutes=question.min_minutes,
        timezone=question.timezone,
    )
    return fortnight.Case(question.case, onset=question.onset), asked


def traced(index: Index, question: Question) -> Trace:
    """Ask an index."""
    case, asked = asked_of(question)
    return trace_one(index, case, asked)


def told(trace: Trace) -> bytes:
    """Return all that a report shows, inputs aside, as bytes."""
    return to_json(document_of(trace, inputs=()))


def indexed(evidence: object, threads: int = 2) -> Index:
    """Build an index in memory."""
    return index_of(evidence, now=NOW, threads=threads)[0]


@st.composite
def asked_worlds(draw: st.DrawFn, most: float = 15.0) -> tuple[World, Question]:
    """Draw a world, and a question about someone of whom there is evidence."""
    people, base = draw(worlds())
    question = draw(questions(people, base))
    seen = [p.name for p in people if any(f.lon or f.lat for f in p.fixes) or p.visits]
    assume(question.case in seen and question.min_minutes <= most)
    return people, question


@FEWER
@given(world=asked_worlds(), order=st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_byte(world: tuple[World, Question], order: Random) -> None:
    people, question = world
    evidence = evidence_of(people)
    rows = rows_of_world(people)
    order.shuffle(rows)
    visits = list(range(evidence.stays.num_rows))
    order.shuffle(visits)
    shuffled = replace(
        evidence, fixes=fixes_table(rows), stays=evidence.stays.take(pa.array(visits, pa.int64()))
    )
    one, two = indexed(evidence), indexed(shuffled)
    assert told(traced(one, question)) == told(traced(two, question))
    assert saved(one) == saved(two)


def saved(index: Index) -> dict[str, bytes]:
    """Return the bytes of every file of a saved index."""
    with tempfile.TemporaryDirectory() as folder:
        save_index(index, Path(folder) / "index")
        return {path.name: path.read_bytes() for path in (Path(folder) / "index").iterdir()}


@FEWER
@given(world=asked_worlds(), threads=st.sampled_from((1, 3)))
def test_threads_change_no_byte(world: tuple[World, Question], threads: int) -> None:
    people, question = world
    evidence = evidence_of(people)
    one, two = indexed(evidence), indexed(evidence, threads=threads)
    assert saved(one) == saved(two)
    case, asked = asked_of(question)
    cases = [fortnight.Case(name, onset=question.onset) for name in one.tracks.names]
    answers = list(trace_many(one, [case, *cases], asked, threads=threads))
    assert [told(answer) for answer in answers] == [
        told(trace_one(one, each, asked, threads=2)) for each in [case, *cases]
    ]


def test_threads_share_many_people_as_one_thread_does(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    rows = 2_400_000  # more than two shares of a million
    start = int(datetime(2024, 7, 1, tzinfo=UTC).timestamp()) * 1_000
    table = pa.table(
        {
            "participant": [f"p{k:03d}" for k in np.repeat(np.arange(600), rows // 600).tolist()],
            "time": pa.array(start + np.tile(np.arange(rows // 600) * 60_000, 600)),
            "lon": pa.array(12.5 + chance.normal(0, 3e-4, rows)),
            "lat": pa.array(55.7 + chance.normal(0, 3e-4, rows)),
            "accuracy": pa.array(np.full(rows, 10.0, dtype=np.float32)),
        }
    )
    for threads in (1, 2):
        save_index(indexed(table, threads=threads), tmp_path / str(threads))
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / path.name).read_bytes(), path.name


@FEWER
@given(world=asked_worlds(), parts=st.lists(st.integers(0, 4), min_size=240, max_size=240))
def test_splitting_into_files_changes_nothing(
    world: tuple[World, Question], parts: list[int]
) -> None:
    people, question = world
    rows = rows_of_world(people)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in set(parts[: len(rows)]):
            own = [row for row, where in zip(rows, parts, strict=False) if where == part]
            pq.write_table(fixes_table(own), folder / f"part-{part}.parquet")
        pq.write_table(fixes_table(rows), folder / "whole.parquet")
        files = sorted(folder.iterdir())
        arranged = gather([file for file in files if file.stem != "whole"], now=NOW)
        whole = gather([folder / "whole.parquet"], now=NOW)
    assume(question.case in whole.names)
    for report in (*arranged.reports, *whole.reports):
        assert report.received == report.kept + sum(report.refused.values())
    assert sum(r.kept for r in arranged.reports) == whole.reports[0].kept == len(whole.time)
    refused = [sum(r.refused.get(why, 0) for r in arranged.reports) for why in REASONS]
    assert refused == [whole.reports[0].refused.get(why, 0) for why in REASONS]
    one, two = indexed(arranged), indexed(whole)
    assert saved(one) == saved(two)
    assert told(traced(one, question)) == told(traced(two, question))


REASONS = ("repeat", "same-time", "null-island")


@FEWER
@given(world=asked_worlds())
def test_memory_disk_and_a_narrow_reading_answer_alike(world: tuple[World, Question]) -> None:
    people, question = world
    people = tuple(replace(person, visits=()) for person in people)
    case, asked = asked_of(question)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(fixes_table(rows_of_world(people)), folder / "fixes.parquet")
        whole = gather([folder / "fixes.parquet"], now=NOW)
        window = wanted([case], asked, NOW)
        narrow = gather([folder / "fixes.parquet"], now=NOW, window=window)
        assume(question.case in narrow.names)
        index = indexed(whole)
        save_index(index, folder / "index")
        opened = load_index(folder / "index")[0]
        answers = [told(traced(each, question)) for each in (index, opened, indexed(narrow))]
    assert answers[0] == answers[1] == answers[2]


@FEWER
@given(world=asked_worlds(), name=st.sampled_from(("a", "p1x", "z")))
def test_a_stranger_far_away_changes_nothing(world: tuple[World, Question], name: str) -> None:
    people, question = world
    stranger = Person(
        name,
        tuple(replace(f, lon=f.lon / 2 + 40.0, lat=f.lat / 3 - 20.0) for f in people[0].fixes),
    )
    one = traced(indexed(evidence_of(people)), question)
    two = traced(indexed(evidence_of((*people, stranger))), question)
    assert told(one) == told(two)


@FEWER
@given(world=asked_worlds())
def test_presumed_time_counts_in_presumed_minutes_alone(world: tuple[World, Question]) -> None:
    people, question = world
    question = replace(question, min_minutes=0.0)
    index = indexed(evidence_of(people))
    words = index.tracks.vertices.copy()
    words[words[:, 0] >> 27 == PRESUMED, 0] &= (1 << 27) - 1  # now they are gaps
    without = build_index(replace(index.tracks, vertices=words))
    one, two = traced(index, question), traced(without, question)
    rows = [row for row in rows_of(one.contacts) if not row["presumed_only"]]
    for row in rows:
        row["presumed_minutes"] = 0.0
    others = rows_of(two.contacts)
    by_name = {row["participant"]: row for row in others}
    assert {row["participant"]: row for row in rows} == by_name
    seen = [row for row in rows_of(one.episodes) if not row["presumed"]]
    assert sorted(seen, key=str) == sorted(rows_of(two.episodes), key=str)
    assert one.coverage == two.coverage
    assert one.same_area.equals(two.same_area)


@FEWER
@given(world=asked_worlds(), least=st.sampled_from((0.5, 1.0, 5.0, 15.0, 60.0)))
def test_a_higher_minimum_only_shortens_the_list(
    world: tuple[World, Question], least: float
) -> None:
    people, question = world
    index = indexed(evidence_of(people))
    everyone = traced(index, replace(question, min_minutes=0.0))
    fewer = traced(index, replace(question, min_minutes=least))
    rows = {row["participant"]: row for row in rows_of(everyone.contacts)}
    listed = {row["participant"]: row for row in rows_of(fewer.contacts)}
    assert all(
        {**rows[name], "presumed_only": 0} == {**row, "presumed_only": 0}
        for name, row in listed.items()
    )
    enough = {n for n, row in rows.items() if row["expected_minutes_24h"] >= least + 1e-4}
    assert enough <= set(listed)
    assert all(
        row["expected_minutes_24h"] >= least - 1e-4 or row["presumed_minutes"] >= least - 1e-4
        for row in listed.values()
    )


@FEWER
@given(world=asked_worlds())
def test_two_see_each_other_alike(world: tuple[World, Question]) -> None:
    people, question = world
    index = indexed(evidence_of(people))
    question = replace(question, min_minutes=0.0)
    for row in rows_of(traced(index, question).contacts):
        back = rows_of(traced(index, replace(question, case=row["participant"])).contacts)
        other = next(one for one in back if one["participant"] == question.case)
        for name in ("minutes", "presumed_minutes", "nearest_m", "first", "last"):
            assert abs(row[name] - other[name]) <= 0.11, name
        for name in ("minutes_forward", "minutes_back", "coverage"):
            assert abs(row[name] - other[name]) <= 1e-3, name
        assert abs(row["expected_minutes"] - other["expected_minutes"]) <= 1e-2


@FEWER
@given(world=asked_worlds())
def test_a_wider_radius_never_takes_time_away(world: tuple[World, Question]) -> None:
    people, question = world
    index = indexed(evidence_of(people))
    before: dict[str, dict[str, Any]] = {}
    for radius in (10.0, 25.0, 60.0, 200.0):
        asked = replace(question, radius_m=radius, min_minutes=0.0)
        rows = {row["participant"]: row for row in rows_of(traced(index, asked).contacts)}
        assert set(before) <= set(rows)
        for name, row in before.items():
            for column in ("minutes", "presumed_minutes", "expected_minutes"):
                assert rows[name][column] >= row[column] - 1 / 60 - 0.005 * row[column]
        before = rows


@FEWER
@given(
    world=asked_worlds(), turn=st.integers(-3, 3).map(lambda k: k * 60.0), days=st.integers(1, 9)
)
def test_turning_the_globe_and_the_calendar_changes_nothing(
    world: tuple[World, Question], turn: float, days: int
) -> None:
    people, question = world
    question = replace(question, timezone="UTC")
    seen = tuple(Person(p.name, tuple(one_a_moment(p.fixes))) for p in people)
    moved = tuple(Person(p.name, tuple(turned(fix, turn, days) for fix in p.fixes)) for p in seen)
    before = tuple(Person(p.name, tuple(turned(fix, 0.0, 0) for fix in p.fixes)) for p in seen)
    later = replace(
        question,
        onset=question.onset + timedelta(days=days),
        until=question.until + timedelta(days=days),
    )
    assume(any(p.name == question.case and p.fixes for p in before))
    one = rows_of(traced(indexed(evidence_of(before)), question).contacts)
    two = rows_of(traced(indexed(evidence_of(moved)), later).contacts)
    close = [abs(r["expected_minutes_24h"] - question.min_minutes) < 0.05 for r in one + two]
    assume(not any(close))
    assert [row["participant"] for row in one] == [row["participant"] for row in two]
    for a, b in zip(one, two, strict=True):
        assert abs(a["expected_minutes"] - b["expected_minutes"]) <= 0.05 + 0.01 * b["minutes"]
        assert abs(b["first"] - a["first"] - days * 24 * HOUR) <= 2_000


def one_a_moment(fixes: tuple[Fix, ...]) -> Iterable[Fix]:
    """Return the fixes that are somewhere, one of each moment.

    Of several at one moment the rules choose by the numbers of their places, lest the order of
    rows matters; and those numbers turn with the globe.
    """
    return {fix.time: fix for fix in fixes if fix.lon or fix.lat}.values()


def turned(fix: Fix, turn: float, days: int) -> Fix:
    """Return a fix some whole sixths of the globe on, and some days later."""
    lon = kept(fix.lon) / 1e7 + turn
    lon = lon - 360.0 if lon > 180.0 else lon + 360.0 if lon < -180.0 else lon
    return replace(fix, time=fix.time + days * 24 * HOUR, lon=lon, lat=kept(fix.lat) / 1e7)
