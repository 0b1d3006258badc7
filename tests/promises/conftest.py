"""Two people who sat together for an evening: the smallest world in which there is a contact."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

CASE = ("--case", "participant-1", "--onset", "2026-03-03")


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
    """Return what runs `fortnight` in a process of its own, 80 columns wide."""

    def run(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fortnight.cli.__main__", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", **more},
        )

    return run
