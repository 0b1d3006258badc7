"""Files to an index: sorted or not, with evidence of every kind, it is the same index."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.reference.signs import csv, stamp

from fortnight.api import gather, index_of
from fortnight.contact.building import Inputs, index_files
from fortnight.contact.store import save_index
from fortnight.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fortnight.contact.index import Index

NOW = 1_800_000_000_000
TEN = stamp("10:00")
HEADER = "participant,time,lon,lat"


def fixes(name: str, first: int = 0, last: int = 30) -> list[str]:
    """Return the lines of somebody's fixes, one a minute."""
    return [f"{name},{stamp(f'10:{minute:02d}')},12.5,55.7" for minute in range(first, last)]


def written(folder: Path, *files: str) -> list[Path]:
    """Write files whose order of names is theirs."""
    paths = [folder / f"{place}.txt" for place in range(len(files))]
    for path, text in zip(paths, files, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def saved(index: Index, folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a saved index."""
    save_index(index, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


SIGHTINGS = csv("time,seen_by,seen,attenuation", [f"{TEN},b,c,50", f"{TEN},b,a,50"])
VISITS = csv("participant,venue,check_in,check_out", [f"d,bar,{TEN},", f"a,bar,{TEN},"])
WINDOWS = json.dumps([{"participant": "f", "date": "2024-07-01", "scanInstances": []}])
STAYS = csv("participant,start,end,lon,lat", [f"d,{TEN},{stamp('11:00')},12.5,55.7"])

IN_ORDER = csv(HEADER, [*fixes("b"), *fixes("c"), *fixes("c", 3, 5)])
BY_TIME = csv(HEADER, sorted([*fixes("a"), *fixes("b")], key=lambda line: line[1:]))
WORLDS = {
    "sorted": ((IN_ORDER,), ["Reading"]),
    "by time": ((BY_TIME,), ["Reading", "Reading all", "Finding stays"]),
    "a file a person": (
        (csv(HEADER, fixes("a")), csv(HEADER, fixes("b", 0, 9)), csv(HEADER, fixes("b", 8, 20))),
        ["Reading"],
    ),
    "a file a day": ((IN_ORDER, IN_ORDER), ["Reading", "Reading all", "Finding stays"]),
    "with signs": ((SIGHTINGS, VISITS, WINDOWS, IN_ORDER, SIGHTINGS), ["Reading"]),
    "with stays": ((csv(HEADER, fixes("c")), STAYS), ["Reading"]),
    "signs alone": ((SIGHTINGS,), ["Reading"]),
    "nothing": ((csv(HEADER, []),), ["Reading"]),
    "damaged": ((IN_ORDER, "no table at all"), ["Reading"]),
}


@pytest.mark.parametrize(("files", "stages"), WORLDS.values(), ids=WORLDS)
def test_an_index_is_the_same_cut_while_read_or_once_all_is_sorted(
    files: tuple[str, ...], stages: list[str], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    paths = written(tmp_path / "in", *files)
    seen: list[str] = []

    @contextmanager
    def stage(title: str) -> Iterator[Callable[[int, int], None]]:
        seen.append(title)
        yield lambda _done, _of: None

    index, reports = index_files(Inputs(paths, NOW), stage=stage, piece_rows=1)
    expected, counted = index_of(gather(paths, now=NOW))
    assert reports == counted
    assert saved(index, tmp_path / "one") == saved(expected, tmp_path / "two")
    assert seen == [*stages, "Sorting by cell"]


def test_what_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        index_files(Inputs([tmp_path / "none"], NOW))
