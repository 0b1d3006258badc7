"""Calls and messages between two people who are both enrolled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from fortnight.evidence.conversions import (
    Clock,
    any_numbers,
    blanks,
    dictionary,
)
from fortnight.evidence.signs import RawSigns, only_enrolled, two_people
from fortnight.evidence.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column
    from fortnight.evidence.roles import Roles

MOST_SECONDS: Final = 86_400
"""A call that is said to have lasted longer than a day is a slip."""
_CALLS: Final = ("call", "voice", "phone", "tel", "moc", "mtc", "voip", "video")
_MESSAGES: Final = ("message", "msg", "sms", "mms", "text", "chat")


class Calls:
    """Turns the columns of a table of calls and messages into ties.

    Parameters
    ----------
    roles : Roles
        Which column means what.
    enrolled : frozenset of str
        Those who agreed. Nothing is kept of rows about others, their ids least of all.
    """

    def __init__(self, roles: Roles, enrolled: frozenset[str]) -> None:
        self._roles = roles
        self._enrolled = enrolled
        self._clock = Clock(utc=roles.utc)

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,  # noqa: ARG002 - would show who is not enrolled
    ) -> RawSigns:
        """Return a chunk of the table as ties; `data` holds the columns by their place."""
        at = self._roles.at
        start = self._clock.instants(data[at["time"]])
        names, who, other = two_people(dictionary(data[at["who"]]), dictionary(data[at["other"]]))
        kept, (who, other) = only_enrolled(names, self._enrolled, (who, other))
        messages, unknown = self._kinds(data, len(start))
        seconds, wrong = self._seconds(data, len(start))
        seconds[messages] = 0
        return RawSigns(
            "ties",
            kept,
            who,
            other,
            start,
            start,
            {
                "kind": pa.array(np.where(messages, "message", "call"), pa.string()),
                "seconds": pa.array(seconds),
            },
            where,
            lambda row: f"at {iso(int(start[row]))}",
            {"bad-kind": unknown, "bad-duration": wrong & ~messages},
        )

    def _kinds(
        self, data: Mapping[int, Column], count: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Mark the messages, and the rows that are neither calls nor messages."""
        if "kind" not in self._roles.at:
            return np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
        column = dictionary(data[self._roles.at["kind"]])
        words = [(word or "").strip().lower() for word in column.dictionary.to_pylist()]
        message = [any(part in word for part in _MESSAGES) for word in words]
        call = [not word or any(part in word for part in _CALLS) for word in words]
        codes = column.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
        messages = np.array([*message, False])[codes]  # no kind at all is a call
        return messages, ~messages & ~np.array([*call, True])[codes]

    def _seconds(
        self, data: Mapping[int, Column], count: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return lengths in whole seconds, rounded down, and which are none; blank is 0."""
        if "seconds" not in self._roles.at:
            return np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.bool_)
        column = data[self._roles.at["seconds"]]
        told = any_numbers(column) * (60 if self._roles.in_minutes else 1)
        told[blanks(column)] = 0
        wrong = ~((told >= 0) & (told <= MOST_SECONDS))
        return np.where(wrong, 0, told).astype(np.int32), wrong
