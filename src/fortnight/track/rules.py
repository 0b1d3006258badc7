"""The track's part of the parameters, in the units that the kernels count in (milliseconds)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from fortnight.parameters import Parameters

# What a vertex starts. END starts nothing: until the next vertex there is a gap.
END: Final = 0
STAY: Final = 1
LEG: Final = 2
PRESUMED: Final = 3
AREA_STAY: Final = 4
AREA_LEG: Final = 5
VISIT: Final = 6

KIND_NAMES: Final = {
    STAY: "stay",
    LEG: "leg",
    PRESUMED: "presumed",
    AREA_STAY: "area",
    AREA_LEG: "area",
    VISIT: "stay",
}


class Rules(NamedTuple):
    """Lengths in metres, times in milliseconds, speed in metres a millisecond."""

    accuracy_floor: float
    sigma_per_accuracy: float
    stay_radius: float
    stay_factor: float
    stay_min: float
    stay_sigma_floor: float
    coarse_accuracy: float
    leg_max: float
    leg_max_speed: float
    leg_spread: float
    presume_min: float
    presume_max: float


def rules_of(parameters: Parameters) -> Rules:
    """Return the kernels' numbers for ``parameters``."""
    return Rules(
        accuracy_floor=parameters.accuracy_floor_m,
        sigma_per_accuracy=parameters.sigma_per_accuracy,
        stay_radius=parameters.stay_radius_m,
        stay_factor=parameters.stay_accuracy_factor,
        stay_min=parameters.stay_min_s * 1_000.0,
        stay_sigma_floor=parameters.stay_sigma_floor_m,
        coarse_accuracy=parameters.coarse_accuracy_m,
        leg_max=parameters.leg_max_s * 1_000.0,
        leg_max_speed=parameters.leg_max_speed_m_s / 1_000.0,
        leg_spread=parameters.leg_spread,
        presume_min=parameters.presume_min_s * 1_000.0,
        presume_max=parameters.presume_max_s * 1_000.0,
    )
