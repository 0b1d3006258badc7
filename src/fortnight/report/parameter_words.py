"""What each parameter means, in words for the page."""

from __future__ import annotations

from typing import Final

PARAMETER_WORDS: Final = {
    "version": "version of this set of numbers",
    "accuracy_floor_m": "a finer accuracy than this counts as this (m)",
    "sigma_per_accuracy": "claimed accuracy divided by this is one standard deviation",
    "stay_radius_m": "fixes within this of their centre make a stay (m)",
    "stay_accuracy_factor": "or within this many times their own accuracy",
    "stay_min_s": "shortest stay (s)",
    "stay_sigma_floor_m": "a stay's position is never surer than this (m)",
    "coarse_accuracy_m": "coarser fixes than this are kept apart (m)",
    "leg_max_s": "longest straight move between two fixes (s)",
    "leg_max_speed_m_s": "fastest move that is believed (m/s)",
    "presume_min_s": "shortest silence at one place that is presumed spent there (s)",
    "presume_max_s": "longest such silence (s)",
    "visit_accuracy_m": "accuracy of a visit that a phone's own timeline names (m)",
    "radius_m": "near means within this distance (m)",
    "leg_spread": "growth of doubt towards the middle of a move",
    "min_probability": "a meeting begins and ends at this probability",
    "bridge_s": "shorter breaks than this do not end a meeting (s)",
    "same_area_min_s": "shortest time together in one area that is listed (s)",
    "min_minutes": "expected minutes in 24 h that the disease's rules or the question ask for",
    "same_area_listed": "how many such pairs are listed",
}
