"""Evaluations of hand-made traces against hand-made truths come out as worked out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fortnight.errors import InputError, QuestionError
from fortnight.evidence.schema import FIXES
from fortnight.parameters import DEFAULTS
from fortnight.simulate import files
from fortnight.simulate.evaluate import evaluate
from fortnight.simulate.evaluation import Calibration, Evaluation, Score
from fortnight.simulate.evaluation_report import as_dict, as_markdown
from fortnight.simulate.known import choose_cases, town_window
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000
MINUTE_MS = 60_000
START_MS = 1_772_409_600_000
WINDOW = (START_MS, START_MS + 3 * DAY_MS)
UTC_MS = pa.timestamp("ms", tz="UTC")
NAMES = [f"p{number}" for number in range(6)]
PHONES = ["regular", "regular", "movement", "frequent", "regular", "regular"]
KINDS = ("close", "room", "place", "near")


@dataclass(frozen=True)
class HandMade:
    """The two tables of a trace."""

    contacts: pa.Table
    episodes: pa.Table


def _at(minutes: float) -> int:
    return START_MS + round(minutes * MINUTE_MS)


def _truth(*rows: tuple[str, str, float, float, str, str]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    return pa.Table.from_arrays(
        [
            pa.array(columns[0]),
            pa.array(columns[1]),
            pa.array([_at(minute) for minute in columns[2]], type=UTC_MS),
            pa.array([_at(minute) for minute in columns[3]], type=UTC_MS),
            pa.array(columns[4]),
            pa.array(columns[5]),
        ],
        schema=files.TRUTH,
    )


def _trace(*rows: tuple[str, float, float, float, float | None, bool]) -> HandMade:
    columns = list(zip(*rows, strict=True)) or [()] * 6
    episodes = pa.table(
        {
            "participant": pa.array(columns[0], type=pa.string()),
            "start": pa.array([_at(minute) for minute in columns[1]], type=UTC_MS),
            "end": pa.array([_at(minute) for minute in columns[2]], type=UTC_MS),
            "expected_minutes": pa.array(columns[3], type=pa.float64()),
            "probability_near": pa.array(columns[4], type=pa.float64()),
            "presumed": pa.array(columns[5], type=pa.bool_()),
        },
    )
    contacts = pa.table({"participant": pa.array(sorted(set(columns[0])), type=pa.string())})
    return HandMade(contacts, episodes)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Case p0 was near p1 at work, near p2 at home over two days, near p3 for 10 minutes."""
    whole = [("p0", "p1", 600.0, 640.0, kind, "work") for kind in KINDS]
    next_door = [
        ("p0", "p2", 1_430.0, 1_440.0, "near", "home"),
        ("p0", "p2", 1_440.0, 1_450.0, "near", "home"),
    ]
    short = [("p0", "p3", 700.0, 710.0, kind, "venue") for kind in ("room", "place", "near")]
    others = [("p4", "p5", 0.0, 1_000.0, "near", "home")]
    pq.write_table(_truth(*whole, *next_door, *short, *others), tmp_path / files.TRUTH_FILE)
    people = pa.table({"participant": NAMES, "phone": PHONES})
    people = people.replace_schema_metadata(files.window_metadata(*WINDOW))
    pq.write_table(people, tmp_path / files.PEOPLE_FILE)
    seen = [("gnss", 605.0), ("wifi", 615.0), ("wifi", 625.0), ("cell", 1_435.0)]
    fixes = pa.Table.from_arrays(
        [
            pa.array(["p0"] * len(seen)),
            pa.array([_at(minute) for _, minute in seen], type=UTC_MS),
            pa.array([2.5] * len(seen)),
            pa.array([54.7] * len(seen)),
            pa.array([10.0] * len(seen), type=pa.float32()),
            pa.array([source for source, _ in seen]),
        ],
        schema=FIXES,
    )
    pq.write_table(fixes, tmp_path / files.FIXES_FILE)
    return tmp_path


# p1 found for 30 of its 40 minutes at p = 0.75; p3 found too long; p4 never near.
TRACE = _trace(
    ("p1", 600, 640, 30.0, 0.75, False),
    ("p3", 700, 720, 16.0, 0.80, False),
    ("p4", 100, 120, 4.0, 0.20, False),
    ("p2", 1_400, 1_500, 0.0, 0.50, True),
)


@pytest.fixture
def evaluation(town: Path) -> Evaluation:
    return evaluate(town, {"p0": TRACE}, parameters=DEFAULTS)


