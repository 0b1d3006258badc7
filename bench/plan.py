"""What one run asks: which towns, which engines, which cases, how often, how long at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

SINGLES: Final = 9
"""A single case is asked for by this many different people: one person's life is no measure."""

LONG_S: Final = 20.0
"""What takes longer is asked once a run, not once a round."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run."""

    sizes: tuple[float, ...]  # millions of fixes
    cases: tuple[int, ...]
    tables: tuple[str, ...]  # "segments", "fixes"
    engines: tuple[str, ...]  # names in the registry; empty for all
    rounds: int
    limit_s: float  # for one question
    prepare_limit_s: float
    town: str  # "simulated" or "plain"
    days: int
    seed: int

    def questions(self, people: int) -> dict[int, list[list[int]]]:
        """Return, for each number of cases, the lists that are asked one after the other."""
        rng = np.random.default_rng([self.seed, people])
        asked = {}
        for count in self.cases:
            if count <= people:
                times = SINGLES if count == 1 else 1
                asked[count] = [_draw(rng, people, count) for _ in range(times)]
        return asked


def refusal(limits: tuple[int | None, int | None], people: int, count: int) -> str | None:
    """Return why an engine with these limits is not asked, or None."""
    most_people, most_cases = limits
    if most_people is not None and people > most_people:
        return f"not asked: over {most_people} people"
    if most_cases is not None and count > most_cases:
        return f"not asked: over {most_cases} cases"
    return None


def _draw(rng: np.random.Generator, people: int, count: int) -> list[int]:
    chosen: list[int] = rng.choice(people, count, replace=False).tolist()
    return chosen
