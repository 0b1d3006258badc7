"""A plain town of segments, and the same town as fixes, for trying the engines.

Nothing here is Fortnight's: homes, workplaces and venues lie on a disc whose area grows with the
number of people, so that what one person meets stays the same whatever the size of the town.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.contract import MS_A_DAY, SEGMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

EARTH_M: Final = 6_371_008.8
FIRST_DAY_MS: Final = 20_000 * MS_A_DAY
PEOPLE_A_KM2: Final = 600.0
LEG_MS: Final = 300_000
SPEED_M_MS: Final = 0.008
STOPS_A_DAY: Final = 5  # home, work, venue or none, errand, home
PEOPLE_A_CHUNK: Final = 4_000


@dataclass(frozen=True, slots=True)
class Town:
    """Places on a plane, metres east and north of the centre, and who uses which."""

    centre: tuple[float, float]  # longitude, latitude, degrees
    home: Floats  # (people, 2)
    work: Floats  # (people, 2)
    venues: Floats  # (venues, 2)


def town(people: int, seed: int, centre: tuple[float, float] = (8.5, 47.4)) -> Town:
    """Lay out a town: 2.5 people a home, 25 a workplace not far away, one venue for 40 people."""
    rng = np.random.default_rng([seed, 0])
    radius = 1_000.0 * np.sqrt(people / PEOPLE_A_KM2 / np.pi)
    homes = _disc(rng, max(1, round(people / 2.5)), radius)
    works = _disc(rng, max(1, people // 25), radius)
    venues = _disc(rng, max(2, people // 40), radius)
    home = homes[rng.integers(0, len(homes), people)]
    wish = home + rng.normal(0.0, 2_500.0, (people, 2))
    return Town(centre, home, works[_nearest(wish, works)], venues)


def segments(place: Town, days: int, seed: int, people: range | None = None) -> pa.Table:
    """Return the town's segments, shaped as ``SEGMENTS``, sorted by person and time."""
    who = np.arange(len(place.home)) if people is None else np.asarray(people)
    rng = np.random.default_rng([seed, 1, int(who[0])])
    stops, arrive, leave = _days(rng, place, who, days)
    owner = np.repeat(who, days)
    stay = _stays(rng, owner, stops, arrive, leave)
    leg = _legs(rng, owner, stops, arrive, leave)
    merged = {name: np.concatenate([stay[name], leg[name]]) for name in stay}
    return _as_table(rng, place, merged)


def write_segments(place: Town, days: int, seed: int, path: Path) -> int:
    """Write the town's segments to Parquet a few thousand people at a time; return the rows."""
    rows = 0
    with pq.ParquetWriter(path, SEGMENTS) as writer:
        for first in range(0, len(place.home), PEOPLE_A_CHUNK):
            part = range(first, min(first + PEOPLE_A_CHUNK, len(place.home)))
            table = segments(place, days, seed, part)
            rows += table.num_rows
            writer.write_table(table)
    return rows