def test_pairs_count_by_rule_and_kind_of_truth(evaluation: Evaluation) -> None:
    # Near for 15 minutes of some 24 hours: p1 (40) and p2 (20, across midnight), not p3 (10).
    assert {rule.rule: rule.scores for rule in evaluation.rules} == {
        "minimum": (
            Score("near", true=2, found=2, both=1),
            Score("place", true=1, found=2, both=1),
            Score("room", true=1, found=2, both=1),
            Score("close", true=1, found=2, both=1),
        ),
        "with presumed": (
            Score("near", true=2, found=3, both=2),
            Score("place", true=1, found=3, both=1),
            Score("room", true=1, found=3, both=1),
            Score("close", true=1, found=3, both=1),
        ),
        "listed": (
            Score("near", true=2, found=4, both=2),
            Score("place", true=1, found=4, both=1),
            Score("room", true=1, found=4, both=1),
            Score("close", true=1, found=4, both=1),
        ),
    }
    assert evaluation.rules[0].scores[0].recall == 0.5
    assert evaluation.rules[2].scores[0].precision == 0.5


def test_settings_phones_and_sources_part_the_pairs(evaluation: Evaluation) -> None:
    parts = {
        split.by: {score.label: score for score in split.scores} for split in evaluation.splits
    }
    assert parts["setting"] == {
        "work": Score("work", true=1, found=1, both=1),
        "venue": Score("venue", true=0, found=1, both=0),
        "home": Score("home", true=1, found=0, both=0),
        "none": Score("none", true=0, found=0, both=0),
    }
    assert parts["phones"] == {
        "regular + regular": Score("regular + regular", true=1, found=1, both=1),
        "regular + frequent": Score("regular + frequent", true=0, found=1, both=0),
        "regular + movement": Score("regular + movement", true=1, found=0, both=0),
    }
    assert parts["source"] == {
        "wifi": Score("wifi", true=1, found=1, both=1),
        "cell": Score("cell", true=1, found=0, both=0),
        "none": Score("none", true=0, found=1, both=0),
    }


def test_probabilities_are_held_against_time_truly_near(evaluation: Evaluation) -> None:
    by_bin = {entry.label: entry for entry in evaluation.reliability}
    assert by_bin["0.7 to 0.8"] == _calibration("0.7 to 0.8", 1, 40, 0.75, 1.0, 0.25**2)
    # p3: 10 of 20 minutes were near; half of (1 - 0.8)^2 and half of 0.8^2.
    assert by_bin["0.8 to 0.9"] == _calibration("0.8 to 0.9", 1, 20, 0.8, 0.5, 0.34)
    assert by_bin["0.2 to 0.3"] == _calibration("0.2 to 0.3", 1, 20, 0.2, 0.0, 0.04)
    assert by_bin["0.5 to 0.6"] == Calibration("0.5 to 0.6", 0, 0.0, None, None, None)
    # Minutes weigh: (40 x 0.0625 + 20 x 0.34 + 20 x 0.04) / 80, near 50 of 80.
    expected = _calibration("all", 3, 80, 0.625, 0.625, 0.12625)
    assert evaluation.overall == expected


def _calibration(
    label: str, episodes: int, minutes: float, claimed: float, near: float, brier: float
) -> Calibration:
    about: list[Any] = [pytest.approx(value, abs=1e-9) for value in (minutes, claimed, near, brier)]
    return Calibration(label, episodes, *about)


def test_episodes_are_parted_by_where_they_truly_were(evaluation: Evaluation) -> None:
    setting = evaluation.splits[0]
    minutes = {entry.label: entry.minutes for entry in setting.calibration}
    assert minutes == pytest.approx({"work": 40, "venue": 20, "home": 0, "none": 20})


def test_a_window_cuts_the_truth(town: Path) -> None:
    first_day = (START_MS, START_MS + DAY_MS)
    cut = evaluate(town, {"p0": TRACE}, parameters=DEFAULTS, window=first_day)
    assert cut.rules[0].scores[0].true == 1  # of p2's 20 minutes 10 are left


def test_a_pair_of_two_cases_is_seen_from_both(town: Path) -> None:
    nothing = _trace()
    both = evaluate(town, {"p0": nothing, "p1": nothing}, parameters=DEFAULTS)
    near = both.rules[0].scores[0]
    assert (near.true, near.found) == (3, 0)
    assert near.precision is None
    assert both.overall == Calibration("all", 0, 0.0, None, None, None)


def test_minutes_in_24_hours_may_be_gathered_from_several_episodes(town: Path) -> None:
    apart = _trace(
        ("p4", 0, 10, 8.0, 0.8, False),
        ("p4", 1_400, 1_410, 8.0, 0.8, False),
        ("p5", 0, 10, 8.0, 0.8, False),
        ("p5", 1_450, 1_460, 8.0, 0.8, False),
    )
    minimum = evaluate(town, {"p0": apart}, parameters=DEFAULTS).rules[0]
    assert minimum.scores[0].found == 1


