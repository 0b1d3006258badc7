"""Who may import whom: the contracts of pyproject.toml, and what they could miss."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "fortnight"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {one["id"]: one for one in PROJECT["tool"]["importlinter"]["contracts"]}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the checker on a checkout, which need not be the one that is installed."""
    code = "import sys; from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src'); {code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_contract_is_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def imports_of(path: Path) -> Iterator[str]:
    """Yield the top-level name of every import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("report/rows.py", "import fortnight.cli.terminal", "knows only those below it"),
        ("evidence/checks.py", "import fortnight.track.runs", "knows only those below it"),
        ("track/runs.py", "from fortnight.contact import search", "knows only those below it"),
        ("risk/disease.py", "import fortnight.evidence.schema", "knows only those below it"),
        ("evidence/readers/gpx.py", "import fortnight.evidence.readers.geojson", "Readers"),
        ("simulate/town.py", "def f():\n    import sqlite3", "no network and no database"),
        ("api.py", "from urllib import request", "no network and no database"),
        ("cli/demo.py", "import webbrowser", "opens a page by itself"),
        ("api.py", "import fortnight.lake.files", "knows only those below it"),
        ("case/cases.py", "import fortnight.web.app", "knows only those below it"),
        ("lake/drain.py", "import fortnight.vault.tables", "Only the vault"),
        ("web/ingest.py", "import sqlalchemy", "The web asks rooms"),
        ("ledger/tree.py", "import os", "no input and no output"),
        ("consent/grant.py", "import fortnight.db.tables", "no input and no output"),
        ("newcomer.py", "", "newcomer"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, file: str, line: str, broken: str) -> None:
    for path in PACKAGE.rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with (tmp_path / "src" / "fortnight" / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0, said
    assert broken in said


def test_the_contract_on_readers_names_every_format() -> None:
    shared = {"__init__", "gather", "records"}
    folder = PACKAGE / "evidence" / "readers"
    formats = {path.stem for path in folder.glob("*.py")} - shared
    named = {name.rpartition(".")[2] for name in CONTRACTS["readers"]["modules"]}
    assert named == formats


def test_every_imported_package_is_a_dependency() -> None:
    project = PROJECT["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    wanted = [*project["dependencies"], *extras]
    declared = {re.split(r"[<>=\[]", one)[0].lower() for one in wanted}
    owners = {
        package: [name.lower().replace("_", "-") for name in names]
        for package, names in packages_distributions().items()
    }
    foreign = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in imports_of(path)
        if name not in sys.stdlib_module_names and name != "fortnight"
    }
    undeclared = {
        name: owners.get(name) for name in foreign if not declared & set(owners.get(name, []))
    }
    assert undeclared == {}