def fixes(table: pa.Table, seed: int, every_ms: int = LEG_MS) -> pa.Table:
    """Sample segments into raw fixes about every ``every_ms``, with the error each one claims.

    Returns columns participant (the number, padded), time, lon, lat, accuracy, source.
    """
    rng = np.random.default_rng([seed, 2])
    column = {name: table[name].to_numpy() for name in table.column_names}
    counts = np.maximum(1, (column["t1"] - column["t0"]) // every_ms).astype(np.int64)
    row = np.repeat(np.arange(len(counts)), counts)
    share = (_within(counts) + rng.uniform(0.05, 0.95, len(row))) / counts[row]
    sigma = column["s0"][row]
    point = [
        column[f"{axis}0"][row] * (1 - share)
        + column[f"{axis}1"][row] * share
        + rng.normal(0.0, 1.0, len(row)) * sigma
        for axis in "xyz"
    ]
    time = column["t0"][row] + (share * (column["t1"] - column["t0"])[row]).astype(np.int64)
    return _fix_table(column["who"][row], time, point, sigma * 1.515)


def write_fixes(segments_path: Path, seed: int, path: Path) -> int:
    """Sample a Parquet file of segments into one of fixes, group by group; return the rows."""
    source = pq.ParquetFile(segments_path)
    rows, writer = 0, None
    for group in range(source.num_row_groups):
        table = fixes(source.read_row_group(group), seed + group)
        rows += table.num_rows
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return rows


def _fix_table(who: Ints, time: Ints, point: list[Floats], accuracy: Floats) -> pa.Table:
    x, y, z = point
    people, place = np.unique(who, return_inverse=True)
    names = pa.array([f"p{number:08d}" for number in people.tolist()])
    return pa.table(
        {
            "participant": names.take(place),
            "time": pa.array(time).cast(pa.timestamp("ms", tz="UTC")),
            "lon": pa.array(np.degrees(np.arctan2(y, x))),
            "lat": pa.array(np.degrees(np.arctan2(z, np.hypot(x, y)))),
            "accuracy": pa.array(accuracy.astype(np.float32)),
            "source": pa.array(["gnss"] * len(who)),
        },
    )


def _disc(rng: np.random.Generator, count: int, radius: float) -> Floats:
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    reach = radius * np.sqrt(rng.uniform(0.0, 1.0, count))
    return np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)


def _nearest(wish: Floats, places: Floats) -> Ints:
    """Return about the nearest place for each wish, by a coarse grid: exactness has no worth."""
    order = np.lexsort((places[:, 1], np.floor(places[:, 0] / 500.0)))
    sorted_places = places[order]
    strips = np.floor(sorted_places[:, 0] / 500.0) * 1e7 + sorted_places[:, 1]
    found = np.searchsorted(strips, np.floor(wish[:, 0] / 500.0) * 1e7 + wish[:, 1])
    return order[np.minimum(found, len(order) - 1)]


def _days(rng: np.random.Generator, place: Town, who: Ints, days: int) -> tuple[Floats, Ints, Ints]:
    """Return each person-day's stops (n, 5, 2) with arrival and leaving, milliseconds of a day."""
    count = len(who) * days
    person = np.repeat(who, days)
    stops = np.empty((count, STOPS_A_DAY, 2))
    stops[:, 0] = stops[:, 4] = place.home[person]
    at_work = rng.random(count) < 0.7  # noqa: PLR2004 - chosen - five days in seven
    stops[:, 1] = np.where(at_work[:, None], place.work[person], place.home[person])
    for slot in (2, 3):
        out = rng.random(count) < 0.35  # noqa: PLR2004 - chosen - about one evening in three
        venue = place.venues[rng.integers(0, len(place.venues), count)]
        near = stops[:, 1] + 0.2 * (venue - stops[:, 1])
        stops[:, slot] = np.where(out[:, None], near, stops[:, slot - 1])
    leave = np.cumsum(
        rng.uniform([7.0, 7.0, 0.5, 0.3], [9.0, 9.0, 2.0, 1.5], (count, 4)) * 3_600_000, axis=1
    ).astype(np.int64)
    moved = np.linalg.norm(np.diff(stops, axis=1), axis=2)
    travel = np.minimum((moved / SPEED_M_MS).astype(np.int64), 1_500_000)
    day = np.tile(np.arange(days), len(who)) * MS_A_DAY + FIRST_DAY_MS
    arrive = np.concatenate([np.zeros((count, 1), np.int64), leave + travel], axis=1)
    until = np.concatenate([leave, np.full((count, 1), MS_A_DAY)], axis=1)
    return stops, arrive + day[:, None], until + day[:, None]


