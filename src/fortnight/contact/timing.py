"""What of a disease decides who may have infected whom, and when: two tables by day."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from fortnight.contact.trace import Case
    from fortnight.risk.disease import Disease

_LONGEST_DAYS: Final = 3_660
_WHOLE: Final = 0.9999  # of the infected: the table of incubation ends here


@dataclass(frozen=True, slots=True)
class Dated:
    """The day that a case hangs on: its onset, or its test where no onset is known."""

    day: date
    by_test: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """Infectiousness by day, the first of them ``first_day``, as shares of the highest day's."""

    first_day: int
    values: tuple[float, ...]

    def on(self, day: int) -> float:
        """Return the infectiousness of a day; 0 outside the curve."""
        place = day - self.first_day
        return self.values[place] if 0 <= place < len(self.values) else 0.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Incubation and infectiousness, for cases of known onset and for those known by a test.

    ``onset_after[k]`` is the share of the infected whose onset comes k days after infection,
    ``test_after[k]`` the share tested k days after it.
    """

    onset_after: tuple[float, ...]
    since_onset: Curve
    test_after: tuple[float, ...]
    since_test: Curve

    def incubation(self, infectee: Dated, day: date) -> float:
        """Return the share of those infected on ``day`` who have their onset, or test, when due.

        0 for days after onset: whoever has symptoms already was infected before.
        """
        table = self.test_after if infectee.by_test else self.onset_after
        before = (infectee.day - day).days
        return table[before] if 0 <= before < len(table) else 0.0

    def infectiousness(self, infector: Dated, day: date) -> float:
        """Return how infectious a case was on ``day``, as a share of the highest day's."""
        curve = self.since_test if infector.by_test else self.since_onset
        return curve.on((day - infector.day).days)


def dated(case: Case) -> Dated:
    """Return the day that a case hangs on."""
    return Dated(case.anchor, by_test=case.onset is None)


def timing_of(disease: Disease) -> Timing:
    """Return the tables of a disease.

    Where a case is known by a test alone, its onset lay before the test as ``onset_to_test`` of
    the disease has it; without that figure the test stands for the onset.
    """
    onset_after = _onset_after(disease)
    first, last = disease.curve_since_test.first_day, disease.curve_since_test.last_day
    return Timing(
        onset_after=onset_after,
        since_onset=Curve(
            disease.curve.first_day,
            tuple(
                disease.relative_infectiousness(day)
                for day in range(disease.curve.first_day, disease.curve.last_day + 1)
            ),
        ),
        test_after=_test_after(disease, onset_after),
        since_test=Curve(
            first,
            tuple(
                disease.relative_infectiousness_since_test(day) for day in range(first, last + 1)
            ),
        ),
    )


def _onset_after(disease: Disease) -> tuple[float, ...]:
    """Return the incubation's mass by day, to the day by which all but 1 in 10,000 are ill."""
    law = disease.incubation
    days = takewhile(lambda day: law.cdf(day - 1) < _WHOLE, range(_LONGEST_DAYS))
    return tuple(law.mass(day) for day in days)


def _test_after(disease: Disease, onset_after: tuple[float, ...]) -> tuple[float, ...]:
    """Return the mass of days from infection to test: incubation, then onset to test."""
    if disease.onset_to_test is None:
        return onset_after
    law = disease.onset_to_test
    days = takewhile(lambda day: law.cdf(day - 1) < _WHOLE, range(_LONGEST_DAYS))
    delays = [law.mass(day) for day in days]
    whole = sum(delays)
    return tuple(
        sum(
            delays[k] * onset_after[day - k]
            for k in range(min(len(delays), day + 1))
            if day - k < len(onset_after)
        )
        / whole
        for day in range(len(onset_after) + len(delays) - 1)
    )
