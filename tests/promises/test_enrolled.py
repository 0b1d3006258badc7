"""An operator's files hold everybody: of who did not agree, nothing is read, shown or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.promises.conftest import CASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.promises.conftest import Run

STRANGER = "+46705550199"
CALLS = f"""time,from,to,kind,seconds
2026-03-03T12:00:00Z,participant-1,participant-2,call,60
2026-03-03T12:00:00Z,participant-1,{STRANGER},call,60
2026-03-03T12:00:00Z,{STRANGER},{STRANGER},call,-60
2026-03-03T12:00:00Z,{STRANGER}
"""
EVENTS = f"""participant,time,cell
participant-1,2026-03-03T12:00:00Z,c1
{STRANGER},2026-03-03T12:00:00Z,c1
{STRANGER},never,c2
"""
SITES = "cell,lon,lat,range\nc1,2.5,54.7,900\n"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of an operator's files, and beside it `agreed.txt`."""
    folder = tmp_path_factory.mktemp("operator")
    (folder / "files").mkdir()
    for name, text in (("calls", CALLS), ("events", EVENTS), ("sites", SITES)):
        (folder / "files" / f"{name}.csv").write_text(text)
    (folder / "agreed.txt").write_text("participant-1\nparticipant-2\n")
    return folder


def everything_in(folder: Path) -> bytes:
    """Return the bytes of every file in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("enrolled", [True, False])
def test_a_trace_shows_nothing_of_who_did_not_agree(
    command: Run, meeting: Path, operator: Path, tmp_path: Path, *, enrolled: bool
) -> None:
    given = ("--enrolled", operator / "agreed.txt") if enrolled else ()
    for printed in ("json", "table", "csv"):
        done = command(
            "trace", meeting, operator / "files", *CASE, *given, "--out", tmp_path / "out",
            "--format", printed,
        )  # fmt: skip
        assert done.code == 0, done.stderr
        assert STRANGER not in done.stdout + done.stderr
    assert STRANGER.encode() not in everything_in(tmp_path)
    assert (b"not-enrolled" in everything_in(tmp_path)) == enrolled
    assert (b"--enrolled FILE" in everything_in(tmp_path)) != enrolled


def test_an_index_keeps_nothing_of_who_did_not_agree(
    command: Run, meeting: Path, operator: Path, tmp_path: Path
) -> None:
    out = tmp_path / "index"
    given = ("--enrolled", operator / "agreed.txt")
    done = command("index", meeting, operator / "files", *given, "--out", out)
    assert done.code == 0, done.stderr
    assert (out / "ties.arrow").is_file()
    assert STRANGER not in done.stdout + done.stderr
    assert STRANGER.encode() not in everything_in(out)


def test_a_list_that_is_not_there_is_told(command: Run, meeting: Path, tmp_path: Path) -> None:
    done = command("trace", meeting, *CASE, "--enrolled", tmp_path / "nowhere.txt")
    assert done.code == 2
    assert "nowhere.txt" in done.stderr
    assert "Traceback" not in done.stderr
