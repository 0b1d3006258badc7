"""How hard Hypothesis tries: worlds are small, but each is traced twice."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

WORLDS = settings(
    max_examples=300,
    deadline=None,  # the first example compiles the kernels
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""For comparisons with the brute force."""

COMPILES = settings(deadline=None)
"""For rules of single values, where the first example may compile the kernels."""

FEWER = settings(WORLDS, max_examples=100)
"""For comparisons of the library with itself, where one example means many traces."""

FEW = settings(WORLDS, max_examples=30)
"""For rules of whole traces that a handful of worlds would show broken."""
