"""The library in five calls: read, build an index, open one, trace one case, trace many."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from fortnight.clock import now_ms
from fortnight.contact.index import Index, build_index
from fortnight.contact.store import load_index
from fortnight.contact.trace import Case, Question, trace_many, trace_one
from fortnight.contact.trace import Trace as FoundTrace
from fortnight.contact.window import midnight, window_of, zone_of
from fortnight.errors import QuestionError
from fortnight.evidence.arrange import Arranged, arrange, as_evidence
from fortnight.evidence.batches import StayBatch
from fortnight.evidence.pile import batches_of
from fortnight.evidence.schema import Evidence, InputReport
from fortnight.evidence.stream import Stream, table_batches
from fortnight.parameters import DEFAULTS, Parameters
from fortnight.report.assemble import document_of
from fortnight.report.encode import to_json
from fortnight.report.page import to_html
from fortnight.risk.disease import load_disease
from fortnight.track.tracks import build_tracks

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterator, Sequence

    import pandas as pd
    import polars as pl

    from fortnight.evidence.reading import Batch

    Progress = Callable[[int, int], None]

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Trace(FoundTrace):
    """The contacts of one case, as Arrow tables, data frames or a page."""

    def to_polars(self) -> pl.DataFrame:
        """Return the contacts, in rank order, as a Polars data frame (needs polars)."""
        import polars  # noqa: ICN001, PLC0415 - not needed to trace, and not installed with it

        return cast("pl.DataFrame", polars.from_arrow(self.contacts))

    def to_pandas(self) -> pd.DataFrame:
        """Return the contacts, in rank order, as a pandas data frame (needs pandas)."""
        return self.contacts.to_pandas()

    def to_html(self) -> str:
        """Return the report: one page that works with no network."""
        return to_html(document_of(self))

    def to_json(self) -> bytes:
        """Return the document of docs/trace-document.md."""
        return to_json(document_of(self))


def _with_views(found: FoundTrace, reports: tuple[InputReport, ...]) -> Trace:
    held = {field.name: getattr(found, field.name) for field in fields(found)}
    return Trace(**(held | {"inputs": reports}))


def read(
    *inputs: str | os.PathLike[str],
    now: int | None = None,
    window: tuple[int, int] | None = None,
    parameters: Parameters = DEFAULTS,
    enrolled: Collection[str] | os.PathLike[str] | None = None,
) -> Evidence:
    """Read files of location and of other evidence, and return what is sound in them.

    Parameters
    ----------
    inputs : path
        Files, folders and globs, in any mix of the formats in docs/formats.md.
    now : int, optional
        Rows after this instant (ms since 1970) are refused; the machine's clock by default.
    window : (int, int), optional
        First and last instant wanted, ms; rows more than a whole UTC day outside are refused.
    enrolled : collection of str, or path of a file of ids, optional
        Those who agreed that their operator gives their data. Calls and an operator's events
        are refused whole without it, and with it every row about somebody else.

    Returns
    -------
    Evidence
        ``fixes`` (n rows) and ``stays`` (m rows), sorted by participant and time, ``signs``
        (encounters, exposure windows, visits, ties), and one report an input. Positions of
        fixes are kept to 1e-7 degrees, times to the millisecond.

    Raises
    ------
    InputError
        Where an input does not exist.
    """
    return as_evidence(
        gather(inputs, now=now, window=window, parameters=parameters, enrolled=enrolled)
    )


def gather(
    inputs: Sequence[str | os.PathLike[str]],
    *,
    now: int | None = None,
    window: tuple[int, int] | None = None,
    parameters: Parameters = DEFAULTS,
    on_progress: Progress | None = None,
    enrolled: Collection[str] | os.PathLike[str] | None = None,
) -> Arranged:
    """Read inputs and sort them by participant and time, without making tables of them."""
    stream = Stream(
        inputs,
        now=now_ms() if now is None else now,
        window=window,
        parameters=parameters,
        on_progress=on_progress,
        enrolled=enrolled,
    )
    return arrange(stream, lambda: stream.reports)


def index_of(
    evidence: object,
    *,
    now: int | None = None,
    parameters: Parameters = DEFAULTS,
    threads: int = 2,
    on_progress: Progress | None = None,
) -> tuple[Index, tuple[InputReport, ...]]:
    """Build an index in memory from evidence, a table, or rows that are already arranged.

    Any table with the Arrow stream interface will do (PyArrow, Polars, pandas, DuckDB).
    """
    arranged = evidence if isinstance(evidence, Arranged) else _arranged(evidence, now)
    tracks = build_tracks(arranged, parameters, threads=threads, on_progress=on_progress)
    return replace(build_index(tracks, threads=threads), signs=arranged.signs), arranged.reports


def _arranged(evidence: object, now: int | None) -> Arranged:
    """Check and sort a table, or evidence that was read before."""
    moment = now_ms() if now is None else now
    if not isinstance(evidence, Evidence):
        rows = table_batches(evidence, input_name="table", now=moment)
        return arrange(rows, lambda: rows.reports)
    fixes = table_batches(evidence.fixes, input_name="fixes", now=moment)

    def batches() -> Iterator[Batch]:
        yield from fixes
        if evidence.stays.num_rows:
            yield _stay_batch(evidence.stays)
        yield from batches_of(evidence.signs)

    arranged = arrange(batches(), lambda: fixes.reports)
    return replace(arranged, reports=evidence.inputs)


def _stay_batch(stays: pa.Table) -> StayBatch:
    names: Any = stays["participant"].combine_chunks().dictionary_encode()
    return StayBatch(
        input=0,
        names=names.dictionary,
        who=names.indices.to_numpy(),
        start=stays["start"].cast(pa.int64()).to_numpy(),
        end=stays["end"].cast(pa.int64()).to_numpy(),
        lon=stays["lon"].to_numpy(),
        lat=stays["lat"].to_numpy(),
        accuracy=stays["accuracy"].to_numpy().astype(np.float32),
    )


def open_index(folder: str | os.PathLike[str]) -> Index:
    """Map an index that ``fortnight index`` wrote; nothing is copied.

    Raises IndexFormatError where the folder holds no whole index of this version.
    """
    return load_index(Path(folder))[0]


def question(
    *,
    disease: str = "covid-19",
    days: int | None = None,
    until: date | None = None,
    radius_m: float | None = None,
    min_minutes: float | None = None,
    timezone: str = "UTC",
    parameters: Parameters = DEFAULTS,
) -> Question:
    """Return what to ask of every case; see ``trace`` for the meaning of each."""
    rules = load_disease(disease)
    least = rules.contact.min_minutes if min_minutes is None else min_minutes
    if not 0 <= least <= 24 * 60:
        raise QuestionError(f"--min-minutes is {least}: give 0 to 1440, they count within 24 h.")
    if radius_m is not None:
        parameters = replace(parameters, radius_m=radius_m)
    return Question(
        disease=rules,
        parameters=parameters,
        min_minutes=least,
        timezone=timezone,
        days=days,
        until=until,
    )


def wanted(cases: Sequence[Case], asked: Question, now: int) -> tuple[int, int]:
    """Return the first and last instant (ms) that any of the cases asks about."""
    zone = zone_of(asked.timezone)
    days = -asked.disease.look_back.first_day if asked.days is None else asked.days
    if asked.until is not None:
        for case in cases:  # refuses what could not hold a single day, before anything is read
            window_of(
                case.anchor, asked.disease, days=days, until=asked.until, timezone=asked.timezone
            )
    first = min(case.anchor for case in cases) - timedelta(days=days)
    end = midnight(asked.until + timedelta(days=1), zone) if asked.until else now
    return midnight(first, zone), max(end, midnight(first, zone))


def _index(evidence: object, asked: Question) -> tuple[Index, tuple[InputReport, ...]]:
    """Return an index for what was given, and refuse one that was cut by other rules."""
    if not isinstance(evidence, Index):
        return index_of(evidence, parameters=asked.parameters)
    check_index(evidence, asked.parameters)
    return evidence, ()


def check_index(index: Index, parameters: Parameters) -> None:
    """Refuse a question whose segments would have been cut differently from the index's."""
    held = index.tracks.parameters.track_part()
    differs = [name for name, value in parameters.track_part().items() if held[name] != value]
    if differs:
        raise QuestionError(
            f"The index was made with another {', '.join(differs)}: make it again with these "
            "parameters, or ask with the index's own.",
        )


