"""The published list: what a person is not given, and why; one file that page and tests read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABOUT_NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Group:
    """Things that are left out for one reason.

    Attributes
    ----------
    why : mapping
        The reason, by language.
    columns : tuple of str
        As the retention schedule names them.
    """

    id: str
    why: Mapping[str, str]
    columns: tuple[str, ...]

    @property
    def is_about_people(self) -> bool:
        """Whether it is of a person at all."""
        return self.id != _ABOUT_NOBODY


@cache
def left_out() -> tuple[Group, ...]:
    """Return everything that is left out, by reason."""
    read = files("fortnight.taking").joinpath("left_out.toml").read_text(encoding="utf-8")
    return tuple(_group(one) for one in tomllib.loads(read)["group"])


def as_markdown() -> str:
    """Return the list as the documentation shows it."""
    lines = ["| why | what |", "| --- | --- |"]
    for one in left_out():
        named = ", ".join(f"`{column}`" for column in one.columns)
        lines.append(f"| {one.why['en']} | {named} |")
    return "\n".join(lines) + "\n"


def _group(said: dict[str, Any]) -> Group:
    why = {code: said[code] for code in ("en", "ru", "ar")}
    return Group(said["id"], why, tuple(said["columns"].split()))
