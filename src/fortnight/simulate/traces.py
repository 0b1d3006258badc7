"""What traces say, as arrays: who is listed, and every episode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa

from fortnight.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.known import People

_MINUTE_MS: Final = 60_000.0
_EPISODE_COLUMNS: Final = (
    "participant",
    "start",
    "end",
    "expected_minutes",
    "probability_near",
    "presumed",
)


class ContactsLike(Protocol):
    """Anything with the contacts of a trace."""

    @property
    def contacts(self) -> pa.Table:
        """One contact a row: ``participant``, and for its claims those of `claims`."""


class TraceLike(ContactsLike, Protocol):
    """The two tables of a trace that are held against the truth."""

    @property
    def episodes(self) -> pa.Table:
        """One episode a row.

        ``participant``, ``start``, ``end`` (timestamp), ``expected_minutes``,
        ``probability_near`` (null where there is none), ``presumed`` (bool).
        """


@dataclass(frozen=True, slots=True)
class Found:
    """What the traces say. A pair is a case's number x people + the contact's."""

    listed: Ints  # pairs
    pair: Ints  # of each episode, as is all that follows
    start: Ints  # milliseconds since 1970
    end: Ints
    expected: Floats  # minutes
    probability: Floats  # NaN where there is none
    presumed: Bools

    @property
    def length(self) -> Floats:
        """Minutes of each episode."""
        minutes: Floats = (self.end - self.start) / _MINUTE_MS
        return minutes

    @property
    def weight(self) -> Floats:
        """Minutes that each minute of an episode counts for; of a presumed one, its probability."""
        length = self.length
        share = np.divide(self.expected, length, out=np.zeros_like(length), where=length > 0)
        return np.where(self.presumed, np.nan_to_num(self.probability, nan=1.0), share)


def read_traces(people: People, traces: Mapping[str, TraceLike]) -> Found:
    """Read the tables of all cases.

    Parameters
    ----------
    people
        Who lives in the town.
    traces
        The trace of each case, by participant.

    Raises
    ------
    InputError
        Where a table lacks a column or names somebody who does not live in the town.

    """
    cases = sorted(traces)
    numbers = people.numbers(pa.array(cases, type=pa.string()), "cases")
    listed, episodes = [], []
    for case, number in zip(cases, numbers.tolist(), strict=True):
        base = number * len(people.names)
        where = f"the trace of {case}"
        contacts = _columns(traces[case].contacts, ("participant",), where)
        listed.append(base + people.numbers(contacts["participant"], where))
        episodes.append(_read_episodes(people, traces[case].episodes, base, where))
    return Found(
        np.concatenate(listed), *(np.concatenate(part) for part in zip(*episodes, strict=True))
    )


def _columns(table: pa.Table, names: Sequence[str], where: str) -> pa.Table:
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise InputError(f"{where} has no column {missing[0]!r}: give the tables of a trace.")
    return table.select(list(names))


def _read_episodes(
    people: People, table: pa.Table, base: int, where: str
) -> tuple[Ints, Ints, Ints, Floats, Floats, Bools]:
    table = _columns(table, _EPISODE_COLUMNS, where)
    start, end = (
        table[name].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
        for name in ("start", "end")
    )
    return (
        base + people.numbers(table["participant"], where),
        start.astype(np.int64),
        end.astype(np.int64),
        _floats(table, "expected_minutes"),
        _floats(table, "probability_near"),
        table["presumed"].to_numpy().astype(np.bool_),
    )


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table[name].cast(pa.float64()).to_numpy().astype(np.float64)
    return values