def _stays(
    rng: np.random.Generator, owner: Ints, stops: Floats, arrive: Ints, leave: Ints
) -> dict[str, Floats | Ints]:
    """Cut each stop into a few stays, each off by a phone's indoor error."""
    row, slot = np.nonzero(leave - arrive > 2)  # noqa: PLR2004 - chosen - at least one millisecond each
    cuts = rng.integers(1, 4, len(row))
    piece = np.repeat(np.arange(len(row)), cuts)
    share = _within(cuts) / cuts[piece]
    begin, length = arrive[row, slot], (leave - arrive)[row, slot]
    t0 = begin[piece] + (share * length[piece]).astype(np.int64)
    t1 = begin[piece] + ((share + 1.0 / cuts[piece]) * length[piece]).astype(np.int64)
    at = stops[row, slot][piece] + rng.normal(0.0, 12.0, (len(piece), 2))
    drift = rng.normal(0.0, 1.0, (len(piece), 2)) * (rng.random((len(piece), 1)) < 0.1)  # noqa: PLR2004 - chosen
    return {"who": owner[row][piece], "t0": t0, "t1": t1, "from": at, "to": at + drift}


def _legs(
    rng: np.random.Generator, owner: Ints, stops: Floats, arrive: Ints, leave: Ints
) -> dict[str, Floats | Ints]:
    """Cut each move between stops into legs of about five minutes, bent a little."""
    length = arrive[:, 1:] - leave[:, :-1]
    row, slot = np.nonzero(length > 1_000)  # noqa: PLR2004 - chosen - under a second there was no move
    begin, span = leave[row, slot], length[row, slot]
    cuts = np.maximum(1, span // LEG_MS).astype(np.int64)
    piece = np.repeat(np.arange(len(row)), cuts)
    index = _within(cuts)
    t0 = begin[piece] + span[piece] * index // cuts[piece]
    t1 = begin[piece] + span[piece] * (index + 1) // cuts[piece]
    start, end = stops[row, slot][piece], stops[row, slot + 1][piece]
    bend = rng.normal(0.0, 1.0, (len(row), 2))[piece] * 60.0
    share = np.stack([index, index + 1]) / cuts[piece]
    ends = [start + (end - start) * s[:, None] + bend * np.sin(np.pi * s)[:, None] for s in share]
    return {"who": owner[row][piece], "t0": t0, "t1": t1, "from": ends[0], "to": ends[1]}


def _within(counts: Ints) -> Ints:
    """Return each member's number in its group: counts (2, 3) give 0 1 0 1 2."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


def _as_table(rng: np.random.Generator, place: Town, parts: dict[str, Floats | Ints]) -> pa.Table:
    order = np.lexsort((parts["t0"], parts["who"]))
    parts = {name: values[order] for name, values in parts.items()}
    keep = parts["t1"] > parts["t0"]
    parts = {name: values[keep] for name, values in parts.items()}
    count = int(keep.sum())
    sigma = rng.uniform(3.0, 30.0, count)
    coarse = rng.random(count)
    sigma[coarse < 0.02] *= 50.0  # noqa: PLR2004 - chosen - cell fixes, beyond all judging
    sigma[coarse > 0.97] *= 2.7  # noqa: PLR2004 - chosen - about the largest that can still be judged
    first, last = (to_sphere(np.asarray(parts[end]), place.centre) for end in ("from", "to"))
    columns = [parts["who"], parts["t0"], parts["t1"], *first.T, *last.T]
    columns += [sigma, sigma * rng.uniform(0.8, 1.2, count), rng.random(count) < 0.05]  # noqa: PLR2004 - chosen
    return pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, SEGMENTS, strict=True)],
        schema=SEGMENTS,
    )


def to_sphere(plane: Floats, centre: tuple[float, float]) -> Floats:
    """Lay points of a plane (n, 2), metres east and north of the centre, on the sphere (n, 3)."""
    lon, lat = np.radians(centre)
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    point = plane[:, :1] * east + plane[:, 1:] * north + EARTH_M * up
    return np.asarray(point * (EARTH_M / np.linalg.norm(point, axis=1, keepdims=True)))
