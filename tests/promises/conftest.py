"""Two people who sat together for an evening: the smallest world in which there is a contact."""

from __future__ import annotations

import io
import warnings
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from fortnight.cli.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASE: Final = ("--case", "participant-1", "--onset", "2026-03-03")


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    stdout: str
    stderr: str


if TYPE_CHECKING:
    Run = Callable[..., Done]


@pytest.fixture(scope="session")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a CSV file for each of the two: a fix every 5 minutes for 3 hours."""
    folder = tmp_path_factory.mktemp("meeting") / "histories"
    folder.mkdir()
    for person in (1, 2):
        lines = ["time,lon,lat,accuracy"]
        for minute in range(0, 180, 5):
            moment = f"2026-03-03T{18 + minute // 60}:{minute % 60:02d}:00Z"
            lines.append(f"{moment},{2.5 + person * 1e-5:.5f},54.70000,12")
        (folder / f"participant-{person}.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def command() -> Run:
    """Return what runs `fortnight`, 80 columns wide, as a pipe would see it."""

    def run(*arguments: str | Path) -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        code = 0
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for one in (warnings.catch_warnings(), redirect_stdout(out), redirect_stderr(err)):
                stack.enter_context(one)
            patch.setenv("COLUMNS", "80")
            patch.setattr("sys.argv", ["fortnight", *map(str, arguments)])
            warnings.filterwarnings("ignore", "Cyclopts application invoked without tokens")
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        printed = []
        for stream in (out, err):
            stream.seek(0)
            printed.append(stream.read())
        return Done(code, *printed)

    return run
