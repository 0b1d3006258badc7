"""The repository as data: what may stand in it, how large it may be, what must have a reason."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.longest import LONGEST

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

MOST_BYTES = 1_500_000
MOST_LINES_A_FILE = 450
MOST_LINES_A_FUNCTION = 70

# Spelled in two parts, so that this file does not hold what it looks for.
HOSTS = ("pypi" + ".org", "python" + "hosted", "npmjs" + ".", "deb.de" + "bian", "crates" + ".io")
MACHINE_PATHS = re.compile(r"(?<![\w.~>-])/(?:work|root|home/\w+|Users/\w+)/")
EXCEPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore|mypy:|ruff:|pragma:|pyright:)")
WITH_REASON = re.compile(
    r"#\s*(?:(?:ruff:\s*)?noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[a-z, -]+\])"
    r"\s*(?:-|#)\s*\w"
)


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is tracked, or would be with the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout, so it cannot be told which files belong to it")
    names = done.stdout.decode().split("\0")
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())


def texts() -> list[tuple[str, str]]:
    """Return the name and the text of every file that is text."""
    found = []
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content[:8_000]:
            found.append((str(path.relative_to(ROOT)), content.decode("utf-8", "replace")))
    return found


def python_files(*folders: str) -> list[Path]:
    wanted = tuple(ROOT / folder for folder in folders)
    return [
        path
        for path in files()
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in wanted)
    ]


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    named = [
        f"{name}: {found}"
        for name, text in texts()
        for found in [
            *(host for host in HOSTS if host in text.lower()),
            *(match[0] for match in MACHINE_PATHS.finditer(text)),
        ]
    ]
    assert named == []


def test_what_is_said_to_take_longest_is_there_once() -> None:
    assert [one for one in LONGEST if not (ROOT / "tests" / one).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_no_file_is_large() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in files()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_no_source_file_is_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files("src", "bench", "tests")
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_A_FILE} == {}


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if ast.get_docstring(node) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def test_no_function_is_long() -> None:
    long = {}
    for path in python_files("src", "bench"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node)
                if lines > MOST_LINES_A_FUNCTION:
                    long[f"{path.relative_to(ROOT)}: {node.name}"] = lines
    assert long == {}


def test_every_exception_to_a_check_says_why() -> None:
    silent = []
    for path in python_files("src", "bench", "tests"):
        if path == Path(__file__):
            continue
        above = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            explained = WITH_REASON.search(line) or above.lstrip().startswith("#")
            if EXCEPTION.search(line) and not explained:
                silent.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
            above = line
    assert silent == []


def test_every_rule_that_is_switched_off_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    off = [*PROJECT["tool"]["ruff"]["lint"]["ignore"]]
    for codes in PROJECT["tool"]["ruff"]["lint"]["per-file-ignores"].values():
        off += codes
    silent = [code for code in off if not re.search(rf'"{code}",?\s*#\s*\w+', text)]
    assert silent == []


@pytest.mark.parametrize("room", ["utils", "common", "helpers", "core", "misc"])
def test_no_room_is_named_for_nothing(room: str) -> None:
    parts = {part.removesuffix(".py") for path in python_files("src") for part in path.parts}
    assert room not in parts


def pins(lock: str) -> list[str]:
    """Return the requirements of a hashed lock file, without their hashes."""
    lines = [line.rstrip("\\ ") for line in lock.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith(("--hash", "#"))]


def test_the_project_is_pinned_to_the_hashed_lock_file() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert pins(lock) == PROJECT["tool"]["uv"]["constraint-dependencies"]


def test_every_pin_is_exact_and_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) == len(pins(lock)) > len(PROJECT["project"]["dependencies"])
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+(?: ; [^\\]+)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in lock


def test_every_dependency_is_pinned() -> None:
    pinned = {re.split(r"==", pin)[0] for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]}
    wanted = [*PROJECT["project"]["dependencies"]]
    for group in PROJECT["dependency-groups"].values():
        wanted += group
    names = {re.split(r"[<>=\[ ]", one)[0] for one in wanted}
    assert names - pinned == set()


def test_ci_ends_with_the_test_command_of_the_readme() -> None:
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert commands[-1] == "step uv run pytest"
    assert "\nuv run pytest\n" in readme
