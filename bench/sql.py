"""The exact meeting time written once as SQL, in the dialect that the databases share."""

# ruff: noqa: S608 - every query is put together from constants, columns and whole numbers

from __future__ import annotations

from typing import Final

from bench.contract import LEAST_MINUTES, MS_A_MINUTE, RADIUS_M, SIGMA_MAX_M

USABLE: Final = f"NOT presumed AND least(s0, s1) <= {SIGMA_MAX_M!r}"
"""Rows that can ever count."""

MOTION: Final = ", ".join(f"({axis}1 - {axis}0) / (t1 - t0) AS v{axis}" for axis in "xyz")
"""Velocity of a segment, metres a millisecond."""


def contacts(pairs: str) -> str:
    """Return the query that turns pairs of segments into (case_number, who, minutes).

    ``pairs`` is what follows FROM: any join that names a case's rows ``a`` and others' rows ``b``,
    each pair once. Rows need who and, as doubles, t0, t1, x0, y0, z0, vx, vy, vz and least.
    Squared distance is A t^2 + 2 B t + C + R^2 with t counted from the start of the overlap.
    """
    return f"""
    WITH overlap AS (SELECT {_overlap()} FROM {pairs}),
    motion AS (SELECT case_number, who, span, {_motion()} FROM overlap),
    quadratic AS (SELECT case_number, who, span, {_dot("v", "v")} AS qa, {_dot("d", "v")} AS qb,
      {_dot("d", "d")} - {RADIUS_M**2!r} AS qc FROM motion),
    roots AS (SELECT *, sqrt(greatest(qb * qb - qa * qc, 0.0)) AS root FROM quadratic),
    meeting AS (SELECT case_number, who,
      CASE WHEN qa > 0 THEN greatest(0.0, least(span, (root - qb) / qa))
                          - greatest(0.0, least(span, (-root - qb) / qa))
           WHEN qc <= 0 THEN span ELSE 0.0 END AS together FROM roots)
    SELECT case_number, who, sum(together) / {MS_A_MINUTE}.0 AS minutes FROM meeting
    GROUP BY case_number, who HAVING sum(together) >= {LEAST_MINUTES * MS_A_MINUTE!r}
    ORDER BY case_number, who
    """


def judged(a: str = "a", b: str = "b") -> str:
    """Return the condition under which a pair of overlapping rows is certain enough to count."""
    return (
        f"{a}.who <> {b}.who AND {a}.t0 < {b}.t1 AND {b}.t0 < {a}.t1 "
        f"AND {a}.least * {a}.least + {b}.least * {b}.least <= {SIGMA_MAX_M**2!r}"
    )


def _overlap() -> str:
    velocity = [f"{row}.v{axis} AS v{row}_{axis}" for row in "ab" for axis in "xyz"]
    place = [f"{row}.{axis}0 AS p{row}_{axis}" for row in "ab" for axis in "xyz"]
    time = ["a.t0 AS t_a", "b.t0 AS t_b", "greatest(a.t0, b.t0) AS since"]
    span = "least(a.t1, b.t1) - greatest(a.t0, b.t0) AS span"
    return ", ".join(["a.who AS case_number", "b.who AS who", *time, span, *velocity, *place])


def _motion() -> str:
    drift = [f"vb_{axis} - va_{axis} AS v{axis}" for axis in "xyz"]
    apart = [f"({_place('b', axis)}) - ({_place('a', axis)}) AS d{axis}" for axis in "xyz"]
    return ", ".join([*drift, *apart])


def _place(row: str, axis: str) -> str:
    return f"p{row}_{axis} + v{row}_{axis} * (since - t_{row})"


def _dot(left: str, right: str) -> str:
    return " + ".join(f"{left}{axis} * {right}{axis}" for axis in "xyz")
