"""Write a gathering of badges with simulated phones: the same files as a simulated town's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fortnight.evidence.schema import FIXES
from fortnight.simulate import evidence_files, files
from fortnight.simulate.agreed import Shares, draw_agreed
from fortnight.simulate.badges import Badges, read_badges
from fortnight.simulate.buildings import SETTINGS
from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.crowd import Crowd, make_crowd, overlaps_on, present_on
from fortnight.simulate.further import remove_further
from fortnight.simulate.geography import to_degrees
from fortnight.simulate.meetings import CLOSE, Meetings
from fortnight.simulate.phones import PHONE_KINDS, REGULAR, REGULAR_S
from fortnight.simulate.plans import DAY_S
from fortnight.simulate.proximity import spread
from fortnight.simulate.sensing import INDOOR_M, SIGMA_PER_RADIUS, SOURCES
from fortnight.simulate.sightings import Off, draw_radios, sight

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fortnight.simulate.arrays import Bools, Floats, Ints

FIRST_DAY: Final = date(2026, 3, 2)  # as for a town
HALL_PITCH_M: Final = 200.0  # halls lie so far apart
_IN_HALL_M: Final = 10.0  # standard deviation of where people are in it, on each axis
_FIXES_NUMBER: Final = 3
ALL_PHONES: Final = Shares(bluetooth=1.0)


@dataclass(frozen=True, slots=True)
class GatheringSummary:
    """What was made, and where it lies."""

    folder: Path
    people: int
    days: int
    fixes: int
    truth_rows: int
    encounters: int


def simulate_gathering(
    contacts: Path,
    seed: int,
    out: Path,
    *,
    start: date = FIRST_DAY,
    setting: str = "venue",
    shares: Shares = ALL_PHONES,
    on_progress: Callable[[int, int], None] | None = None,
) -> GatheringSummary:
    """Give people who wore badges phones, and write what the phones see and what was true.

    ``truth.parquet`` holds who was face to face (kind ``close``), and nothing of other kinds:
    the badges do not know them. ``encounters.parquet`` is what phones hear (see `crowd` for the
    distances). ``fixes.parquet`` puts everybody in one hall, with the errors of phones indoors.

    Parameters
    ----------
    contacts
        A file for `badges.read_badges`.
    seed
        0 or more; same file, numbers and versions of libraries, same bytes.
    out
        Folder, made where it is missing.
    start
        The date of the first contact.
    setting
        What the place is: a word of ``truth.parquet``; households are always "home".
    shares
        Of these only `bluetooth` is used.
    on_progress
        Called with days done and days in all.

    Raises
    ------
    InputError
        Where the file cannot be read.
    QuestionError
        Where the share is none.

    """
    badges = read_badges(contacts, setting, seed)
    crowd = make_crowd(badges, seed)
    takes_part = draw_agreed(crowd.people, shares, seed).bluetooth
    out.mkdir(parents=True, exist_ok=True)
    if (out / files.PEOPLE_FILE).exists():
        remove_further(out)
    origin = files.midnight_ms(start)
    names = pa.array([wearer.name for wearer in badges.wearers], pa.string())
    fixes = _write_fixes(out / files.FIXES_FILE, crowd, badges, origin, seed)
    window = (origin, origin + crowd.days * DAY_S * 1_000)
    _write_people(out / files.PEOPLE_FILE, crowd, badges, window)
    rows = _write_truth(out / files.TRUTH_FILE, crowd, badges, origin)
    maker = _Maker(crowd, takes_part, names, origin, seed)
    encounters = _write_encounters(out / evidence_files.ENCOUNTERS_FILE, maker, on_progress)
    return GatheringSummary(out, crowd.people, crowd.days, fixes, rows, encounters)


@dataclass(frozen=True, slots=True)
class _Maker:
    """What sightings hang on."""

    crowd: Crowd
    takes_part: Bools
    names: pa.StringArray
    origin_ms: int
    seed: int


def _write_encounters(
    path: Path, maker: _Maker, on_progress: Callable[[int, int], None] | None
) -> int:
    crowd, seed = maker.crowd, maker.seed
    radios = draw_radios(crowd.people, seed)
    never = np.full(crowd.people, DAY_S)
    schema = files.encoded(evidence_files.SIGHTINGS, evidence_files.SIGHTINGS_DICTIONARY)
    rows = 0
    with files.open_writer(
        path, evidence_files.SIGHTINGS, evidence_files.SIGHTINGS_DICTIONARY
    ) as writer:
        for day in range(crowd.days):
            overlaps = overlaps_on(crowd, day, maker.takes_part, seed)
            for seen in sight(overlaps, radios, Off(never, never), day, seed):
                table = evidence_files.sightings_table(maker.names, seen, maker.origin_ms, schema)
                writer.write_table(table, row_group_size=files.ROWS_A_GROUP)
                rows += table.num_rows
            if on_progress is not None:
                on_progress(day + 1, crowd.days)
    return rows


def _write_truth(path: Path, crowd: Crowd, badges: Badges, origin_ms: int) -> int:
    """Write spells by pair; the first of a pair is the one whose name comes first."""
    spells = crowd.spells
    name = np.array([wearer.name for wearer in badges.wearers], dtype=np.str_)
    swap = name[spells.first] > name[spells.second]
    meetings = Meetings(
        first=np.where(swap, spells.second, spells.first),
        second=np.where(swap, spells.first, spells.second),
        start=spells.start,
        end=spells.end,
        kind=np.full(len(swap), CLOSE, dtype=np.int8),
        setting=np.full(len(swap), SETTINGS.index(badges.setting), dtype=np.int8),
    )
    table = files.truth_table(pa.array(name.tolist(), pa.string()), meetings, origin_ms)
    with files.open_writer(path, files.TRUTH, files.TRUTH_DICTIONARY) as writer:
        writer.write_table(table, row_group_size=files.ROWS_A_GROUP)
    return table.num_rows


def _hall_middle(crowd: Crowd) -> tuple[Floats, Floats]:
    """Return where each person's hall is, metres."""
    return crowd.hall.astype(np.float64) * HALL_PITCH_M, np.zeros(crowd.people)


