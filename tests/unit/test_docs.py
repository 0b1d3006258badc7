"""The documents as data: what they name exists, and what exists is named."""

from __future__ import annotations

import inspect
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.commands import COMMANDS, names_in, parts_of

import fortnight
from fortnight.contact.store import FORMAT
from fortnight.evidence.arrange import ASSUMED_ACCURACY_M
from fortnight.evidence.checks import FIX_RULES, STAY_RULES
from fortnight.parameters import DEFAULTS, Parameters
from fortnight.report.document import SCHEMA
from fortnight.risk.disease import load_disease
from fortnight.settings import Settings
from fortnight.web.routes import ROUTES
from fortnight.web.rows import PERMISSIONS

if TYPE_CHECKING:
    from fortnight.web.rows import Route

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.glob("*.md")])
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

DECIDED = (DOCS / "how-contacts-are-decided.md").read_text(encoding="utf-8")
GUIDE = (DOCS / "operators-guide.md").read_text(encoding="utf-8")
DEPENDENCIES = (DOCS / "dependencies.md").read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of every Markdown table by their first cell."""
    found = {}
    for line in text.splitlines():
        if line.startswith("| "):
            first, *rest = [cell.strip() for cell in line.strip("| ").split(" | ")]
            found[first] = rest
    return found


@pytest.mark.parametrize("field", [field.name for field in fields(Parameters)])
def test_every_parameter_is_documented_with_its_default(field: str) -> None:
    default, meaning = rows(DECIDED)[f"`{field}`"]
    value = getattr(DEFAULTS, field)
    assert default == (value if field == "version" else f"{value:,g}")
    assert len(meaning) > len("what it does")
    assert meaning.endswith("*index*") == (field in DEFAULTS.track_part())


def test_no_parameter_is_documented_that_does_not_exist() -> None:
    section = DECIDED.split("## Parameters")[1].split("\n## ")[0]
    named = {first.strip("`") for first in rows(section) if first.startswith("`")}
    assert named == {field.name for field in fields(Parameters)}


@pytest.mark.parametrize("reason", sorted({name for name, _ in (*FIX_RULES, *STAY_RULES)}))
def test_every_rule_of_cleaning_has_a_place(reason: str) -> None:
    formats = (DOCS / "formats.md").read_text(encoding="utf-8")
    assert f"`{reason}`" in DECIDED + formats


def test_assumed_accuracies_are_those_of_the_code() -> None:
    said = "10 m for gnss and unknown sources, 40 m for wifi and 2,000 m for cell"
    assert said in " ".join(DECIDED.split())
    assert ASSUMED_ACCURACY_M == {"gnss": 10, "unknown": 10, "wifi": 40, "cell": 2_000}


def test_the_windows_of_covid_19_are_those_of_its_file() -> None:
    disease, table = load_disease("covid-19"), rows(DECIDED)
    back, forward, curve = disease.look_back, disease.look_forward, disease.infectiousness
    days = [cells[0] for first, cells in table.items() if first.startswith(("look-", "infectious"))]
    last = curve.first_day + len(curve.mass) - 1
    wanted = [
        f"{back.first_day} to {back.last_day}",
        f"{forward.first_day} to +{forward.last_day}",
        f"{curve.first_day} to +{last}",
    ]
    assert days == [one.replace("-", "\N{MINUS SIGN}") for one in wanted]
    minimum = table["minimum"][0]
    rule = disease.contact
    assert minimum == f"{rule.min_minutes:g} minutes in any {rule.within_hours:g} hours"


def options(command: str) -> list[str]:
    """Return every name under which an option of a command, or of its own ones, can be given."""
    arguments = [one for part in parts_of(command) for one in part.assemble_argument_collection()]
    names = {name for one in arguments for name in one.names if name.startswith("--")}
    return sorted(name for name in names if not name.startswith("--empty-"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_a_group_is_in_the_operators_guide(command: str) -> None:
    own = next(part for part in re.split(r"\n### `fortnight ", GUIDE) if part.startswith(command))
    assert [name for name in names_in(command) if f"`{name}" not in own] == []


def test_every_setting_is_documented_and_no_other() -> None:
    settings = rows((DOCS / "settings.md").read_text(encoding="utf-8"))
    named = {first.strip("`") for first in settings if first.startswith("`")}
    assert named == {field.name for field in fields(Settings)} - {"home"}


def _who(route: Route) -> str:
    if route.permission == "browser":
        return "any browser, from our own pages"
    return PERMISSIONS[route.permission] if route.does is None else f"`{route.does}`"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_documented_as_its_row_says(route: Route) -> None:
    documented = rows((DOCS / "api.md").read_text(encoding="utf-8"))
    assert documented.get(f"`{route.method} {route.path}`") == [_who(route), route.why]


def test_no_route_is_documented_that_does_not_exist() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `((?:GET|POST) /\S*)`", text, re.MULTILINE)
    assert sorted(named) == sorted(f"{route.method} {route.path}" for route in ROUTES)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_in_the_operators_guide(command: str) -> None:
    sections = re.split(r"\n### `fortnight ", GUIDE)
    own = [one for one in sections if re.match(rf"{command}\b", one)]
    assert len(own) == 1, f"the guide has no section on `fortnight {command}`"
    missing = [name for name in options(command) if f"`{name}" not in own[0]]
    general = sections[0]
    assert [name for name in missing if f"`{name}`" not in general] == []


def test_the_guide_names_no_option_that_does_not_exist() -> None:
    known = {name for command in COMMANDS for name in options(command)} | {"--help", "--version"}
    assert set(re.findall(r"`(--[a-z][a-z-]*)", GUIDE)) - known == set()


def test_every_dependency_is_listed_with_its_licence() -> None:
    wanted = [*PROJECT["project"]["dependencies"]]
    for group in ("dev",):
        wanted += PROJECT["dependency-groups"][group]
    table = rows(DEPENDENCIES)
    for name in sorted({re.split(r"[<>=\[ ]", one)[0] for one in wanted}):
        assert name in table, f"{name} has no line in docs/dependencies.md"
        purpose, _why, licence = table[name]
        assert purpose
        assert re.search(r"MIT|BSD|Apache|MPL|ISC|PSF|LGPL-3.0", licence)
    for one in PROJECT["dependency-groups"]["bench"]:
        assert re.split(r"[<>=\[ ]", one)[0] in DEPENDENCIES


def test_every_part_that_comes_through_a_dependency_is_named() -> None:
    """What is installed for a user beyond what we ask for ourselves, with its licence."""
    from importlib.metadata import requires  # noqa: PLC0415 - only this test asks

    seen: set[str] = set()
    todo = [re.split(r"[<>=\[ ]", one)[0] for one in PROJECT["project"]["dependencies"]]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            needs = [one for one in requires(name) or [] if ";" not in one]
            todo += [re.split(r"[^\w.-]", one)[0].lower() for one in needs]
    assert [name for name in sorted(seen) if name not in DEPENDENCIES] == []


def test_nothing_under_a_gpl_is_listed() -> None:
    for first, cells in rows(DEPENDENCIES).items():
        # the lesser licence lets a library be used as it is; psycopg and DBOS need it
        assert not re.search(r"\bA?GPL-", cells[-1]), first


def test_every_bundled_part_of_the_page_is_listed() -> None:
    table = rows(DEPENDENCIES)
    folder = ROOT / "src" / "fortnight" / "report" / "assets"
    sources = rows((folder / "README.md").read_text(encoding="utf-8"))
    for first, cells in sources.items():
        if first.startswith("`") and (folder / first.strip("`")).is_file():
            assert cells[0].partition(",")[0] in table


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{page.name} links to {target}"


def test_the_index_names_every_document() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    names = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    assert {name for name in names if f"({name})" not in index} == set()


def test_the_changelog_names_the_version_and_the_formats() -> None:
    changelog = (DOCS / "changelog.md").read_text(encoding="utf-8")
    assert f"## {PROJECT['project']['version']}" in changelog
    for name in (SCHEMA, FORMAT, f"`Parameters` version `{DEFAULTS.version}`"):
        assert name in changelog


@pytest.mark.parametrize("name", fortnight.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert len(inspect.getdoc(getattr(fortnight, name)) or "") > len("a word or two")


def test_the_readme_puts_the_two_commands_on_top() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:12]
    assert "pip install uv && uv run fortnight demo" in head
    assert "uv run pytest" in head


def test_the_readme_is_a_screen_and_a_half() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 110


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_table_has_as_many_cells_in_every_row(page: Path) -> None:
    width = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert width in {None, cells}, f"{page.name}, line {number}"
        width = cells