def test_the_page_shows_every_part(evaluation: Evaluation) -> None:
    page = as_markdown(evaluation)
    assert "| near | 2 | 2 | 1 | 50.0 % | 50.0 % |" in page
    assert "| 0.8 to 0.9 | 1 | 20 | 80.0 % | 50.0 % | 0.340 |" in page
    for heading in ("“minimum”", "“with presumed”", "“listed”", "setting", "phones", "source"):
        assert f"{heading}\n" in page
    assert "1 cases, 2026-03-02T00:00:00Z to 2026-03-05T00:00:00Z." in page


def test_the_data_go_into_json_and_carry_recall(evaluation: Evaluation) -> None:
    back = json.loads(json.dumps(as_dict(evaluation)))
    near = back["rules"][0]["scores"][0]
    assert near == {
        "label": "near",
        "true": 2,
        "found": 2,
        "both": 1,
        "recall": 0.5,
        "precision": 0.5,
    }
    assert back["splits"][0]["scores"][0]["recall"] == 1.0
    assert back["window"] == ["2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z"]


def test_questions_without_an_answer_are_refused_in_words(town: Path) -> None:
    with pytest.raises(QuestionError, match="at least one case"):
        evaluate(town, {}, parameters=DEFAULTS)
    with pytest.raises(QuestionError, match="within 20 m"):
        evaluate(town, {"p0": TRACE}, parameters=replace(DEFAULTS, radius_m=20.0))


def test_strangers_and_foreign_tables_are_refused_in_words(town: Path) -> None:
    with pytest.raises(InputError, match="cases: 'nobody' does not live in this town"):
        evaluate(town, {"nobody": TRACE}, parameters=DEFAULTS)
    stranger = _trace(("x9", 0, 10, 5.0, 0.5, False))
    with pytest.raises(InputError, match="the trace of p0: 'x9' does not live"):
        evaluate(town, {"p0": stranger}, parameters=DEFAULTS)
    bare = HandMade(TRACE.contacts, TRACE.episodes.drop_columns(["presumed"]))
    with pytest.raises(InputError, match="no column 'presumed'"):
        evaluate(town, {"p0": bare}, parameters=DEFAULTS)


@pytest.mark.parametrize("name", [files.TRUTH_FILE, files.PEOPLE_FILE, files.FIXES_FILE])
def test_missing_and_broken_files_are_named(town: Path, name: str) -> None:
    (town / name).write_bytes(b"not parquet")
    with pytest.raises(InputError, match=rf"{name} cannot be read"):
        evaluate(town, {"p0": TRACE}, parameters=DEFAULTS)
    (town / name).unlink()
    with pytest.raises(InputError, match=rf"{name} is missing"):
        evaluate(town, {"p0": TRACE}, parameters=DEFAULTS)


def test_a_file_of_another_shape_is_named(town: Path) -> None:
    pq.write_table(pa.table({"first": ["p0"]}), town / files.TRUTH_FILE)
    with pytest.raises(InputError, match=r"truth\.parquet cannot be read"):
        evaluate(town, {"p0": TRACE}, parameters=DEFAULTS)
    pq.write_table(pa.table({"participant": NAMES, "phone": PHONES}), town / files.PEOPLE_FILE)
    with pytest.raises(InputError, match="does not say which days"):
        town_window(town)


def test_cases_are_drawn_from_the_town(tmp_path: Path) -> None:
    summary = simulate(40, 1, 1, tmp_path, truth=False)
    cases = choose_cases(tmp_path, 10, 1)
    assert cases == sorted(set(cases))
    assert len(cases) == 10
    assert cases == choose_cases(tmp_path, 10, 1)
    assert cases != choose_cases(tmp_path, 10, 2)
    assert town_window(tmp_path) == (summary.start_ms, summary.end_ms)
    for count in (0, 41):
        with pytest.raises(QuestionError, match=f"{count} cases"):
            choose_cases(tmp_path, count, 1)


def test_a_trace_that_repeats_the_truth_is_perfect(tmp_path: Path) -> None:
    simulate(150, 1, 3, tmp_path)
    case = choose_cases(tmp_path, 1, 1)[0]
    rows = pq.read_table(tmp_path / files.TRUTH_FILE, filters=[("kind", "=", "near")]).to_pylist()
    midnight = START_MS / MINUTE_MS
    episodes = []
    for row in rows:
        if case in (row["first"], row["second"]):
            other = row["second"] if row["first"] == case else row["first"]
            start, end = (row[name].timestamp() / 60 - midnight for name in ("start", "end"))
            episodes.append((other, start, end, end - start, 1.0, False))
    perfect = evaluate(tmp_path, {case: _trace(*episodes)}, parameters=DEFAULTS)
    near = perfect.rules[0].scores[0]
    assert near.true > 0
    assert (near.recall, near.precision) == (1.0, 1.0)
    assert perfect.overall.near == pytest.approx(1.0)
    assert perfect.overall.brier == pytest.approx(0.0, abs=1e-9)
