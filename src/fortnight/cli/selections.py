"""The same cases traced by each kind of evidence by itself, and by all of it together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fortnight.api import gather, index_of, question
from fortnight.contact.trace import Case, trace_many
from fortnight.errors import InputError
from fortnight.evidence.schema import NO_SIGNS
from fortnight.simulate.evidence_files import ENCOUNTERS_FILE, VISITS_FILE
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.kinds import ALL, BLUETOOTH, CHECK_INS, FIXES, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from fortnight.contact.index import Index
    from fortnight.contact.trace import Question

    Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Said:
    """The two tables of one case's trace; the rest of it is let go."""

    contacts: pa.Table
    episodes: pa.Table


def trace_by_evidence(
    folder: Path, cases: Sequence[str], days: tuple[date, date], on_progress: Progress
) -> dict[str, dict[str, Said]]:
    """Trace cases of a simulated folder with evidence switched on and off.

    Parameters
    ----------
    folder
        What ``fortnight simulate`` wrote.
    cases
        Participants.
    days
        First and last day looked at; the last stands for the onset.
    on_progress
        Called with traces done and traces in all.

    Returns
    -------
    dict
        By kind of evidence (those whose file is there, all together, and the plain rule by
        positions, which lists everybody), then by case. A case of whom a kind knows nothing is
        not among its traces.
    """
    asked = question(days=(days[1] - days[0]).days, until=days[1])
    with TemporaryDirectory() as kept:
        inputs = _inputs(folder, cases, Path(kept))
        found: dict[str, dict[str, Said]] = {}
        rounds = len(inputs) + (1 if len(inputs) == 1 else 2)
        for name, index in _indexes(inputs):
            one = replace(asked, min_minutes=0.0) if name == PLAIN else asked
            found[name] = {}
            for case, said in _traced(index, cases, days[1], one):
                found[name][case] = said
                on_progress(len(found) * len(cases), rounds * len(cases))
    return found


def _inputs(folder: Path, cases: Sequence[str], kept: Path) -> dict[str, Path]:
    """Return the file of each kind of evidence that there is."""
    files = {FIXES: folder / FIXES_FILE, CHECK_INS: folder / VISITS_FILE}
    found = {name: path for name, path in files.items() if path.exists()}
    if (folder / ENCOUNTERS_FILE).exists():
        found[BLUETOOTH] = _about(folder / ENCOUNTERS_FILE, cases, kept / ENCOUNTERS_FILE)
    return found


def _about(path: Path, cases: Sequence[str], kept: Path) -> Path:
    """Write the sightings that cases have a part in: a trace looks at no others."""
    names = pa.array(cases, type=pa.string())
    rows = pc.field("seen_by").isin(names) | pc.field("seen").isin(names)
    try:
        pq.write_table(pq.read_table(path, filters=rows), kept)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path} cannot be read as a file of a simulated town ({error}): make it again."
        ) from error
    return kept


def _indexes(inputs: dict[str, Path]) -> Iterator[tuple[str, Index]]:
    """Build one index after the other, so that one at a time is held."""
    everything, _ = index_of(gather([*inputs.values()]))
    by_fixes = replace(everything, signs=NO_SIGNS)
    yield FIXES, by_fixes
    yield PLAIN, by_fixes
    for name in (BLUETOOTH, CHECK_INS):
        if name in inputs:
            yield name, index_of(gather([inputs[name]]))[0]
    if len(inputs) > 1:
        yield ALL, everything


def _traced(
    index: Index, cases: Sequence[str], onset: date, asked: Question
) -> Iterator[tuple[str, Said]]:
    known = [
        Case(participant=case, onset=onset)
        for case in cases
        if index.tracks.number_of(case) is not None
    ]
    if not known:
        return
    for found in trace_many(index, known, asked, same_area=False):
        yield found.case.participant, Said(found.contacts, found.episodes)