def trace(
    evidence: object,
    *,
    case: str,
    onset: date | None = None,
    test_date: date | None = None,
    disease: str = "covid-19",
    days: int | None = None,
    until: date | None = None,
    radius_m: float | None = None,
    min_minutes: float | None = None,
    timezone: str = "UTC",
    parameters: Parameters = DEFAULTS,
) -> Trace:
    """Find who was where a case was, when, for how long and how sure that is.

    Only for people who agreed: the library cannot know who did.

    Parameters
    ----------
    evidence : Evidence, Index or table
        What ``read`` or ``open_index`` returned, or any table with the Arrow stream interface
        and the columns participant, time, lon, lat, accuracy, source.
    case : str
        The participant who is a confirmed case.
    onset, test_date : date
        Onset of symptoms; the date of the test where there was none.
    disease : str
        Id of a disease that comes with the library, or a TOML file of the same layout.
    days : int, optional
        Days before onset at which the window begins; the disease's look-back by default.
    until : date, optional
        Last day looked at, included; the last evidence by default.
    radius_m : float, optional
        Metres within which people count as near; 25 by default.
    min_minutes : float, optional
        Expected minutes in any 24 hours from which a contact is listed; the disease's by default.
    timezone : str
        The zone in which dates become instants, both ends included.

    Returns
    -------
    Trace
        ``contacts``, ``episodes`` and ``same_area`` as Arrow tables, and the reports.

    Raises
    ------
    QuestionError
        Unknown case, no date, impossible window, or an index cut by other parameters.
    """
    asked = question(
        disease=disease,
        days=days,
        until=until,
        radius_m=radius_m,
        min_minutes=min_minutes,
        timezone=timezone,
        parameters=parameters,
    )
    one = Case(participant=case, onset=onset, test_date=test_date)
    index, reports = _index(evidence, asked)
    return _with_views(trace_one(index, one, asked, threads=2), reports)


def trace_cases(
    evidence: object,
    cases: Sequence[Case],
    asked: Question,
    *,
    threads: int = 2,
) -> Iterator[Trace]:
    """Trace many cases over one index, in their order; ``asked`` comes from ``question``."""
    index, reports = _index(evidence, asked)
    for found in trace_many(index, cases, asked, threads=threads):
        yield _with_views(found, reports)
