"""GPX and CSV: who, when, where, how exactly; and what is refused, with its line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from fortnight.evidence.stream import FixBatch, Stream

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.evidence.schema import InputReport

NOW = 1_800_000_000_000
TEN = 1_714_557_600_000  # 2024-05-01T10:00:00Z

Row = tuple[str, int, float, float, float | None, int]


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[Row], InputReport]:
    """Read one file; return its fixes (accuracy None where none is claimed) and its report."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    stream = Stream([path], now=NOW)
    rows = [row for batch in stream for row in rows_of(batch)]
    return rows, stream.reports[0]


def rows_of(batch: object) -> list[Row]:
    assert isinstance(batch, FixBatch)
    names = batch.names.to_pylist()
    return [
        (
            str(names[batch.who[row]]),
            int(batch.time[row]),
            round(float(batch.lon[row]), 7),
            round(float(batch.lat[row]), 7),
            None if math.isnan(batch.accuracy[row]) else round(float(batch.accuracy[row]), 3),
            int(batch.source[row]),
        )
        for row in range(len(batch.who))
    ]


# --- GPX


def gpx(points: str, *, before: str = "", start: str = '<?xml version="1.0"?>') -> str:
    return (
        f"{start}<gpx>{before}<trk><name>Not a person</name><trkseg>{points}</trkseg></trk></gpx>"
    )


def test_gpx_takes_the_participant_from_the_file_and_time_and_accuracy_from_the_point(
    tmp_path: Path,
) -> None:
    point = (
        '<trkpt lat="53.5" lon="9.9"><ele>3</ele><time>2024-05-01T12:00:00.250+02:00</time>'
        "<src>gps</src><hdop>2</hdop><extensions><x:accuracy_horizontal>7.5"
        "</x:accuracy_horizontal><x:time>2020-01-01T00:00:00Z</x:time></extensions></trkpt>"
    )
    rows, report = read(tmp_path, "ann.b.gpx", gpx(point))
    assert rows == [("ann.b", TEN + 250, 9.9, 53.5, 7.5, 0)]
    assert (report.format, report.received, report.kept, report.problem) == ("gpx", 1, 1, None)


def test_gpx_time_without_an_offset_is_utc_as_gpx_defines(tmp_path: Path) -> None:
    point = '<trkpt lat="53.5" lon="9.9"><time>2024-05-01T10:00:00</time></trkpt>'
    assert read(tmp_path, "ann.gpx", gpx(point))[0][0][1] == TEN


def test_gpx_takes_no_accuracy_from_hdop(tmp_path: Path) -> None:
    point = '<trkpt lat="1" lon="2"><time>2024-05-01T10:00:00Z</time><hdop>3</hdop></trkpt>'
    assert read(tmp_path, "ann.gpx", gpx(point))[0][0][4] is None


def test_gpx_point_without_time_is_refused_with_its_line(tmp_path: Path) -> None:
    rows, report = read(tmp_path, "ann.gpx", gpx('\n\n<trkpt lat="1" lon="2"/>'))
    assert rows == []
    assert report.refused == {"bad-time": 1}
    assert report.examples[0].where == "line 3"


def test_gpx_waypoints_count_only_where_there_is_no_track(tmp_path: Path) -> None:
    mark = '<wpt lat="1" lon="2"><time>2024-05-01T10:00:00Z</time></wpt>'
    point = '<trkpt lat="3" lon="4"><time>2024-05-01T10:00:00Z</time></trkpt>'
    beside, report = read(tmp_path, "a.gpx", gpx(point, before=mark))
    assert [row[2] for row in beside] == [4]
    assert report.refused == {"not-a-location": 1}
    alone, _ = read(tmp_path, "b.gpx", gpx("", before=mark))
    assert [row[2] for row in alone] == [2]


def test_gpx_with_any_prefix_and_declared_encoding(tmp_path: Path) -> None:
    content = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><g:gpx xmlns:g="http://www.topografix.com/'
        'GPX/1/0"><g:trk><g:name>J\xfcrgen</g:name><g:trkseg><g:trkpt lat="1" lon="2">'
        "<g:time>2024-05-01T10:00:00Z</g:time></g:trkpt></g:trkseg></g:trk></g:gpx>"
    )
    assert len(read(tmp_path, "ann.gpx", content.encode("latin-1"))[0]) == 1


