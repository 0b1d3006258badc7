"""What traces claim of each contact, as arrays, and one score to rank them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.contact.calibration import (
    FACE_TO_FACE,
    FITTED_FROM_MINUTES,
    WITHIN_RADIUS,
    room_score,
)
from fortnight.errors import InputError
from fortnight.simulate.meetings import CLOSE, NEAR, ROOM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.known import People
    from fortnight.simulate.traces import ContactsLike

CLAIMS: Final = {WITHIN_RADIUS: NEAR, FACE_TO_FACE: CLOSE}
"""What a probability may be about, and the kind of truth it is held to."""

ROOM_FEATURES: Final = ("one", "within 25 m", "heard", "face", "checked in", "checked in to room")
"""*within 25 m* is the log odds of that probability where that is what was claimed (0 where a
phone, a check-in or 15 presumed minutes speak instead; where nothing does, up to even odds by
expected minutes), *face* is log(1 + minutes face to face by Bluetooth), the others are 0 or 1."""

_MINUTES: Final = (
    "minutes",
    "expected_minutes_24h",
    "presumed_minutes",
    "heard_minutes",
    "face_minutes",
    "visit_minutes",
)
_NEEDED: Final = (
    "participant",
    *_MINUTES,
    "probability_contact",
    "probability_contact_of",
    "same_room",
)
_BY_CHECK_IN: Final = "check-in"
_LEAST: Final = 0.01  # no position alone is surer
_VISIT_NEAR: Final = 0.95  # contact.fusion.VENUE_RATIO as a probability
_EVEN: Final = 0.5
_DECIMALS: Final = 9  # beyond them two scores are one


@dataclass(frozen=True, slots=True)
class Claims:
    """Listed contacts of all cases, one row each; minutes of the whole window."""

    pair: Ints  # a case's number x people + the contact's
    minutes: Floats  # with an estimated distance within the radius
    most: Floats  # expected minutes in the 24 hours with most of them, by positions
    presumed: Floats
    heard: Floats
    face: Floats
    visited: Floats
    probability: Floats  # NaN where there is none
    about: Ints  # kind of truth that the probability is about
    same_room: Bools  # whether the trace says so
    room_code: Bools  # both checked in to one room

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def near_score(self) -> Floats:
        """Rank for "within 25 m": its probability; whom Bluetooth heard first, then check-ins.

        Who has no probability comes behind, by expected minutes in 24 hours.
        """
        behind = -1.0 / (1.0 + self.most)
        by_position = np.where(self._by_position, self.probability, behind)
        visited = np.where(self.visited > 0.0, _VISIT_NEAR, behind)
        heard = np.where(self.heard > 0.0, 1.0, behind)
        return np.maximum(np.maximum(by_position, visited), heard)

    @property
    def face_score(self) -> Floats:
        """Rank for "face to face": by Bluetooth's probability, and behind, as for 25 m."""
        return np.where(self.about == CLOSE, self.probability, self.near_score - 1.0)

    @property
    def room_score(self) -> Floats:
        """Rank for "same room": ``contact.calibration.room_score`` of ``room_features``."""
        return np.round(room_score(self.room_features), _DECIMALS)

    @property
    def room_features(self) -> Floats:
        """Rows of ``ROOM_FEATURES``."""
        chance = np.clip(self._chance_near, _LEAST, 1.0 - _LEAST)
        columns = (
            np.ones(len(self)),
            np.log(chance / (1.0 - chance)),
            self.heard > 0.0,
            np.log1p(self.face),
            self.visited > 0.0,
            self.room_code,
        )
        return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)

    @property
    def _chance_near(self) -> Floats:
        """What positions claim; even where others speak, and up to even where nothing claims."""
        presumed = self.presumed >= FITTED_FROM_MINUTES
        spoken = (self.heard > 0.0) | (self.visited > 0.0) | presumed
        unclaimed = _EVEN * np.minimum(1.0, self.most / FITTED_FROM_MINUTES)
        otherwise = np.where(spoken, _EVEN, unclaimed)
        return np.where(self._by_position, self.probability, otherwise)

    @property
    def _by_position(self) -> Bools:
        known: Bools = (self.about == NEAR) & ~np.isnan(self.probability)
        return known

    def score(self, kind: int) -> Floats:
        """Return what to rank by for a kind of truth."""
        ranks = {ROOM: self.room_score, NEAR: self.near_score, CLOSE: self.face_score}
        return ranks[kind]


def counted_once(pair: Ints, people: int) -> Bools:
    """Return which rows are the first of their two people, whoever of them is the case.

    Where both are cases each lists the other: two rows say one thing, and a share among both would
    look surer than it is.

    Parameters
    ----------
    pair
        A case's number x people + the contact's.
    people
        How many there are.
    """
    case, other = np.divmod(pair, max(people, 1))
    key = np.minimum(case, other) * people + np.maximum(case, other)
    first = np.zeros(len(pair), dtype=np.bool_)
    first[np.unique(key, return_index=True)[1]] = True
    return first


def read_claims(people: People, traces: Mapping[str, ContactsLike]) -> Claims:
    """Read the contacts of all cases, in any order.

    Raises
    ------
    InputError
        Where a table lacks a column or names somebody who does not live there.
    """
    cases = sorted(traces)
    numbers = people.numbers(pa.array(cases, type=pa.string()), "cases")
    parts = [
        _read(people, traces[case].contacts, number * len(people.names), f"the trace of {case}")
        for case, number in zip(cases, numbers.tolist(), strict=True)
    ]
    if not parts:
        return _nobody()
    return Claims(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _nobody() -> Claims:
    none, no = np.zeros(0), np.zeros(0, dtype=np.int64)
    never = np.zeros(0, dtype=np.bool_)
    return Claims(no, none, none, none, none, none, none, none, no, never, never)


def _read(people: People, table: pa.Table, base: int, where: str) -> tuple[Any, ...]:
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise InputError(f"{where} has no column {missing[0]!r}: give the contacts of a trace.")
    claim = pc.index_in(
        table["probability_contact_of"].cast(pa.string()), value_set=pa.array(list(CLAIMS))
    )
    kinds = np.array(list(CLAIMS.values()), dtype=np.int64)
    room = table["same_room"].cast(pa.string())
    by_code: Any = pc.equal(room, pa.scalar(_BY_CHECK_IN))
    return (
        base + people.numbers(table["participant"], where),
        *(_floats(table[name]) for name in _MINUTES),
        _floats(table["probability_contact"]),
        kinds[claim.to_numpy().astype(np.int64)],
        room.is_valid().to_numpy().astype(np.bool_),
        pc.fill_null(by_code, False).to_numpy().astype(np.bool_),
    )


def _floats(column: Any) -> Floats:  # noqa: ANN401 - any column of numbers
    values: Floats = column.cast(pa.float64()).to_numpy().astype(np.float64)
    return values
