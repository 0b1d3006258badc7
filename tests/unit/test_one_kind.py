"""Every test that is about one kind of database is listed with its reason; others are on both."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.one_kind import POSTGRES_ONLY, SQLITE_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TESTS: Final = Path(__file__).parents[1]
PAGE: Final = TESTS.parent / "docs" / "tests.md"
SHARED: Final = ("databases.py", "services.py")
OPENS_A_FILE: Final = re.compile(
    r"open_sqlite\(|\bsqlite_stores\(|reopened\(|settings_in\(.*\"\"\)|database_url=\"\""
    r"|read_settings\(home, {}|migrate_embedded\("
    r"|cli\", \"demo\", \"--serve|tests\.integration\.web_process"
)


@cache
def functions(path: Path) -> Mapping[str, frozenset[str]]:
    """Return each function of a module with the names of what it takes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        one.name: frozenset(argument.arg for argument in one.args.args + one.args.kwonlyargs)
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
    }


def needed(path: Path, name: str) -> set[str]:
    """Return every fixture that a test takes, and what those take."""
    known = {key: value for one in SHARED for key, value in functions(TESTS / one).items()}
    known |= functions(path)
    found, waiting = set[str](), [name]
    while waiting:
        for taken in known.get(waiting.pop(), frozenset()) - found:
            found.add(taken)
            waiting.append(taken)
    return found


def of_postgres_alone() -> Iterator[str]:
    for path in sorted(TESTS.glob("*/test_*.py")):
        for name in functions(path):
            takes = needed(path, name) if name.startswith("test_") else set()
            if "postgres_server" in takes - ({"postgres_server"} if "kind" in takes else set()):
                yield str(path.relative_to(TESTS))


def test_what_needs_postgresql_is_listed_and_nothing_else() -> None:
    assert set(of_postgres_alone()) == set(POSTGRES_ONLY)


def test_what_opens_a_file_whatever_is_asked_for_is_listed_and_nothing_else() -> None:
    found = {
        str(path.relative_to(TESTS))
        for path in TESTS.glob("*/test_*.py")
        if path != Path(__file__) and OPENS_A_FILE.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(SQLITE_ONLY)


@pytest.mark.parametrize("reasons", [POSTGRES_ONLY, SQLITE_ONLY])
def test_the_documentation_lists_them_with_the_same_reason(reasons: dict[str, str]) -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [name for name, why in reasons.items() if f"`{name}` | {why} |" not in page] == []
