"""Further evidence of a town: sightings, check-ins, calls, an operator's events.

Drawn from streams of chance of its own, after the town has been lived: whether it is asked for
changes no byte of fixes, truth and people.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from fortnight.simulate import evidence_files, files
from fortnight.simulate.agreed import Agreed, Shares, draw_agreed
from fortnight.simulate.calls import TIE_KINDS, draw_calls
from fortnight.simulate.checkins import check_in
from fortnight.simulate.meetings import Presences, join_presences
from fortnight.simulate.operator import Sites, draw_events, draw_sites
from fortnight.simulate.proximity import find_overlaps
from fortnight.simulate.sightings import Radios, draw_radios, off_on_day, sight

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.simulate.phones import Phones
    from fortnight.simulate.work import Steps, Work
    from fortnight.simulate.world import World


@dataclass(frozen=True, slots=True)
class Further:
    """Rows of each file that was written."""

    encounters: int
    visits: int
    calls: int
    cell_events: int


@dataclass(frozen=True, slots=True)
class Lives:
    """What a town leaves behind for further evidence to be taken from."""

    world: World
    phones: list[Phones]
    presences: list[list[Presences]]  # of each day, block by block


@dataclass(frozen=True, slots=True)
class _Day:
    """One day's rows."""

    encounters: list[pa.Table]
    visits: pa.Table
    cell_events: pa.Table


@dataclass(frozen=True, slots=True)
class _Maker:
    """Everything that a day's rows hang on."""

    lives: Lives
    agreed: Agreed
    radios: Radios
    sites: Sites
    names: pa.StringArray
    schema: pa.Schema  # of encounters.parquet

    def day(self, day: int) -> _Day:
        """Draw one day's rows."""
        world = self.lives.world
        presences = join_presences(self.lives.presences[day])
        visits = check_in(world.town, presences, self.agreed.checks_in, day, world.seed)
        events = draw_events(self.sites, presences, self.agreed.subscribers, day, world.seed)
        origin = world.origin_ms
        return _Day(
            self._encounters(presences, day),
            evidence_files.visits_table(world.town, self.names, visits, origin),
            evidence_files.events_table(self.names, events, len(self.sites.x), origin),
        )

    def _encounters(self, presences: Presences, day: int) -> list[pa.Table]:
        world = self.lives.world
        takes_part = np.flatnonzero(self.agreed.bluetooth[presences.person])
        overlaps = find_overlaps(presences.take(takes_part))
        off = off_on_day(self.lives.phones, world.days, day)
        return [
            evidence_files.sightings_table(self.names, seen, world.origin_ms, self.schema)
            for seen in sight(overlaps, self.radios, off, day, world.seed)
        ]


def write_further(out: Path, lives: Lives, shares: Shares, work: Work, steps: Steps) -> Further:
    """Write all files of further evidence.

    Parameters
    ----------
    out
        The town's folder.
    lives
        The town's.
    shares
        How many people take part in what.
    work, steps
        Where days are worked on, and who is told.

    """
    world = lives.world
    names = pa.array(files.participant_names(0, world.people))
    agreed = draw_agreed(world.people, shares, world.seed)
    sites = draw_sites(world.town.side_m, world.seed)
    _write_enrolled(out / evidence_files.ENROLLED_FILE, names, agreed)
    pcsv.write_csv(evidence_files.sites_table(sites), out / evidence_files.SITES_FILE)
    ties = draw_calls(world.town, world.days, world.seed)
    calls = evidence_files.calls_table(names, ties, TIE_KINDS, world.origin_ms)
    pcsv.write_csv(calls, out / evidence_files.CALLS_FILE)
    radios = draw_radios(world.people, world.seed)
    schema = files.encoded(evidence_files.SIGHTINGS, evidence_files.SIGHTINGS_DICTIONARY)
    maker = _Maker(lives, agreed, radios, sites, names, schema)
    counts = _write_days(out, maker, work, steps)
    return Further(counts[0], counts[1], calls.num_rows, counts[2])


def remove_further(out: Path) -> None:
    """Take away the further evidence of another town."""
    for name in evidence_files.EVIDENCE_FILES:
        (out / name).unlink(missing_ok=True)


def _write_enrolled(path: Path, names: pa.StringArray, agreed: Agreed) -> None:
    rows = names.filter(pa.array(agreed.enrolled))
    pcsv.write_csv(pa.table({"participant": rows}), path)


def _write_days(out: Path, maker: _Maker, work: Work, steps: Steps) -> tuple[int, int, int]:
    """Write what comes by day; return rows of sightings, visits and cell events."""
    counts = [0, 0, 0]
    with ExitStack() as files_open:
        encounters = files_open.enter_context(
            files.open_writer(
                out / evidence_files.ENCOUNTERS_FILE,
                evidence_files.SIGHTINGS,
                evidence_files.SIGHTINGS_DICTIONARY,
            ),
        )
        visits, events = (
            files_open.enter_context(evidence_files.open_csv(out, name))
            for name in (evidence_files.VISITS_FILE, evidence_files.EVENTS_FILE)
        )
        for day in work.in_order(maker.day, maker.lives.world.days):
            for table in day.encounters:
                encounters.write_table(table, row_group_size=files.ROWS_A_GROUP)
            visits.write_table(day.visits)
            events.write_table(day.cell_events)
            rows = sum(table.num_rows for table in day.encounters)
            for at, count in enumerate((rows, day.visits.num_rows, day.cell_events.num_rows)):
                counts[at] += count
            steps.advance()
    return counts[0], counts[1], counts[2]
