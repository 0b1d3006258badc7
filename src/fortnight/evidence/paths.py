"""From what the user named, files, folders and patterns, to files in one fixed order."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from fortnight.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def find_files(inputs: Sequence[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """Return every file that `inputs` name, each once, sorted by path.

    Folders are walked to their depth without following links; hidden files and folders in them
    are passed over. A pattern (``*``, ``?``, ``[...]``, ``**``) stands for what it matches.

    Raises
    ------
    InputError
        If an input does not exist, or names no file.
    """
    found = {path: None for one in inputs for path in _named(os.fspath(one))}
    once: dict[str, Path] = {}
    for path in sorted(found, key=str):
        once.setdefault(os.path.realpath(path), path)
    return tuple(once.values())


def _named(text: str) -> Iterator[Path]:
    """Yield the files that one input names."""
    path = Path(text)
    if path.exists():
        matches: Iterable[Path] = [path]
    elif any(sign in text for sign in "*?["):
        matches = map(Path, glob(text, recursive=True))  # noqa: PTH207 - takes absolute patterns too
    else:
        raise InputError(f"{text}: no such file or folder")
    files = [file for match in matches for file in _walked(match)]
    if not files:
        raise InputError(
            f"{text}: there is no file in it" if path.is_dir() else f"{text}: nothing matches it",
        )
    yield from files


def _walked(path: Path) -> Iterator[Path]:
    """Yield a file itself, or the files of a folder."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in files if not name.startswith("."))
