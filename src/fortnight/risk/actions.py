"""The rest of a disease file: what follows from an exposure, for the contact."""

from __future__ import annotations

from typing import Literal

from fortnight.risk.figures import AnyPeriod, Figure, positive

Tier = Literal["to-ask", "told", "told-and-tested", "asked-about-immunity", "asked-to-stay-home"]
# From the least to the most that is asked of a contact.
TIERS: tuple[Tier, ...] = (
    "to-ask",
    "told",
    "told-and-tested",
    "asked-about-immunity",
    "asked-to-stay-home",
)


class FollowUp(Figure, frozen=True):
    """For how many days after the last exposure a contact is followed."""

    days: int

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        positive(days=self.days)


class Testing(Figure, frozen=True):
    """When a contact without symptoms is tested.

    ``curve``: on the day on which a test finds most, from the latent period and from how long an
    infection stays ``detectable`` after it. ``schedule``: so many ``days`` after the last
    exposure, and ``at_once`` too where that is said. ``symptoms``: only once symptoms begin.
    """

    kind: Literal["curve", "schedule", "symptoms"]
    detectable: AnyPeriod | None = None
    days: int | None = None
    at_once: bool = False

    def __post_init__(self) -> None:
        """Refuse parameters that belong to another kind, or lack."""
        super().__post_init__()
        if (self.kind == "curve") != (self.detectable is not None):
            raise ValueError('detectable, a distribution, belongs to kind = "curve" and no other')
        if (self.kind == "schedule") != (self.days is not None):
            raise ValueError('days belongs to kind = "schedule" and to no other')
        if self.days is not None:
            positive(days=self.days)
        if self.at_once and self.kind != "schedule":
            raise ValueError('at_once belongs to kind = "schedule" and to no other')


class TierRule(Figure, frozen=True):
    """How far it goes: with a contact who was truly close, and with a shared place alone.

    ``min_minutes`` within ``within_hours`` is from where on it goes that far, where it is not the
    minimum of the contact's own rule.
    """

    close: Tier
    place: Tier
    min_minutes: float | None = None
    within_hours: float | None = None

    def __post_init__(self) -> None:
        """Refuse a place that leads farther than closeness."""
        super().__post_init__()
        if TIERS.index(self.place) > TIERS.index(self.close):
            raise ValueError(f"place {self.place!r} asks more than close {self.close!r}")
        if (self.min_minutes is None) != (self.within_hours is None):
            raise ValueError("min_minutes and within_hours go together")
        if self.min_minutes is not None and self.within_hours is not None:
            positive(min_minutes=self.min_minutes, within_hours=self.within_hours)


class StayHome(Figure, frozen=True):
    """For how many days after the last exposure a contact is asked to stay home."""

    days: int

    def __post_init__(self) -> None:
        """Refuse what is no length of time."""
        super().__post_init__()
        positive(days=self.days)


class Immunity(Figure, frozen=True):
    """The question that comes first, and by when its answer still helps.

    Deadlines run from the first exposure. Who is not immune is asked to stay home from
    ``stay_home_first_day`` after the first to ``stay_home_last_day`` after the last exposure.
    """

    question: str
    vaccine_hours: float
    immunoglobulin_days: float
    stay_home_first_day: int
    stay_home_last_day: int

    def __post_init__(self) -> None:
        """Refuse deadlines that are no length of time, and a stay that ends before it begins."""
        super().__post_init__()
        positive(vaccine_hours=self.vaccine_hours, immunoglobulin_days=self.immunoglobulin_days)
        if not 0 <= self.stay_home_first_day <= self.stay_home_last_day:
            raise ValueError("stay_home_last_day is before stay_home_first_day")


class Setting(Figure, frozen=True):
    """What an hour outdoors counts, as a part of an hour indoors, with its interval."""

    outdoors: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a part that is none, or an interval without it."""
        super().__post_init__()
        if not 0.0 < self.low <= self.outdoors <= self.high <= 1.0:
            raise ValueError("low, outdoors and high must rise from above 0 to at most 1")


class Transmission(Figure, frozen=True):
    """Probability of a transmission an hour, where one was measured.

    ``per_hour`` holds for the mean infectiousness of the days ``first_day`` to ``last_day``
    since onset; up to ``linear_hours`` the rise was measured to go on.
    """

    per_hour: float
    linear_hours: float
    first_day: int
    last_day: int
    measured_on: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is no probability, and a window that ends before it begins."""
        super().__post_init__()
        if not 0.0 < self.per_hour < 1.0:
            raise ValueError(f"per_hour is {self.per_hour:g}: give a probability above 0, below 1")
        positive(linear_hours=self.linear_hours)
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