def _write_people(path: Path, crowd: Crowd, badges: Badges, window: tuple[int, int]) -> None:
    lon, lat = to_degrees(*_hall_middle(crowd))
    alone = badges.setting != "home"
    nothing = pa.array([None] * crowd.people, pa.string())
    columns: list[pa.Array[Any]] = [
        pa.array([wearer.name for wearer in badges.wearers], pa.string()),
        pa.array([w.name if alone else w.hall for w in badges.wearers], pa.string()),
        pa.array(lon),
        pa.array(lat),
        pa.array([wearer.age_group for wearer in badges.wearers], pa.string()),
        nothing,
        nothing,
        pa.array([PHONE_KINDS[REGULAR]] * crowd.people, pa.string()),
        pa.array(np.zeros(crowd.people, dtype=np.bool_)),
    ]
    schema = files.PEOPLE.with_metadata(files.window_metadata(*window))
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), path, compression="snappy")


def _write_fixes(path: Path, crowd: Crowd, badges: Badges, origin_ms: int, seed: int) -> int:
    rng = generator(seed, Stream.CROWD, _FIXES_NUMBER)
    parts = [_day_fixes(rng, crowd, day) for day in range(crowd.days)]
    person, second, x, y, radius = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((second, person))
    table = files.fixes_table(
        [wearer.name for wearer in badges.wearers],
        person[order].astype(np.int64),
        origin_ms + second[order].astype(np.int64) * 1_000,
        (x[order], y[order]),
        radius[order],
        np.full(len(order), SOURCES.index("wifi"), dtype=np.int8),
    )
    with files.open_writer(path, FIXES, files.FIXES_DICTIONARY) as writer:
        writer.write_table(table, row_group_size=files.ROWS_A_GROUP)
    return table.num_rows


def _day_fixes(rng: np.random.Generator, crowd: Crowd, day: int) -> tuple[Ints, ...]:
    """Return person, second, x, y and claimed radius of one day's fixes, one every five minutes."""
    present = present_on(crowd, day)
    count = len(present.person)
    radius = rng.uniform(*INDOOR_M, count)
    bias = rng.standard_normal((2, count))  # half of the variance, shared by a person's whole day
    inside = rng.normal(0, _IN_HALL_M, (2, count))
    row, number = spread((present.end - present.start) // REGULAR_S + 1)
    second = present.start[row] + number * REGULAR_S
    second = np.minimum(second + rng.integers(0, REGULAR_S, len(row)), present.end[row] - 1)
    error = (bias[:, row] + rng.standard_normal((2, len(row)))) / np.sqrt(2)
    place = np.array(_hall_middle(crowd))[:, present.person[row]] + inside[:, row]
    x, y = place + error * radius[row] / SIGMA_PER_RADIUS
    return present.person[row], second, x, y, np.round(radius[row], 1)
