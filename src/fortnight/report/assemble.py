"""From a trace to the document that every report is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.contact.observed import gaps, person_slots, window_slots
from fortnight.contact.question import (
    FROM,
    HERE,
    KIND,
    MIDNIGHT,
    SIGMA0,
    SIGMA1,
    START,
    STOP,
    THERE,
    TO,
    ask,
)
from fortnight.report.document import (
    CONSENT_NOTICE,
    SCHEMA,
    CaseDocument,
    ContactDocument,
    EpisodeDocument,
    InputDocument,
    Interval,
    RefusalDocument,
    SameAreaDocument,
    TraceDocument,
    TrackPart,
    WindowDocument,
)
from fortnight.track.coverage import SLOT_MS
from fortnight.track.geometry import degrees_from_sphere
from fortnight.track.rules import KIND_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.contact.trace import Trace
    from fortnight.contact.window import Window
    from fortnight.evidence.schema import InputReport

_MINUTE_MS = 60_000


def instant(ms: float) -> str:
    """Return an instant as ISO 8601 in UTC, to the millisecond where there is one."""
    moment = datetime.fromtimestamp(round(ms) / 1_000, tz=UTC)
    precision = "milliseconds" if round(ms) % 1_000 else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _interval(start: float, end: float) -> Interval:
    return Interval(start=instant(start), end=instant(end))


def _span(window: Window, days: np.ndarray[Any, np.dtype[np.bool_]]) -> Interval:
    """Return the part of the window that ``days`` marks; an empty one lies at its end."""
    marked = np.flatnonzero(days)
    if not len(marked):
        return _interval(window.end, window.end)
    return _interval(float(window.edges[marked[0]]), float(window.edges[marked[-1] + 1]))


def _case(trace: Trace) -> CaseDocument:
    case, disease = trace.case, trace.question.disease
    return CaseDocument(
        participant=case.participant,
        onset=case.onset.isoformat() if case.onset else None,
        test_date=case.test_date.isoformat() if case.test_date else None,
        dated_by=case.dated_by,
        disease=disease.id,
        disease_name=disease.name,
        disease_version=disease.version,
    )


def _window(trace: Trace) -> WindowDocument:
    window = trace.window
    observed = trace.case_slots
    unknown = window_slots(window)[2].sum() - observed.sum()
    return WindowDocument(
        start=instant(window.start),
        end=instant(window.end),
        timezone=window.zone,
        look_back=_span(window, window.back),
        look_forward=_span(window, window.forward),
        coverage=round(trace.coverage, 4),
        unobserved_minutes=float(unknown * SLOT_MS / _MINUTE_MS),
        gaps=[_interval(a, b) for a, b in gaps(observed, window)],
    )


def _iso(table: pa.Table, *columns: str) -> list[dict[str, Any]]:
    """Return a table's rows with the given timestamp columns as ISO 8601 text."""
    for name in columns:
        place = table.schema.get_field_index(name)
        moments: list[Any] = pc.cast(table[name], pa.int64()).to_pylist()
        text = [instant(ms) for ms in moments]
        table = table.set_column(place, name, pa.array(text, pa.string()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _contacts(trace: Trace) -> list[ContactDocument]:
    episodes: dict[str, list[EpisodeDocument]] = {}
    for row in _iso(trace.episodes, "start", "end"):
        episodes.setdefault(row.pop("participant"), []).append(EpisodeDocument(**row))
    contacts = []
    for row in _iso(trace.contacts.drop_columns(["presumed_only"]), "first", "last"):
        name = row["participant"]
        who = trace.index.tracks.number_of(name)
        slots = person_slots(trace.index.tracks, -1 if who is None else who, trace.window)
        unknown = [_interval(a, b) for a, b in gaps(slots, trace.window)]
        contacts.append(ContactDocument(**row, gaps=unknown, episodes=episodes[name]))
    return contacts


def _track(trace: Trace) -> list[TrackPart]:
    rows = ask(trace.index, trace.who, trace.window.edges)
    duration = rows[:, STOP] - rows[:, START]
    places = []
    for moment in (FROM, TO):
        share = ((rows[:, moment] - rows[:, START]) / duration)[:, None]
        here, there = rows[:, HERE : HERE + 3], rows[:, THERE : THERE + 3]
        places.append(degrees_from_sphere(*(here + share * (there - here)).T))
    ratio = trace.question.parameters.sigma_per_accuracy
    accuracy = np.round(rows[:, [SIGMA0, SIGMA1]].max(axis=1, initial=0.0) * ratio, 1)
    return [
        TrackPart(
            kind=KIND_NAMES[int(row[KIND])],
            start=instant(row[MIDNIGHT] + row[FROM]),
            end=instant(row[MIDNIGHT] + row[TO]),
            lon=float(places[0][0][k]),
            lat=float(places[0][1][k]),
            end_lon=float(places[1][0][k]),
            end_lat=float(places[1][1][k]),
            accuracy_m=float(accuracy[k]),
        )
        for k, row in enumerate(rows)
    ]


def _printable(path: str) -> str:
    """Return a path that can be written as UTF-8: file names may hold bytes that are no text."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def inputs_document(inputs: Sequence[InputReport]) -> list[InputDocument]:
    """Return what became of each input."""
    return [
        InputDocument(
            path=_printable(report.path),
            format=report.format,
            received=report.received,
            kept=report.kept,
            refused=dict(sorted(report.refused.items())),
            examples=[
                RefusalDocument(reason=e.reason, where=e.where, detail=e.detail)
                for e in report.examples
            ],
            problem=report.problem,
        )
        for report in inputs
    ]


def document_of(trace: Trace, inputs: Sequence[InputReport] | None = None) -> TraceDocument:
    """Return everything a report shows of a trace; ``inputs`` replaces its own reports."""
    return TraceDocument(
        schema=SCHEMA,
        notice=CONSENT_NOTICE,
        case=_case(trace),
        window=_window(trace),
        parameters={
            **trace.question.parameters.as_dict(),
            "min_minutes": trace.question.min_minutes,
        },
        contacts=_contacts(trace),
        same_area=[SameAreaDocument(**row) for row in _iso(trace.same_area, "first", "last")],
        same_area_more=trace.area_more,
        track=_track(trace),
        inputs=inputs_document(trace.inputs if inputs is None else inputs),
    )
