"""What the commands share on a terminal: errors, progress, files they name."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Told = Callable[[int, int], None]

ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str) -> int:
    """Say what was wrong; return the exit code of a question that cannot be answered."""
    ERRORS.print("[bold red]fortnight:[/]", end=" ")
    ERRORS.print(message, markup=False)
    return 2


def say(message: str, *, quiet: bool) -> None:
    """Tell a person at the terminal something on the way; pipes and --quiet hear nothing."""
    if not quiet and sys.stderr.isatty():
        ERRORS.print(message, style="dim", markup=False)


def say_if_compiling(*, quiet: bool) -> None:
    """Explain the one long wait: the search is compiled at its first use on a machine."""
    from fortnight.compiled import was_compiled  # noqa: PLC0415 - not to say what was wrong

    if not was_compiled():
        say("Compiling the search for this machine: once, about half a minute.", quiet=quiet)


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Told]:
    """Show a bar for long work on a terminal, and nothing in pipes or with --quiet."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=ERRORS, transient=True) as bar:
        task = bar.add_task(title)

        def told(done: int, of: int) -> None:
            bar.update(task, completed=done, total=max(of, 1))

        yield told


def _silent(done: int, of: int) -> None:
    del done, of


def relative(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    try:
        return str(path.resolve().relative_to(path.cwd()))
    except ValueError:
        return str(path)