def test_one_wrong_byte_in_a_title_does_not_cost_the_track(tmp_path: Path) -> None:
    point = '<trkpt lat="1" lon="2"><time>2024-05-01T10:00:00Z</time></trkpt>'
    content = gpx(point).replace("Not a person", "J\xfcrgen").encode("latin-1")
    assert len(read(tmp_path, "ann.gpx", content)[0]) == 1


def test_gpx_that_is_cut_off_says_where_and_what_was_kept(tmp_path: Path) -> None:
    point = '<trkpt lat="1" lon="2"><time>2024-05-01T10:00:00Z</time></trkpt>\n'
    content = gpx(point * 3).encode()
    rows, report = read(tmp_path, "ann.gpx", content[: content.rindex(b"<time>") + 9])
    assert len(rows) == 2
    assert report.refused == {"damaged": 1}
    assert report.problem is not None
    assert report.problem.startswith("line 3: not well-formed XML")
    assert report.problem.endswith("the 2 rows before it were kept")


BOMB = "".join(
    f'<!ENTITY {name} "{"&" + inner + ";" if inner else "ha"}{("&" + inner + ";") * 9}">'
    for inner, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE gpx [{BOMB}]>",
        '<!DOCTYPE gpx SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE gpx [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE gpx>",
    ],
)
def test_gpx_with_a_document_type_is_refused_before_anything_is_read(
    tmp_path: Path, doctype: str
) -> None:
    point = '<trkpt lat="1" lon="2"><time>2024-05-01T10:00:00Z</time><name>&i;</name></trkpt>'
    content = gpx(point, start=f'<?xml version="1.0"?>\n{doctype}')
    rows, report = read(tmp_path, "ann.gpx", content)
    assert (rows, report.format, report.received) == ([], "none", 0)
    assert "line 2" in str(report.problem)
    assert "document type" in str(report.problem)


# --- CSV


def test_csv_with_the_plain_header(tmp_path: Path) -> None:
    content = (
        "participant,time,lon,lat,accuracy,source\n"
        "ann,2024-05-01T12:00:00+02:00,9.9,53.5,12,wifi\n"
        " bob ,2024-05-01T10:00:00.1234567Z,9.8,53.4,,CELL\n"
    )
    rows, report = read(tmp_path, "all.csv", content)
    assert rows == [("ann", TEN, 9.9, 53.5, 12, 1), ("bob", TEN + 123, 9.8, 53.4, None, 2)]
    assert (report.format, report.received, report.kept) == ("csv", 2, 2)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("User;Timestamp;Latitude;Longitude", "ann;1714557600;53,5;9,9"),
        ("device_id\tt\ty\tx", "ann\t1714557600000\t53.5\t9.9"),
        ("name|date|lng|lat", "ann|2024-05-01 10:00:00Z|9.9|53.5"),
        ("person,recorded_at,longitude,latitude", "ann,1714557600000000,9.9,53.5"),
        ("uid,tst,lat,lon", '"ann","1714557600","53.5","9.9"'),
        ("id,UnixTimeMillis,LatitudeDegrees,LongitudeDegrees", "ann,1714557600000,53.5,9.9"),
        ("id,time,latitudeE7,longitudeE7", "ann,1714557600,535000000,99000000"),
        ("id,Time (UTC),Latitude [deg],Longitude [deg]", "ann,2024-05-01 10:00:00,53.5,9.9"),
        ("Device Name,Fix Time,Latitude,Longitude,", "ann,2024-05-01T10:00Z,53.5,9.9,"),
        ("# my logger\nsep=;\nid;time;lon;lat", "ann;2024-05-01T10:00:00Z;9.9;53.5"),
    ],
)
def test_csv_as_others_spell_it(tmp_path: Path, header: str, line: str) -> None:
    rows, report = read(tmp_path, "all.csv", f"{header}\n{line}\n")
    assert rows == [("ann", TEN, 9.9, 53.5, None, 3)], report


