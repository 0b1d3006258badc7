"""From a trace to the document that every report is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fortnight.contact.observed import gaps, window_slots
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
from fortnight.report.contacts import contacts_of, own_windows
from fortnight.report.document import (
    CONSENT_NOTICE,
    SCHEMA,
    CaseDocument,
    InputDocument,
    Interval,
    RefusalDocument,
    SameAreaDocument,
    TieDocument,
    TraceDocument,
    TrackPart,
    WindowDocument,
)
from fortnight.report.instants import instant, interval, iso
from fortnight.risk.explanation import curve_words, share_outside
from fortnight.track.coverage import SLOT_MS
from fortnight.track.geometry import degrees_from_sphere
from fortnight.track.rules import KIND_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.contact.trace import Trace
    from fortnight.contact.window import Window
    from fortnight.evidence.schema import InputReport

_MINUTE_MS = 60_000


def _span(window: Window, days: np.ndarray[Any, np.dtype[np.bool_]]) -> Interval:
    """Return the part of the window that ``days`` marks; an empty one lies at its end."""
    marked = np.flatnonzero(days)
    if not len(marked):
        return interval(window.end, window.end)
    return interval(float(window.edges[marked[0]]), float(window.edges[marked[-1] + 1]))


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
        gaps=[interval(a, b) for a, b in gaps(observed, window)],
    )


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
        curve_words=curve_words(trace.question.disease, trace.case.dated_by),
        share_outside_window=round(share_outside(trace.question.disease, trace.case.dated_by), 4),
        parameters={
            **trace.question.parameters.as_dict(),
            "min_minutes": trace.question.min_minutes,
        },
        contacts=contacts_of(trace),
        same_area=[SameAreaDocument(**row) for row in iso(trace.same_area, "first", "last")],
        same_area_more=trace.area_more,
        ties=[TieDocument(**row) for row in iso(trace.ties)],
        exposure_windows=own_windows(trace),
        track=_track(trace),
        inputs=inputs_document(trace.inputs if inputs is None else inputs),
    )
