"""The numbers by which contacts are decided. Every result carries them and their version."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from fortnight.errors import QuestionError

MILLISECONDS_A_DAY = 86_400_000
MILLISECONDS_A_MINUTE = 60_000

# Fields that are baked into segments: an index remembers them, and a question may not change them.
_TRACK_FIELDS = frozenset(
    {
        "accuracy_floor_m",
        "sigma_per_accuracy",
        "stay_radius_m",
        "stay_accuracy_factor",
        "stay_min_s",
        "stay_sigma_floor_m",
        "coarse_accuracy_m",
        "leg_max_s",
        "leg_max_speed_m_s",
        "presume_min_s",
        "presume_max_s",
        "visit_accuracy_m",
        "leg_spread",
    },
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Defaults of docs/how-contacts-are-decided.md, frozen and versioned.

    Lengths are in metres (suffix ``_m``), times in seconds (suffix ``_s``).
    """

    version: str = "5"
    # evidence
    accuracy_floor_m: float = 3.0
    # Rayleigh: 68 % of the errors of a two-dimensional normal lie within 1.515 standard deviations
    sigma_per_accuracy: float = 1.515
    # track
    stay_radius_m: float = 30.0
    stay_accuracy_factor: float = 2.0
    stay_min_s: float = 120.0
    stay_sigma_floor_m: float = 10.0
    coarse_accuracy_m: float = 100.0
    leg_max_s: float = 600.0
    leg_max_speed_m_s: float = 100.0
    presume_min_s: float = 1_800.0
    presume_max_s: float = 43_200.0
    visit_accuracy_m: float = 50.0
    # contact
    radius_m: float = 25.0
    leg_spread: float = 0.05
    min_probability: float = 0.05
    bridge_s: float = 300.0
    same_area_min_s: float = 3_600.0
    same_area_listed: int = 50

    def __post_init__(self) -> None:
        """Refuse values under which nothing could be decided."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "version" and not value > 0:
                raise QuestionError(f"{field.name} is {value}: give a number above 0.")
        if self.min_probability >= 1:
            raise QuestionError(
                f"min_probability is {self.min_probability}: give a number between 0 and 1.",
            )

    def as_dict(self) -> dict[str, float | str]:
        """Return every parameter by name, in a fixed order."""
        return asdict(self)

    def track_part(self) -> dict[str, float | str]:
        """Return the parameters that segments were cut with, which an index remembers."""
        return {name: value for name, value in self.as_dict().items() if name in _TRACK_FIELDS}


DEFAULTS = Parameters()
