"""When two moving, uncertain positions were near each other: exact entry and exit.

Within a pair of segments the relative motion is linear, so the squared separation is a
quadratic of time and the entry and exit of any distance are its roots.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import kernel
from fortnight.contact.pairs import moves

if TYPE_CHECKING:
    from fortnight.contact.question import Segment

Matrix = NDArray[np.float64]

LEAST_SQUARE: Final = 1e-24  # of a speed that is next to none, (m / ms)^2
NO_MOTION_M2: Final = 1e-12  # squared; under a micrometre in all, roots are rounding noise

# Columns of a meeting.
WHO: Final = 0
BEGIN: Final = 1  # ms since 1970
FINISH: Final = 2
NEAR_MS: Final = 3  # time with estimated separation within the radius
EXPECTED_MS: Final = 4  # integral of the probability where it is at least 5 %
NEAREST: Final = 5  # smallest estimated separation, metres
AT: Final = 6  # x, y, z halfway between the two at that moment
PRESUMED: Final = 9
PERIOD: Final = 10
MEETING_COLUMNS: Final = 11


class Nearness(NamedTuple):
    """What counts as near, in metres and as a probability."""

    radius: float
    reach: float
    sigma_limit: float
    min_probability: float
    leg_spread: float
    peak_sigma: float  # at which the probability reaches farthest
    inner: float  # beyond which no sigma gives a probability above ``outer_share``
    outer_share: float


class Motion(NamedTuple):
    """One segment's position relative to another's, linear in time from ``0`` to ``span`` ms.

    The separation is (x, y, z) + t (u, v, w); the summed variance c0 + c1 t + c2 t^2.
    """

    span: float
    x: float
    y: float
    z: float
    u: float
    v: float
    w: float
    c0: float
    c1: float
    c2: float


@kernel
def _variance(segment: Segment, begin: float, spread: float) -> tuple[float, float, float]:
    """Coefficients of a segment's variance in time from ``begin`` (ms of the day).

    Along a leg: interpolated, plus a Brownian bridge (track.segments.sigma_on_leg).
    """
    first, last = segment.sigma0**2, segment.sigma1**2
    if not moves(segment):
        return first, 0.0, 0.0
    duration = segment.stop - segment.start
    square = 0.0
    square += (segment.x1 - segment.x0) ** 2
    square += (segment.y1 - segment.y0) ** 2
    square += (segment.z1 - segment.z0) ** 2
    bridge = 4.0 * spread * spread * square
    share = (begin - segment.start) / duration
    slope = last - first
    return (
        first + share * slope + bridge * share * (1.0 - share),
        (slope + bridge * (1.0 - 2.0 * share)) / duration,
        -bridge / (duration * duration),
    )


@kernel
def still(x: float, y: float, z: float, span: float) -> Motion:
    """Return the motion of two that keep a separation of (x, y, z) for ``span`` ms."""
    return Motion(span, x, y, z, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@kernel
def path(a: Segment, b: Segment, begin: float, end: float) -> Motion:
    """Return the motion of ``b`` relative to ``a`` from ``begin`` to ``end`` (ms of the day).

    Its variance is left at nothing: most pairs turn out too far apart to need one.
    """
    rate_a, rate_b = 1.0 / (a.stop - a.start), 1.0 / (b.stop - b.start)
    share_a, share_b = (begin - a.start) * rate_a, (begin - b.start) * rate_b
    ax, ay, az = a.x1 - a.x0, a.y1 - a.y0, a.z1 - a.z0
    bx, by, bz = b.x1 - b.x0, b.y1 - b.y0, b.z1 - b.z0
    return Motion(
        end - begin,
        b.x0 - a.x0 + share_b * bx - share_a * ax,
        b.y0 - a.y0 + share_b * by - share_a * ay,
        b.z0 - a.z0 + share_b * bz - share_a * az,
        rate_b * bx - rate_a * ax,
        rate_b * by - rate_a * ay,
        rate_b * bz - rate_a * az,
        0.0,
        0.0,
        0.0,
    )


@kernel
def uncertain(m: Motion, a: Segment, b: Segment, begin: float, spread: float) -> Motion:
    """Return a path with the variance of both its ends from ``begin`` on."""
    p0, p1, p2 = _variance(a, begin, spread)
    q0, q1, q2 = _variance(b, begin, spread)
    return Motion(m.span, m.x, m.y, m.z, m.u, m.v, m.w, p0 + q0, p1 + q1, p2 + q2)


@kernel
def inside(m: Motion, distance: float) -> tuple[float, float]:
    """Return when (from, to) the separation is at most ``distance``; from >= to where never."""
    a = m.u * m.u + m.v * m.v + m.w * m.w
    b = m.x * m.u + m.y * m.v + m.z * m.w
    c = m.x * m.x + m.y * m.y + m.z * m.z - distance * distance
    if a * m.span * m.span < NO_MOTION_M2:
        return (0.0, m.span) if c <= 0.0 else (0.0, 0.0)
    discriminant = b * b - a * c
    if discriminant <= 0.0:
        return 0.0, 0.0
    root = math.sqrt(discriminant)
    # The larger root in magnitude first, the other from the product: no cancellation.
    q = -(b + root) if b >= 0.0 else -(b - root)
    one, two = q / a, (c / q if q != 0.0 else 0.0)
    return max(0.0, min(one, two)), min(m.span, max(one, two))


@kernel
def square_at(m: Motion, t: float) -> float:
    """Estimated separation in metres, squared, at ``t`` ms."""
    return (m.x + t * m.u) ** 2 + (m.y + t * m.v) ** 2 + (m.z + t * m.w) ** 2


@kernel
def separation(m: Motion, t: float) -> float:
    """Estimated separation in metres at ``t`` ms."""
    return math.sqrt(square_at(m, t))


@kernel
def nearest_time(m: Motion, begin: float, end: float) -> float:
    """Return when in (begin, end) the separation is smallest."""
    a = m.u * m.u + m.v * m.v + m.w * m.w
    if a * m.span * m.span < NO_MOTION_M2:
        return begin
    return min(end, max(begin, -(m.x * m.u + m.y * m.v + m.z * m.w) / a))


@kernel
def variances(m: Motion, begin: float, end: float) -> tuple[float, float]:
    """Return the smallest and largest variance of a part of the way; it is concave in time."""
    first = m.c0 + begin * (m.c1 + begin * m.c2)
    last = m.c0 + end * (m.c1 + end * m.c2)
    most = max(first, last)
    # it is largest inside where it still rises at the start and falls at the end
    if m.c1 + 2.0 * begin * m.c2 > 0.0 > m.c1 + 2.0 * end * m.c2:
        most = m.c0 - m.c1 * m.c1 / (4.0 * m.c2)
    return max(min(first, last), 1e-6), max(most, 1e-6)


@kernel
def overlap(a: Segment, b: Segment) -> tuple[float, float]:
    """Return the period in which the asked part of ``a`` and segment ``b`` both last."""
    return max(a.begin, b.start), min(a.end, b.stop)
