"""The commands of the program, and those that a group of commands holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.cli.__main__ import app

if TYPE_CHECKING:
    from cyclopts import App

COMMANDS = [name for name in app if not name.startswith("-")]


def names_in(command: str) -> list[str]:
    """Return the commands of a group; none where it is a command itself."""
    return [name for name in app[command] if not name.startswith("-")]


def parts_of(command: str) -> list[App]:
    """Return what can be called: a command, or every command of a group."""
    group = app[command]
    return [group[name] for name in names_in(command)] or [group]
