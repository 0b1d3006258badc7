"""An operator's calls and cells: joined when all is read, and nobody who did not agree."""

from __future__ import annotations

from itertools import permutations
from math import sqrt
from typing import TYPE_CHECKING

import pytest
from tests.reference.signs import at, csv, only, read, rows, stamp

import fortnight
from fortnight.errors import InputError
from fortnight.evidence.arrange import ASSUMED_ACCURACY_M
from fortnight.evidence.celljoin import LEAST_ACCURACY_M
from fortnight.parameters import DEFAULTS

if TYPE_CHECKING:
    from pathlib import Path

TEN = stamp("10:00")
SITES = csv("cell,lon,lat,range", ["c1,10.5,50.5,1000", "c2,10.6,50.6,100", "c3,10.7,50.7,"])
EVENTS = csv("participant,time,cell", [f"a,{TEN},c1", f"b,{TEN},c2", f"a,{stamp('11:00')},c3"])
CALLS = "time,from,to,kind,seconds"
AGREED = ("a", "b")
STRANGER = "+46-70-5550199"


def test_an_event_is_a_fix_at_its_cell(tmp_path: Path) -> None:
    for order in permutations([SITES, EVENTS]):
        found = read(tmp_path, *order, enrolled=AGREED)
        assert rows(found.fixes, "participant", "time", "lon", "lat", "source") == [
            ("a", at("10:00"), 10.5, 50.5, "cell"),
            ("a", at("11:00"), 10.7, 50.7, "cell"),
            ("b", at("10:00"), 10.6, 50.6, "cell"),
        ]
        assert found.fixes["accuracy"].to_pylist() == pytest.approx(
            [1_000 * sqrt(0.68), ASSUMED_ACCURACY_M["cell"], LEAST_ACCURACY_M]
        )
        assert found.fixes["assumed"].to_pylist() == [False, True, False]
        formats = {report.format: report.kept for report in found.inputs}
        assert formats == {"cell-sites": 3, "cell-events": 3}


def test_no_cell_alone_can_say_more_than_same_area() -> None:
    assert DEFAULTS.coarse_accuracy_m < LEAST_ACCURACY_M


def test_events_at_unknown_cells_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, EVENTS, enrolled=AGREED)
    assert only(found).refused == {"unknown-cell": 3}
    found = read(tmp_path, SITES, csv("msisdn,time,cell", [f"a,{TEN},c9", f"a,{TEN},c1"]),
                 enrolled=AGREED)  # fmt: skip
    assert found.inputs[1].refused == {"unknown-cell": 1}
    (example,) = found.inputs[1].examples
    assert (example.where, example.detail) == ("line 2", "cell c9")


def test_bad_events_are_counted_one_by_one(tmp_path: Path) -> None:
    bad = {
        "not-enrolled": f"{STRANGER},{TEN},c1",
        "unknown-cell": f"a,{TEN},",
        "no-participant": f",{TEN},c1",
        "bad-time": "a,soon,c1",
        "no-offset": "a,2024-07-01T10:00:00,c1",
        "future": "a,2199-07-01T10:00:00Z,c1",
        "bad-accuracy": f"a,{TEN},wide",
        "damaged": f"a,{TEN}",
    }
    sites = csv("cell,lon,lat,range", ["c1,10.5,50.5,1000", "wide,10.5,50.5,35000"])
    events = csv("participant,time,cell", [*bad.values(), f"a,{TEN},c1"])
    found = read(tmp_path, sites, events, enrolled=AGREED)
    report = found.inputs[1]
    assert report.refused == dict.fromkeys(bad, 1)
    assert report.received == len(bad) + 1


def test_bad_cells_are_counted_one_by_one(tmp_path: Path) -> None:
    bad = {
        "no-cell": ",10.5,50.5,1000",
        "not-a-number": "c1,,50.5,1000",
        "off-globe": "c1,10.5,95,1000",
        "null-island": "c1,0,0,1000",
        "damaged": "c1,10.5",
    }
    ranges = [f"c1,10.5,50.5,{value}" for value in ("0", "-5", "x", "120001")]
    found = read(tmp_path, csv("cell,lon,lat,range", [*bad.values(), *ranges, "c1,10.5,50.5,9"]))
    assert only(found).refused == dict.fromkeys(bad, 1) | {"bad-range": len(ranges)}


def test_of_several_rows_about_a_cell_the_one_that_claims_least_is_used(tmp_path: Path) -> None:
    lines = ["c1,10.5,50.5,900", "c1,10.4,50.5,1000", "c1,10.5,50.5,1000", "c1,10.4,50.5,1000"]
    events = csv("participant,time,cell", [f"a,{TEN},c1"])
    for order in permutations(lines):
        sites = [csv("cell,lon,lat,range", order[:2]), csv("cell,lon,lat,range", order[2:])]
        found = read(tmp_path, *sites, events, enrolled=AGREED)
        assert rows(found.fixes, "lon") == [(10.4,)]
        refused = [dict(report.refused) for report in found.inputs]
        assert sum(one.get("same-cell", 0) for one in refused) == 2
        assert sum(one.get("repeat", 0) for one in refused) == 1


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (CALLS, f"{TEN},a,b,call,60"),
        ("start;caller;callee;duration (min)", f"{TEN};a;b;1"),
        ("MSISDN,Called Number,Timestamp,Duration (s)", f"a,b,{TEN},60.9"),
        ("participant,other,start,kind,seconds", f"a,b,{TEN},,60"),
    ],
)
def test_a_call_is_read_in_any_spelling(tmp_path: Path, header: str, line: str) -> None:
    found = read(tmp_path, csv(header, [line]), enrolled=AGREED)
    assert rows(found.signs.ties, "participant", "other", "start", "kind", "seconds") == [
        ("a", "b", at("10:00"), "call", 60)
    ]
    assert only(found).format == "calls"


