"""The same cases traced by each kind of evidence by itself, and by all of it together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fortnight.api import gather, index_of, question
from fortnight.contact.silence import HOUR_MS
from fortnight.contact.trace import Case, trace_many
from fortnight.errors import InputError
from fortnight.evidence.schema import NO_SIGNS
from fortnight.simulate.evidence_files import ENCOUNTERS_FILE, VISITS_FILE
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.kinds import ALL, BLUETOOTH, CHECK_INS, FIXES, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence
    from datetime import date

    from fortnight.contact.index import Index
    from fortnight.contact.trace import Question

    Progress = Callable[[int, int], None]


_HOUR_BITS: Final = 24  # hours since 1970, until the year 3883


@dataclass(frozen=True, slots=True)
class Said:
    """The two tables of one case's trace; the rest of it is let go."""

    contacts: pa.Table
    episodes: pa.Table


def trace_by_evidence(
    folder: Path,
    cases: Sequence[str],
    days: tuple[date, date],
    on_progress: Progress,
    *,
    kinds: Container[str] | None = None,
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
    kinds
        Which kinds of evidence to trace by; all that there are where it is not given.

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
        wanted = [name for name in _kinds_of(inputs) if kinds is None or name in kinds]
        for name, index in _indexes(inputs, wanted):
            one = replace(asked, min_minutes=0.0) if name == PLAIN else asked
            found[name] = {}
            for case, said in _traced(index, cases, days[1], one):
                found[name][case] = said
                on_progress(len(found) * len(cases), len(wanted) * len(cases))
    return found


def _inputs(folder: Path, cases: Sequence[str], kept: Path) -> dict[str, Path]:
    """Return the file of each kind of evidence that there is."""
    files = {FIXES: folder / FIXES_FILE, CHECK_INS: folder / VISITS_FILE}
    found = {name: path for name, path in files.items() if path.exists()}
    if (folder / ENCOUNTERS_FILE).exists():
        found[BLUETOOTH] = about_cases(folder / ENCOUNTERS_FILE, cases, kept / ENCOUNTERS_FILE)
    return found


def about_cases(path: Path, cases: Sequence[str], kept: Path) -> Path:
    """Write the sightings that cases have a part in, and of others one an hour of each phone.

    A trace looks at no others, but for whether a phone took part in an hour.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path} cannot be read as a file of a simulated town ({error}): make it again."
        ) from error
    names = pa.array(cases, type=pa.string())
    wanted = np.zeros(table.num_rows, dtype=np.bool_)
    for column in ("seen_by", "seen"):
        phone = table[column].cast(pa.string())
        wanted |= pc.is_in(phone, value_set=names).to_numpy()
        wanted[_first_of_each_hour(phone, table["time"])] = True
    pq.write_table(table.filter(pa.array(wanted)), kept)
    return kept


def _first_of_each_hour(phone: pa.ChunkedArray[Any], time: pa.ChunkedArray[Any]) -> Any:  # noqa: ANN401 - any array of numbers
    """Return one row of each phone and hour."""
    number = pc.rank(phone, tiebreaker="dense").to_numpy().astype(np.int64)
    hour = time.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy() // HOUR_MS
    return np.unique(number << _HOUR_BITS | hour, return_index=True)[1]


def _kinds_of(inputs: dict[str, Path]) -> list[str]:
    """Return by what there is to trace: each kind, the plain rule, and all where there are some."""
    alone = [name for name in (BLUETOOTH, CHECK_INS) if name in inputs]
    return [FIXES, PLAIN, *alone, *([ALL] if len(inputs) > 1 else [])]


def _indexes(inputs: dict[str, Path], kinds: Sequence[str]) -> Iterator[tuple[str, Index]]:
    """Return the index of each kind; what one source alone tells is read when it is asked for."""
    everything, _ = index_of(gather([*inputs.values()]))
    by_fixes = replace(everything, signs=NO_SIGNS)
    for name in kinds:
        if name == ALL:
            yield name, everything
        elif name in (FIXES, PLAIN):
            yield name, by_fixes
        else:
            yield name, index_of(gather([inputs[name]]))[0]


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
