"""Bluetooth sightings: a device heard another at some time, this much weaker than it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.evidence.batches import one_name
from fortnight.evidence.conversions import (
    Clock,
    any_numbers,
    blanks,
    dictionary,
    plain_text,
    unblanked,
)
from fortnight.evidence.signs import RawSigns, two_people
from fortnight.evidence.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column
    from fortnight.evidence.roles import Roles

ASSUMED_TX_DBM: Final = -12.0
"""Power a phone is taken to have sent with where the table has none: what ESPresense, an open
receiver, takes for Google/Apple exposure beacons (lib/BleFingerprint/rssi.h). Phones differ by
some 10 dB either way, so a table with the sender's power, or with attenuations, is worth more."""
LEAST_ATTENUATION_DB: Final = -40.0
MOST_ATTENUATION_DB: Final = 255.0  # what Google and Apple's system can say at most


class Sightings:
    """Turns the columns of a table of sightings into encounters.

    Parameters
    ----------
    roles : Roles
        Which column means what.
    participant : str
        Who heard, where no column says.
    """

    def __init__(self, roles: Roles, participant: str) -> None:
        self._at = roles.at
        self._participant = participant
        self._clock = Clock(utc=roles.utc)

    def rows(
        self,
        data: Mapping[int, Column],
        where: Callable[[int], str],
        shown: Callable[[int], str] | None = None,
    ) -> RawSigns:
        """Return a chunk of the table as encounters; `data` holds the columns by their place."""
        at = self._at
        start = self._clock.instants(data[at["time"]])
        end = start
        if "end" in at:
            told = self._clock.instants(unblanked(data[at["end"]]))
            end = np.where(blanks(data[at["end"]]), start, told)
        seen = dictionary(data[at["other"]])
        heard = dictionary(data[at["who"]]) if "who" in at else self._own(len(start))
        names, who, other = two_people(heard, seen)
        attenuation = self._attenuations(data, len(start))
        sensor = self._sensors(data, len(start))
        wrong = ~((attenuation >= LEAST_ATTENUATION_DB) & (attenuation <= MOST_ATTENUATION_DB))
        known = np.where(sensor | wrong, np.nan, attenuation).astype(np.float32)
        return RawSigns(
            "encounters",
            names,
            who,
            other,
            start,
            end,
            {
                "attenuation": pa.array(known, from_pandas=True),
                "kind": pa.array(np.where(sensor, "sensor", "bluetooth"), pa.string()),
            },
            where,
            shown or (lambda row: f"{iso(int(start[row]))}, {attenuation[row]:g} dB"),
            {"bad-attenuation": wrong & ~sensor},
        )

    def _own(self, count: int) -> pa.DictionaryArray[Any, Any]:
        """Return a column of the one participant whose file this is."""
        names, who = one_name(self._participant, count)
        codes: Any = pa.array(who)
        return pa.DictionaryArray.from_arrays(codes, names)

    def _attenuations(self, data: Mapping[int, Column], count: int) -> NDArray[np.float64]:
        """Return attenuations in dB: as claimed, else the power sent less that received."""
        claimed = np.full(count, np.nan)
        if "attenuation" in self._at:
            claimed = any_numbers(data[self._at["attenuation"]])
        if "rssi" not in self._at:
            return claimed
        sent = np.full(count, ASSUMED_TX_DBM)
        if "tx" in self._at:
            told = any_numbers(data[self._at["tx"]])
            sent = np.where(np.isnan(told), sent, told)
        return np.where(np.isnan(claimed), sent - any_numbers(data[self._at["rssi"]]), claimed)

    def _sensors(self, data: Mapping[int, Column], count: int) -> NDArray[np.bool_]:
        """Mark rows of sensors that tell closeness itself, and so have no attenuation."""
        if "kind" not in self._at:
            return np.zeros(count, dtype=np.bool_)
        words = pc.utf8_lower(plain_text(data[self._at["kind"]]))
        told: pa.Array[Any] = pc.equal(words, pa.scalar("sensor", pa.string())).fill_null(False)
        return told.to_numpy(zero_copy_only=False)
