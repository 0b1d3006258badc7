"""Check-ins: spellings, forgotten check-outs, visits that are one, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.reference.signs import at, csv, only, read, rows, stamp

from fortnight.evidence.tables.checkins import DEFAULT_STAY_MINUTES

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

VISIT = ("participant", "venue", "room", "start", "end", "closed")
SIX = stamp("18:00")


def ends(folder: Path, header: str, *lines: str) -> list[tuple[datetime, str]]:
    """Return when the visits of a file ended, and how."""
    found = read(folder, csv(header, lines))
    assert only(found).refused == {}
    return [(end, closed) for end, closed in rows(found.signs.visits, "end", "closed")]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("participant,venue,room,check_in,check_out", f"a,bar,hall,{SIX},{stamp('19:00')}"),
        ("Visitor;Venue;Room;Time in;Time out", f"a;bar;hall;{SIX};{stamp('19:00')}"),
        ("user_id,place,room,entry,exit", f"a,bar,hall,{SIX},{stamp('19:00')}"),
        ("venue,start,end,room,person", f"bar,{SIX},{stamp('19:00')},hall,a"),
        ("venue,check_in,check_out,room,person", "bar,1719856800,1719860400,hall,a"),
    ],
)
def test_a_visit_is_read_in_any_spelling(tmp_path: Path, header: str, line: str) -> None:
    found = read(tmp_path, csv(header, [line]))
    wanted = ("a", "bar", "hall", at("18:00"), at("19:00"), "checked-out")
    assert rows(found.signs.visits, *VISIT) == [wanted]
    assert only(found).format == "check-ins"


@pytest.mark.parametrize(
    "content",
    [
        [{"participant": "a", "venue": "bar", "checkIn": SIX, "checkOut": stamp("19:00")}],
        {"checkIns": [{"user": "a", "venue": "bar", "checkIn": 1719856800, "checkOut": None}]},
        [{"visitor": "a", "venue": {"id": "bar", "lon": 1.5, "lat": 2.5}, "start": SIX}],
        [{"visitor": "a", "traceLocation": {"guid": "bar"}, "startDate": "1719856800"}],
    ],
)
def test_check_ins_are_read_from_json(tmp_path: Path, content: object) -> None:
    found = read(tmp_path, content)
    assert rows(found.signs.visits, "participant", "venue", "start") == [("a", "bar", at("18:00"))]
    assert only(found).format == "check-ins"


def test_a_venues_place_and_rule_come_with_it_in_json(tmp_path: Path) -> None:
    venue = {"id": "bar", "lon": 1.5, "lat": 2.5, "defaultCheckInLengthInMinutes": 45}
    later = [{"venue": "spa", "participant": "b", "checkIn": 1719856800000, "checkOut": SIX}]
    found = read(tmp_path, [{"participant": "a", "venue": venue, "checkIn": SIX}, *later])
    assert rows(found.signs.visits, "venue", "lon", "lat", "end") == [
        ("bar", 1.5, 2.5, at("18:45")),
        ("spa", None, None, at("18:00")),
    ]


@pytest.mark.parametrize(
    ("columns", "cells", "end"),
    [
        ("", "", f"{18 + DEFAULT_STAY_MINUTES // 60}:00"),
        (",max_stay_minutes", ",30", "18:30"),
        (",defaultCheckInLengthInMinutes", ",5", "18:15"),
        (",max_stay_minutes", ",", "20:00"),
        (",max_stay_minutes", ",0", "20:00"),
        (",max_stay_minutes", ",soon", "20:00"),
        (",closing time", ",22:30", "22:30"),
        (",closing time", f",{stamp('19:10')}", "19:10"),
        (",closing time", f",{stamp('17:00')}", "18:15"),
        (",closing time", ",", "20:00"),
        (",closing time", ",late", "20:00"),
        (",closing,max_minutes", ",19:00,30", "18:30"),
        (",closing,max_minutes", ",19:00,90", "19:00"),
    ],
)
def test_a_forgotten_check_out_gets_the_venues_end(
    tmp_path: Path, columns: str, cells: str, end: str
) -> None:
    header = f"participant,venue,check_in,check_out{columns}"
    assert ends(tmp_path, header, f"a,bar,{SIX},{cells}") == [(at(end), "presumed")]


def test_a_closing_clock_is_that_of_the_check_in_and_comes_next(tmp_path: Path) -> None:
    header = "participant,venue,check_in,closing"
    found = ends(
        tmp_path,
        header,
        "a,bar,2024-07-01T20:00:00+02:00,23:00",
        "b,bar,2024-07-01T20:00:00+02:00,02:00",
        "c,bar,2024-07-01T14:00:00-0400,15:00",
        "d,bar,2024-07-01T18:00:00Z,18:00",
    )
    assert [end for end, _ in found] == [
        at("21:00"), at("00:00", "2024-07-02"), at("19:00"), at("17:45", "2024-07-02"),
    ]  # fmt: skip


def test_a_check_out_is_kept_whatever_the_venue_says(tmp_path: Path) -> None:
    header = "participant,venue,check_in,check_out,closing,max_minutes"
    line = f"a,bar,{SIX},{stamp('23:30')},22:00,15"
    assert ends(tmp_path, header, line) == [(at("23:30"), "checked-out")]


def test_a_presumed_visit_does_not_go_on_into_the_future(tmp_path: Path) -> None:
    content = csv("participant,venue,check_in,check_out", [f"a,bar,{SIX},"])
    found = read(tmp_path, content, now=int(at("18:20").timestamp()) * 1_000)
    assert rows(found.signs.visits, "end", "closed") == [(at("18:20"), "presumed")]
    assert only(found).kept == 1


def test_a_presumed_visit_ends_when_the_person_checks_in_again(tmp_path: Path) -> None:
    lines = [f"a,bar,{SIX},", f"a,gym,{stamp('18:40')},{stamp('19:00')}", f"b,gym,{SIX},"]
    found = read(tmp_path, csv("participant,venue,check_in,check_out", lines))
    assert rows(found.signs.visits, "participant", "venue", "end", "closed") == [
        ("a", "bar", at("18:40"), "presumed"),
        ("a", "gym", at("19:00"), "checked-out"),
        ("b", "gym", at("20:00"), "presumed"),
    ]


def test_check_ins_that_overlap_at_one_place_are_one_visit(tmp_path: Path) -> None:
    lines = [
        f"a,bar,,{SIX},{stamp('19:00')}",
        f"a,bar,,{stamp('18:30')},{stamp('19:30')}",
        f"a,bar,,{stamp('19:20')},{stamp('19:40')}",
        f"a,bar,,{stamp('19:40')},{stamp('20:00')}",  # only touches
        f"a,bar,back,{SIX},{stamp('19:00')}",  # another room
        f"a,bar,,{SIX},{stamp('19:00')}",  # the same row again
    ]
    for order in (lines, lines[::-1], lines[3:] + lines[:3], sorted(lines)):
        found = read(tmp_path, csv("participant,venue,room,check_in,check_out", order))
        assert rows(found.signs.visits, "room", "start", "end") == [
            ("back", at("18:00"), at("19:00")),
            (None, at("18:00"), at("19:40")),
            (None, at("19:40"), at("20:00")),
        ]
        assert only(found).refused == {"repeat": 1, "same-visit": 2}


def test_what_was_checked_out_wins_over_what_is_presumed(tmp_path: Path) -> None:
    lines = [f"a,bar,{SIX},", f"a,bar,{SIX},{stamp('18:20')}"]
    found = read(tmp_path, csv("participant,venue,check_in,check_out", lines))
    assert rows(found.signs.visits, "end", "closed") == [(at("18:20"), "checked-out")]
    assert only(found).refused == {"same-visit": 1}


def test_the_place_of_a_merged_visit_is_one_that_a_row_gave(tmp_path: Path) -> None:
    lines = [f"a,bar,{SIX},{stamp('19:00')},,", f"a,bar,{SIX},{stamp('19:10')},1.5,2.5"]
    found = read(tmp_path, csv("participant,venue,check_in,check_out,lon,lat", lines))
    assert rows(found.signs.visits, "lon", "lat") == [(1.5, 2.5)]


def test_bad_check_ins_are_counted_one_by_one(tmp_path: Path) -> None:
    seven = stamp("19:00")
    bad = {
        "no-participant": f",bar,{SIX},{seven},,",
        "no-venue": f"a,,{SIX},{seven},,",
        "not-a-number": f"a,bar,{SIX},{seven},1.5,",
        "off-globe": f"a,bar,{SIX},{seven},181,1",
        "null-island": f"a,bar,{SIX},{seven},0,0",
        "bad-time": f"a,bar,{SIX},late,,",
        "no-offset": f"a,bar,2024-07-01T18:00:00,{seven},,",
        "bad-interval": f"a,bar,{SIX},{stamp('17:00')},,",
        "future": "a,bar,2199-07-01T18:00:00Z,,,",
        "damaged": f"a,bar,{SIX}",
    }
    good = f"a,bar,{SIX},{seven},1,1"
    header = "participant,venue,check_in,check_out,lon,lat"
    found = read(tmp_path, csv(header, [*bad.values(), good]))
    assert only(found).refused == dict.fromkeys(bad, 1)
    assert only(found).kept == 1


def test_a_table_of_its_own_schema_is_read_back(tmp_path: Path) -> None:
    lines = [f"a,bar,{SIX},,1.5,2.5", f"b,bar,{SIX},{stamp('19:00')},,"]
    first = read(tmp_path, csv("participant,venue,check_in,check_out,lon,lat", lines))
    again = read(tmp_path, first.signs.visits)
    assert again.signs.visits.equals(first.signs.visits)
    assert rows(again.signs.visits, "closed") == [("presumed",), ("checked-out",)]
