"""The Corona-Warn-App's own cases, through the command, with and without their answers."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from fortnight.cli.score import score

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "exposure-windows-risk-calculation.json": (28, 7),
    "checkin-timeinterval-derivation.json": (10, 2),
}


def is_answer(name: str) -> bool:
    return name.startswith("exp") and name != "exposureWindows"


def rows_of(path: Path) -> list[dict[str, Any]]:
    out = io.StringIO()
    with redirect_stdout(out):
        score(path, format="json")
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_expected_field_comes_out(shared_data: Path, name: str) -> None:
    path = shared_data / "cwa-exposure-windows" / name
    cases, fields = FILES[name]
    wanted = [
        {key: value for key, value in case.items() if is_answer(key) or key == "description"}
        for case in json.loads(path.read_text())["testCases"]
    ]
    assert len(wanted) == cases
    assert all(len(one) == fields + 1 for one in wanted)
    assert rows_of(path) == wanted


@pytest.mark.parametrize("name", FILES)
def test_the_answers_are_not_read(shared_data: Path, tmp_path: Path, name: str) -> None:
    path = shared_data / "cwa-exposure-windows" / name
    content = json.loads(path.read_text())
    for number, case in enumerate(content["testCases"]):
        for key in [key for key in case if is_answer(key)]:
            if number % 2:
                case[key] = ["not", {"an": "answer"}]
            else:
                del case[key]
    blind = tmp_path / "blind.json"
    blind.write_text(json.dumps(content))
    assert rows_of(blind) == rows_of(path)