def test_messages_take_no_time_and_calls_with_no_length_are_calls(tmp_path: Path) -> None:
    lines = [f"{TEN},a,b,SMS-MO,60", f"{TEN},b,a,voice,"]
    found = read(tmp_path, csv(CALLS, lines), enrolled=AGREED)
    assert rows(found.signs.ties, "participant", "kind", "seconds") == [
        ("a", "message", 0),
        ("b", "call", 0),
    ]


def test_bad_calls_are_counted_one_by_one(tmp_path: Path) -> None:
    bad = {
        "not-enrolled": f"{TEN},a,{STRANGER},call,60",
        "no-participant": f"{TEN},,b,call,60",
        "no-other": f"{TEN},a,,call,60",
        "oneself": f"{TEN},a,a,call,60",
        "bad-time": "soon,a,b,call,60",
        "no-offset": "2024-07-01T10:00:00,a,b,call,60",
        "future": "2199-07-01T10:00:00Z,a,b,call,60",
        "bad-kind": f"{TEN},a,b,fax,60",
        "damaged": f"{TEN},a,b",
    }
    lengths = [f"{TEN},a,b,call,{value}" for value in ("-1", "x", "86401", "inf")]
    good = f"{TEN},a,b,call,60"
    found = read(tmp_path, csv(CALLS, [*bad.values(), *lengths, good]), enrolled=AGREED)
    assert only(found).refused == dict.fromkeys(bad, 1) | {"bad-duration": len(lengths)}
    assert only(found).kept == 1


@pytest.mark.parametrize("content", [csv(CALLS, [f"{TEN},{STRANGER},b,call,60"]), EVENTS])
def test_without_a_list_an_operators_file_is_refused_whole(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    report = only(found)
    assert (report.format, report.received) == ("none", 0)
    assert "--enrolled FILE" in str(report.problem)
    assert STRANGER not in repr(found)


def test_nothing_is_kept_of_who_is_not_enrolled(tmp_path: Path) -> None:
    calls = [
        f"{TEN},{STRANGER},a,call,60",
        f"{TEN},a,{STRANGER},call,-60",
        f"soon,{STRANGER},{STRANGER},fax,x",
        f"{TEN},{STRANGER}",
        f'{TEN},"{STRANGER},b,call,60',
    ]
    events = [f"{STRANGER},{TEN},c1", f"{STRANGER},soon,c9", f"{STRANGER},{TEN}"]
    contents = [csv(CALLS, calls), csv("participant,time,cell", events), SITES]
    found = read(tmp_path, *contents, enrolled=AGREED)
    assert found.inputs[0].refused == {"damaged": 2, "not-enrolled": 3}
    assert found.inputs[1].refused == {"damaged": 1, "not-enrolled": 2}
    assert STRANGER not in repr(found)
    assert found.fixes.num_rows == found.signs.ties.num_rows == 0
    index, _ = fortnight.api.index_of(found)
    assert index.tracks.names == ()


@pytest.mark.parametrize(
    "written",
    [
        "a\nb\n",
        "# agreed\n a \n\nb",
        "participant\na\nb\n",
        "name;participant\nx;a\ny;b\n",
        '"msisdn","since"\n"a","2024"\n"b","2024"\n',
        "\ufeffa\r\nb\r\n",
    ],
)
def test_the_list_is_a_column_or_one_id_a_line(tmp_path: Path, written: str) -> None:
    (tmp_path / "enrolled.txt").write_text(written, encoding="utf-8")
    (tmp_path / "calls.csv").write_text(csv(CALLS, [f"{TEN},a,b,,60", f"{TEN},x,y,,60"]))
    for given in (tmp_path / "enrolled.txt", str(tmp_path / "enrolled.txt")):
        found = fortnight.read(tmp_path / "calls.csv", enrolled=given)
        assert only(found).refused == {"not-enrolled": 1}


@pytest.mark.parametrize("written", [None, "", "\n\n", "participant\n"])
def test_a_list_of_nobody_is_an_error(tmp_path: Path, written: str | None) -> None:
    path = tmp_path / "enrolled.txt"
    if written is not None:
        path.write_text(written)
    with pytest.raises(InputError, match="enrolled"):
        read(tmp_path, EVENTS, enrolled=str(path))


def test_an_operators_table_in_memory_needs_the_list_too(tmp_path: Path) -> None:
    ties = read(tmp_path, csv(CALLS, [f"{TEN},a,b,,60"]), enrolled=AGREED).signs.ties
    with pytest.raises(InputError, match="--enrolled"):
        fortnight.api.index_of(ties)