def test_csv_of_gpslogger_with_its_annotations(tmp_path: Path) -> None:
    header = (
        "time,lat,lon,elevation,accuracy,bearing,speed,satellites,provider,hdop,vdop,pdop,"
        "geoidheight,ageofdgpsdata,dgpsid,activity,battery,annotation"
    )
    lines = [
        "2024-05-01T10:00:00.000Z,53.5,9.9,,20.5,,,0,network,,,,,,,UNKNOWN,100.0,",
        '2024-05-01T10:00:01.000Z,53.5,9.9,4,4.0,,0,9,gps,1,1,2,48,,,,100.0,"is ""ok"", no"',
        '2024-05-01T10:00:02.000Z,53.5,9.9,4,4.0,,0,9,gps,1,1,2,48,,,,100.0,"two\nlines"',
        '2024-05-01T10:00:03.000Z,53.5,9.9,4,4.0,,0,9,gps,1,1,2,48,,,,100.0,"stray',
        "2024-05-01T10:00:04.000Z,53.5,9.9,4,4.0,,0,9,gps,1,1,2,48,,,,100.0,",
    ]
    rows, report = read(tmp_path, "phone.csv", "\n".join([header, *lines]))
    assert [row[1] - TEN for row in rows] == [0, 1_000, 2_000, 3_000, 4_000]
    assert [row[5] for row in rows] == [3, 0, 0, 0, 0]
    assert {row[0] for row in rows} == {"phone"}
    assert report.kept == 5


def test_user_and_device_together_name_the_participant(tmp_path: Path) -> None:
    content = "user,device,time,lon,lat\nann,phone,1714557600,1,2\nann,watch,1714557600,1,2\n"
    rows, _ = read(tmp_path, "all.csv", content)
    assert [row[0] for row in rows] == ["ann/phone", "ann/watch"]


def test_an_id_that_only_counts_the_rows_names_nobody(tmp_path: Path) -> None:
    counted = "id,time,lon,lat\n" + "".join(f"{row},1714557600,1,2\n" for row in range(1, 5))
    assert {row[0] for row in read(tmp_path, "ann.csv", counted)[0]} == {"ann"}
    named = "id,time,lon,lat\n7,1714557600,1,2\n7,1714557601,1,2\n9,1714557602,1,2\n"
    assert [row[0] for row in read(tmp_path, "all.csv", named)[0]] == ["7", "7", "9"]


def test_each_bad_row_is_refused_for_one_reason_with_its_line(tmp_path: Path) -> None:
    content = (
        "who,person,time,lon,lat,accuracy\n"
        "x,,2024-05-01T10:00:00Z,1,2,3\n"
        "x,ann,2024-05-01T10:00:00Z,east,2,3\n"
        "x,ann,2024-05-01T10:00:00Z,181,2,3\n"
        "x,ann,2024-05-01T10:00:00Z,0,0.0,3\n"
        "x,ann,yesterday,1,2,3\n"
        "x,ann,2024-05-01T10:00:00,1,2,3\n"
        "x,ann,2029-05-01T10:00:00Z,1,2,3\n"
        "x,ann,2024-05-01T10:00:00Z,1,2,-1\n"
        "x,ann,2024-05-01T10:00:00Z,1,2,fine\n"
        "x,ann,2024-05-01T10:00:00Z,1\n"
        "\n"
        "x,,never,east,200,-1\n"
        "x,ann,2024-05-01T10:00:00Z,1,2,3\n"
    )
    rows, report = read(tmp_path, "all.csv", content)
    assert len(rows) == report.kept == 1
    assert report.received == 12
    assert report.refused == {
        "no-participant": 2, "not-a-number": 1, "off-globe": 1, "null-island": 1, "bad-time": 1,
        "no-offset": 1, "future": 1, "bad-accuracy": 2, "damaged": 1,
    }  # fmt: skip
    where = {(example.reason, example.where) for example in report.examples}
    assert ("off-globe", "line 4") in where
    assert ("no-offset", "line 7") in where
    assert ("damaged", "line 11") in where
    assert ("no-participant", "line 13") in where


def test_two_names_that_are_not_utf8_stay_two(tmp_path: Path) -> None:
    content = "name,time,lon,lat\nJ\xfcrg,1714557600,1,2\nJ\xf6rg,1714557600,1,2\n"
    rows, _ = read(tmp_path, "all.csv", content.encode("cp1252"))
    assert [row[0] for row in rows] == ["J\xfcrg", "J\xf6rg"]


def test_no_example_can_write_to_the_terminal(tmp_path: Path) -> None:
    content = f"name,time,lon,lat\nann,\x1b[2J{'x' * 500},1,2\n"
    _, report = read(tmp_path, "all.csv", content)
    (example,) = report.examples
    assert "\x1b" not in example.detail
    assert len(example.detail) <= 100


def test_a_decimal_comma_in_a_comma_table_is_not_guessed_at(tmp_path: Path) -> None:
    rows, report = read(tmp_path, "all.csv", "name,time,lon,lat\nann,1714557600,9,9,53,5\n")
    assert rows == []
    assert report.refused == {"damaged": 1}
