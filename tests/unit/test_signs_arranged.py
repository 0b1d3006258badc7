"""Signs together: each once, in order, kept beside the segments, and asked about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.reference.signs import at, csv, read, rows, stamp

import fortnight
from fortnight.api import index_of
from fortnight.contact.store import load_index, save_index
from fortnight.evidence.schema import NO_SIGNS, SIGNS

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.evidence.schema import Evidence

TEN = stamp("10:00")
SIGHTINGS = csv("time,seen_by,seen,attenuation", [f"{TEN},b,c,50", f"{TEN},b,a,50"])
VISITS = csv("participant,venue,check_in,check_out", [f"d,bar,{TEN},", f"a,bar,{TEN},"])
CALLS = csv("time,from,to,kind,seconds", [f"{TEN},e,a,call,60"])
WINDOWS = [{"participant": "f", "date": "2024-07-01", "scanInstances": []}]
FIXES = csv(
    "participant,time,lon,lat",
    [f"b,{stamp(f'10:{minute:02d}')},12.5,55.7" for minute in range(30)],
)


def everything(folder: Path) -> Evidence:
    """Return evidence of every kind."""
    return read(folder, SIGHTINGS, VISITS, CALLS, WINDOWS, FIXES, enrolled=["a", "e"])


def test_tables_have_their_schemas(tmp_path: Path) -> None:
    for signs in (everything(tmp_path).signs, NO_SIGNS, read(tmp_path, FIXES).signs):
        assert {name: table.schema for name, table in signs.tables().items()} == dict(SIGNS)
    for table in everything(tmp_path).signs.tables().values():
        assert table.num_rows > 0
        table.validate(full=True)


def test_the_same_row_in_two_files_is_kept_once(tmp_path: Path) -> None:
    found = read(tmp_path, SIGHTINGS, SIGHTINGS, WINDOWS, WINDOWS * 2)
    assert rows(found.signs.encounters, "participant", "other") == [("b", "a"), ("b", "c")]
    refused = [dict(report.refused) for report in found.inputs]
    assert refused == [{}, {"repeat": 2}, {}, {"repeat": 2}]
    for report in found.inputs:
        assert report.received == report.kept + sum(report.refused.values())


def test_those_known_from_signs_alone_are_among_the_names(tmp_path: Path) -> None:
    index, _ = index_of(everything(tmp_path))
    assert index.tracks.names == ("a", "b", "c", "d", "e", "f")
    assert set(index.tracks.days[:, 0].tolist()) == {1}


def test_nobody_is_named_whose_signs_were_all_refused(tmp_path: Path) -> None:
    lines = [f"{TEN},b,c,50", f"{TEN},x,y,999"]
    index, _ = index_of(read(tmp_path, csv("time,seen_by,seen,attenuation", lines)))
    assert index.tracks.names == ("b", "c")


def test_a_case_with_signs_alone_has_contacts_and_no_episode_by_positions(tmp_path: Path) -> None:
    found = fortnight.trace(everything(tmp_path), case="a", onset=date(2024, 7, 1))
    assert found.episodes.num_rows == 0
    assert found.coverage == 0
    (contact,) = json.loads(found.to_json())["contacts"]
    assert "fixes" not in contact["together"]["evidence"]
    assert contact["episodes"] == []


def test_evidence_gives_the_same_index_again(tmp_path: Path) -> None:
    evidence = everything(tmp_path)
    index, _ = index_of(evidence)
    assert index.signs == evidence.signs
    shuffled = {
        name: table.take(list(range(table.num_rows))[::-1])
        for name, table in evidence.signs.tables().items()
    }
    doubled = {name: pa.concat_tables([table, table]) for name, table in shuffled.items()}
    again, reports = index_of(replace(evidence, signs=fortnight.evidence.schema.Signs(**doubled)))
    assert again.signs == evidence.signs
    assert reports == evidence.inputs


def test_the_last_sign_is_known(tmp_path: Path) -> None:
    assert NO_SIGNS.last() is None
    noon = int(at("12:00").timestamp()) * 1_000
    assert read(tmp_path, VISITS).signs.last() == noon
    assert read(tmp_path, SIGHTINGS).signs.last() == noon - 2 * 3_600_000
    assert read(tmp_path, VISITS, WINDOWS).signs.last() == noon + 12 * 3_600_000 - 1


def saved(folder: Path) -> Path:
    """Return the folder of an index of everything."""
    index, reports = index_of(everything(folder))
    save_index(index, folder / "index", reports)
    return folder / "index"


def test_signs_are_saved_beside_the_segments(tmp_path: Path) -> None:
    evidence = everything(tmp_path)
    opened, reports = load_index(saved(tmp_path))
    assert opened.signs == evidence.signs
    assert opened.tracks.names == ("a", "b", "c", "d", "e", "f")
    assert reports == evidence.inputs
    trace = fortnight.trace(opened, case="d", onset=date(2024, 7, 1))
    assert trace.contacts.num_rows == 1
    assert trace.contacts == fortnight.trace(evidence, case="d", onset=date(2024, 7, 1)).contacts


def test_a_kind_of_which_there_is_nothing_has_no_file(tmp_path: Path) -> None:
    index, _ = index_of(read(tmp_path, FIXES, VISITS))
    save_index(index, tmp_path / "index")
    files = {path.stem for path in (tmp_path / "index").glob("*.arrow")}
    assert files & set(SIGNS) == {"visits"}
    assert load_index(tmp_path / "index")[0].signs == index.signs


@pytest.mark.parametrize("name", SIGNS)
def test_a_missing_or_truncated_file_of_signs_is_refused(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path) / f"{name}.arrow"
    data = path.read_bytes()
    for share in (0.0, 0.4, 0.95):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(fortnight.IndexFormatError):
            load_index(path.parent)
    path.unlink()
    with pytest.raises(fortnight.IndexFormatError):
        load_index(path.parent)


@pytest.mark.parametrize(
    "rows_said", [{"encounters": 1}, {"visits": 7, "encounters": 2}, {"rumours": 3}]
)
def test_signs_of_another_index_are_told_apart(tmp_path: Path, rows_said: dict[str, int]) -> None:
    manifest = saved(tmp_path) / "index.json"
    text = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**text, "signs": rows_said}))
    with pytest.raises(fortnight.IndexFormatError, match="again"):
        load_index(manifest.parent)


def test_an_index_of_the_format_before_is_refused(tmp_path: Path) -> None:
    manifest = saved(tmp_path) / "index.json"
    text = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**text, "format": "fortnight.index/1"}))
    with pytest.raises(fortnight.IndexFormatError, match=r"fortnight\.index/1"):
        load_index(manifest.parent)
