"""Every command and every line of Python in the README and the tutorial is run as it stands.

A block ```` ```text stable ```` after one holds what it must print. REWRITE_DOCS=1 writes
what was printed into those blocks instead of comparing, for whoever changed the output on purpose.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fortnight.cli.__main__ import main

ROOT = Path(__file__).parents[2]
REWRITE = os.environ.get("REWRITE_DOCS") == "1"
BLOCK = re.compile(r"^```(bash|python|text stable)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(\d{3,}|\d+\.\d+)")
# What would start these tests inside themselves, install over what runs them, or serve until
# Ctrl-C: that one has tests of its own (tests/integration/test_demo_service.py).
NOT_RUN = ("uv run pytest", "pip install uv", "uv run fortnight demo --serve")


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, its text, and where the text stands in the page."""

    kind: str
    text: str
    start: int
    end: int


def blocks(page: str) -> list[Block]:
    return [Block(m[1], m[2], m.start(2), m.end(2)) for m in BLOCK.finditer(page)]


def commands(text: str) -> list[list[str]]:
    """Return the arguments of each `fortnight` in a block of shell, as a shell would split them."""
    whole = text.replace("\\\n", " ")
    lines = [part.strip() for line in whole.splitlines() for part in line.split("&&")]
    found = []
    for line in lines:
        if not line or line in NOT_RUN:
            continue
        words = shlex.split(line.removeprefix("uv run "))
        assert words[0] == "fortnight", f"the documents run `fortnight` only, not {line!r}"
        found.append(words[1:])
    return found


def told(text: str) -> list[str | Any]:
    """Return a text cut at its larger numbers, which may differ by one in their last digit.

    Sines and exponentials differ by a bit from one processor to the next, and so may a rounding.
    """
    return [
        pytest.approx(float(part), abs=1.01 * 10 ** -len(part.partition(".")[2]))
        if NUMBER.fullmatch(part)
        else part.split()
        for part in NUMBER.split(text)
    ]


def run_command(arguments: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Cyclopts application invoked without tokens")
        patch.setattr("sys.argv", ["fortnight", *arguments])
        code: str | int | None = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert not code, f"fortnight {' '.join(arguments)} ended with {code}"


def printed_by(block: Block, names: dict[str, Any]) -> str:
    """Run one block and return what it printed to standard output, without blanks at line ends."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    errors = io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(errors):
            if block.kind == "python":
                exec(compile(block.text, "document", "exec"), names)  # noqa: S102 - our own documents
            else:
                for arguments in commands(block.text):
                    run_command(arguments)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{errors.getvalue()}") from error
    out.seek(0)
    lines = [line.rstrip() for line in out.read().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the documents are run: with `histories/` of two people who met."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("POLARS_FMT_MAX_COLS", "20")
    histories = tmp_path / "histories"
    histories.mkdir()
    for person in (17, 18):
        place = f'lat="54.7" lon="{2.5 + person * 1e-5:.5f}"'
        points = "".join(
            f"<trkpt {place}><time>2026-03-09T12:{minute:02d}:00Z</time></trkpt>"
            for minute in range(60)
        )
        gpx = f'<gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'
        (histories / f"participant-{person}.gpx").write_text(gpx)
    return tmp_path


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_what_the_document_shows_is_what_happens(name: str, folder: Path) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "__document__"}
    printed, rewritten, copied = "", "", 0
    for block in blocks(page):
        if block.kind != "text stable":
            printed = printed_by(block, names)
            continue
        if not REWRITE:
            shown, said = told(block.text), told(printed)
            assert shown == said, f"{name} shows something else than what is printed"
        rewritten += page[copied : block.start] + printed
        copied = block.end
    if REWRITE:
        (ROOT / name).write_text(rewritten + page[copied:], encoding="utf-8")
    assert any(folder.iterdir())


def test_the_tutorial_shows_what_is_printed() -> None:
    kinds = [
        block.kind for block in blocks((ROOT / "docs/tutorial.md").read_text(encoding="utf-8"))
    ]
    assert kinds.count("text stable") >= 5
    assert {"bash", "python"} <= set(kinds)


def test_every_block_of_the_two_documents_is_of_a_known_kind() -> None:
    for name in ("README.md", "docs/tutorial.md"):
        fences = re.findall(r"^```(.*)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences[::2]) <= {"bash", "python", "text stable"}, name
        assert set(fences[1::2]) == {""}, name


def test_the_interpreter_is_one_that_the_readme_allows() -> None:
    assert sys.version_info >= (3, 11)
