"""What an evaluation says: counts of pairs, calibration of probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RULES: Final = ("minimum", "with presumed", "listed")
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of a case and another person: truly together, found by the trace, both."""

    label: str
    true: int
    found: int
    both: int

    @property
    def recall(self) -> float | None:
        """Share of the true pairs that were found; none where there are no true pairs."""
        return self.both / self.true if self.true else None

    @property
    def precision(self) -> float | None:
        """Share of the found pairs that are true; none where nothing was found."""
        return self.both / self.found if self.found else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the probabilities of some episodes can be believed. Means are over minutes."""

    label: str
    episodes: int
    minutes: float
    claimed: float | None  # mean probability
    near: float | None  # share of the minutes that was truly near
    brier: float | None  # mean of (p - near)^2, near being 0 or 1; 0 is perfect


@dataclass(frozen=True, slots=True)
class Split:
    """One way to part pairs and episodes: by setting, by phones, by source."""

    by: str
    scores: tuple[Score, ...]  # truly near, by the rule "minimum"
    calibration: tuple[Calibration, ...]


@dataclass(frozen=True, slots=True)
class RuleScores:
    """What one rule of finding contacts makes of every kind of truth."""

    rule: str  # one of RULES
    scores: tuple[Score, ...]  # near, place, room, close


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a set of traces got right and wrong."""

    cases: tuple[str, ...]
    window: tuple[int, int]  # milliseconds since 1970
    min_minutes: float
    radius_m: float
    rules: tuple[RuleScores, ...]
    overall: Calibration
    reliability: tuple[Calibration, ...]  # by probability, a tenth a row
    splits: tuple[Split, ...]
