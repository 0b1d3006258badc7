"""The published list of what staff see of a person and of what that person has: field by field."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class StaffPage:
    """One kind of thing that pages of the health team show of a person.

    Attributes
    ----------
    shows : str
        The value that the pages are given.
    part : str
        Of the copy, with the same rows.
    same : tuple of str
        Fields that are in both.
    not_in_copy : mapping
        Fields that the person does not have, each with a group of ``left_out.toml``.
    not_on_page : tuple of str
        What the person has besides.
    """

    shows: str
    part: str
    same: tuple[str, ...]
    not_in_copy: Mapping[str, str]
    not_on_page: tuple[str, ...]


@cache
def staff_pages() -> tuple[StaffPage, ...]:
    """Return what is compared."""
    return tuple(
        StaffPage(
            one["shows"],
            one["part"],
            tuple(one["same"]),
            one["not_in_copy"],
            tuple(one["not_on_page"]),
        )
        for one in _read()["page"]
    )


def only_in_copy() -> tuple[str, ...]:
    """Return the parts of a copy that no page of the health team shows."""
    return tuple(_read()["only_in_copy"]["parts"].split())


@cache
def _read() -> dict[str, Any]:
    found = files("fortnight.taking").joinpath("staff_pages.toml")
    return tomllib.loads(found.read_text(encoding="utf-8"))
