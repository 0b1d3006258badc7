"""The list of those who agreed that their operator gives their data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fortnight.errors import InputError
from fortnight.evidence.columns import PARTICIPANT, first_of, spelling
from fortnight.evidence.readers.delimited import DELIMITERS
from fortnight.evidence.roles import SUBSCRIBER
from fortnight.evidence.source import Source, decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_ID: Final = (*PARTICIPANT, *SUBSCRIBER, "enrolled", "enrolledid", "id")


def enrolled_ids(given: Collection[str] | os.PathLike[str] | None) -> frozenset[str] | None:
    """Return the ids of those enrolled; None, which is not "nobody", where nothing was given.

    Parameters
    ----------
    given : collection of str, or path
        The ids, or a file of them (a path as text is a path, and no id).
    """
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return read_enrolled(Path(given))
    return frozenset(text for one in given if (text := str(one).strip()))


def read_enrolled(path: Path) -> frozenset[str]:
    """Return the ids in a file: one a line, or the column `participant` of a table.

    Raises
    ------
    InputError
        If there is no such file, or no id in it.
    """
    try:
        with Source(path) as source:
            lines = [decoded(line).strip() for _, block in source.lines() for line in block]
    except OSError as error:
        raise InputError(f"{path}: the list of those enrolled cannot be read: {error}") from error
    found = frozenset(one for one in _ids([line for line in lines if line]) if one)
    if not found:
        raise InputError(
            f"{path}: no id in it: give one a line, or a table with a column participant",
        )
    return found


def _ids(lines: Sequence[str]) -> Iterator[str]:
    """Yield the ids that the lines hold."""
    for delimiter in DELIMITERS:
        header = lines[0].split(delimiter) if lines else []
        place = first_of([spelling(cell) for cell in header], _ID)
        if place is not None:
            rows = (line.split(delimiter) for line in lines[1:])
            yield from (row[place].strip(' "') for row in rows if len(row) > place)
            return
    yield from (line.strip(' "') for line in lines if not line.startswith("#"))
