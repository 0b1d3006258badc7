"""What a town's files know about some cases: truth, phones, sources of fixes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fortnight.errors import InputError, QuestionError
from fortnight.simulate import files
from fortnight.simulate.buildings import SETTINGS
from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.meetings import KINDS
from fortnight.simulate.phones import PHONE_KINDS
from fortnight.simulate.sensing import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from fortnight.simulate.arrays import Ints

_INT64: Final = pa.int64()


@dataclass(frozen=True, slots=True)
class People:
    """Who lives in a town, in the order of `people.parquet`."""

    names: pa.StringArray
    phone: Ints  # index into PHONE_KINDS
    window: tuple[int, int]  # milliseconds since 1970

    def numbers(self, names: pa.ChunkedArray | pa.Array, where: str) -> Ints:  # type: ignore[type-arg]  # any string array will do
        """Turn names into numbers.

        Raises
        ------
        InputError
            Where a name is nobody's; `where` says who used it.

        """
        found = pc.index_in(names.cast(pa.string()), value_set=self.names)
        if found.null_count:
            stranger = names.filter(pc.is_null(found))[0].as_py()
            raise InputError(
                f"{where}: {stranger!r} does not live in this town. Give the town and traces "
                "that were made from its own fixes.parquet.",
            )
        return _ints(found)


@dataclass(frozen=True, slots=True)
class Truth:
    """Periods that cases truly spent with others, each seen from the case."""

    case: Ints  # number of the inhabitant
    other: Ints
    start: Ints  # milliseconds since 1970
    end: Ints
    kind: Ints  # index into KINDS
    setting: Ints  # index into SETTINGS


@dataclass(frozen=True, slots=True)
class CaseFixes:
    """When the cases' phones took fixes of each source, sorted by case and time."""

    key: tuple[Ints, ...]  # of each of SOURCES: case x span + milliseconds of the window
    window: tuple[int, int]

    def count(self, case: Ints, start: Ints, end: Ints) -> Ints:
        """Count each case's fixes from start to end, by source: periods x sources."""
        origin, span = self.window[0], self.window[1] - self.window[0] + 1
        low, high = (case * span + np.clip(t - origin, 0, span - 1) for t in (start, end))
        return np.stack(
            [
                np.searchsorted(key, high, side="right") - np.searchsorted(key, low)
                for key in self.key
            ],
            axis=1,
        )


def town_window(town: Path) -> tuple[int, int]:
    """Return start and end of a town's days.

    Parameters
    ----------
    town
        Folder that `simulate` wrote.

    Returns
    -------
    tuple
        Milliseconds since 1970: 00:00 UTC of the first day and after the last.

    Raises
    ------
    InputError
        Where the folder is not such a town.

    """
    return read_people(town).window


def days_of(window: tuple[int, int]) -> tuple[date, date]:
    """Return the first and last day of a town's window (milliseconds since 1970), both lived."""
    start, end = (datetime.fromtimestamp(time / 1_000, tz=UTC).date() for time in window)
    return start, end - timedelta(days=1)


def choose_cases(town: Path, count: int, seed: int) -> list[str]:
    """Draw participants of a town, each as likely as any other.

    Parameters
    ----------
    town
        Folder that `simulate` wrote.
    count
        How many, at most as many as live there.
    seed
        Same town and seed, same cases.

    Returns
    -------
    list of str
        Participants, sorted.

    Raises
    ------
    QuestionError
        Where so many cannot be had.
    InputError
        Where the folder is not a town.

    """
    people = read_people(town)
    if not 1 <= count <= len(people.names):
        raise QuestionError(
            f"{count} cases were asked for and {len(people.names)} people live in {town}: "
            "give a number between.",
        )
    chosen = generator(seed, Stream.CASES).choice(len(people.names), size=count, replace=False)
    return sorted(people.names[int(number)].as_py() for number in chosen)


def read_people(town: Path) -> People:
    """Read `people.parquet`.

    Raises
    ------
    InputError
        Where it is missing, broken or of another shape.

    """
    table = _read(town / files.PEOPLE_FILE, ["participant", "phone"], None)
    window = files.read_window(table.schema)
    if window is None:
        raise InputError(
            f"{town / files.PEOPLE_FILE} does not say which days it is about: "
            "make the town again with `fortnight simulate`.",
        )
    names = pa.array(table["participant"].to_pylist(), type=pa.string())
    return People(names=names, phone=_codes(table["phone"], PHONE_KINDS), window=window)


def read_truth(town: Path, people: People, cases: Sequence[str]) -> Truth:
    """Read the truth about some cases; a pair of two cases is seen from both.

    Raises
    ------
    InputError
        Where `truth.parquet` is missing, broken or of another shape.

    """
    path = town / files.TRUTH_FILE
    asked = pa.array(cases, type=pa.string())
    about = pc.field("first").isin(asked) | pc.field("second").isin(asked)
    table = _read(path, files.TRUTH.names, about)
    first, second = (people.numbers(table[name], str(path)) for name in ("first", "second"))
    is_case = np.zeros(len(people.names), dtype=np.bool_)
    is_case[people.numbers(asked, "cases")] = True
    one, other = np.flatnonzero(is_case[first]), np.flatnonzero(is_case[second])
    row = np.concatenate((one, other))
    return Truth(
        case=np.concatenate((first[one], second[other])),
        other=np.concatenate((second[one], first[other])),
        start=_ints(table["start"])[row],
        end=_ints(table["end"])[row],
        kind=_codes(table["kind"], KINDS)[row],
        setting=_codes(table["setting"], SETTINGS)[row],
    )


def read_kinds(town: Path) -> tuple[int, ...]:
    """Return which kinds of truth a town knows, as indices into KINDS; badges know one.

    Raises
    ------
    InputError
        Where `truth.parquet` is missing, broken or of another shape.

    """
    table = _read(town / files.TRUTH_FILE, ["kind"], None)
    return tuple(sorted(_codes(table["kind"].unique(), KINDS).tolist()))


def read_case_fixes(town: Path, people: People, cases: Sequence[str]) -> CaseFixes:
    """Read when the cases' phones took fixes, and from what.

    Raises
    ------
    InputError
        Where `fixes.parquet` is missing, broken or of another shape.

    """
    path = town / files.FIXES_FILE
    asked = pc.field("participant").isin(pa.array(cases, type=pa.string()))
    table = _read(path, ["participant", "time", "source"], asked)
    case = people.numbers(table["participant"], str(path))
    span = people.window[1] - people.window[0] + 1
    key = case * span + _ints(table["time"]) - people.window[0]
    source = _codes(table["source"], SOURCES)
    by_source = tuple(np.sort(key[source == code]) for code in range(len(SOURCES)))
    return CaseFixes(key=by_source, window=people.window)


def _read(path: Path, columns: list[str], rows: pc.Expression | None) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns, filters=rows)
    except FileNotFoundError as error:
        raise InputError(
            f"{path} is missing: give a folder that `fortnight simulate` wrote, with its truth.",
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path} cannot be read as a file of a simulated town ({error}): make the town again.",
        ) from error


def _ints(column: pa.ChunkedArray | pa.Array) -> Ints:  # type: ignore[type-arg]  # whole numbers or times
    return column.cast(_INT64).to_numpy().astype(np.int64)


def _codes(column: pa.ChunkedArray | pa.Array, words: Sequence[str]) -> Ints:  # type: ignore[type-arg]  # any string array will do
    return _ints(pc.index_in(column.cast(pa.string()), value_set=pa.array(words)))
