"""The part of a disease file that people are asked and helped by: symptoms, release, masks."""

from __future__ import annotations

from fortnight.risk.figures import Figure, positive


class Symptoms(Figure, frozen=True):
    """What a person is asked about on each day.

    ``asked`` are symptoms of the disease; with any of ``red_flags`` the person is shown the
    emergency number at once. Each is one of the words in ``followup/texts/symptoms.toml``.
    """

    asked: tuple[str, ...]
    red_flags: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a question about nothing, or the same thing twice."""
        super().__post_init__()
        if not self.asked or not self.red_flags:
            raise ValueError("asked and red_flags each name at least one thing to ask about")
        both = (*self.asked, *self.red_flags)
        if len(set(both)) != len(both):
            raise ValueError("a symptom is named twice: it is asked, or a red flag, once")


class Isolation(Figure, frozen=True):
    """Until when a person who tested positive is asked to stay home.

    ``days`` after onset and ``symptom_free_days`` after the last symptom, whichever is later;
    ``without_symptoms_days`` after the test where there were none; ``treatment_days`` after a
    treatment began, where that is sooner. Without ``days`` and without a treatment nobody can
    say by a rule: a clinician does.
    """

    days: int | None = None
    symptom_free_days: int = 0
    without_symptoms_days: int | None = None
    treatment_days: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        lengths = {
            "days": self.days,
            "without_symptoms_days": self.without_symptoms_days,
            "treatment_days": self.treatment_days,
        }
        positive(**{name: days for name, days in lengths.items() if days is not None})
        if self.symptom_free_days < 0:
            raise ValueError(f"symptom_free_days is {self.symptom_free_days}: give 0 or more")
        if self.days is None and (self.symptom_free_days or self.without_symptoms_days):
            raise ValueError("symptom_free_days and without_symptoms_days belong to days")


class Masks(Figure, frozen=True):
    """What an hour with masks on counts, as a part of an hour without, with its interval."""

    worn: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a part that is none, or an interval without it."""
        super().__post_init__()
        if not 0.0 < self.low <= self.worn <= self.high <= 1.0:
            raise ValueError("low, worn and high must rise from above 0 to at most 1")
