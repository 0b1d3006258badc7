"""`fortnight source`, `chain` and `places` as CSV and GeoJSON, guarded like every other CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.report.rows import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortnight.report.outbreak_documents import (
        ChainDocument,
        PlacesDocument,
        SourceDocument,
    )

SOURCE_COLUMNS: Final = (
    "case",
    "source",
    "share",
    "expected_minutes",
    "presumed_minutes",
    "weight",
    "either_way",
    "reasons",
)
CHAIN_COLUMNS: Final = (
    "infectee",
    "infector",
    "probability",
    "share",
    "expected_minutes",
    "onset_days_apart",
    "in_tree",
    "reasons",
)


def csv_text(heading: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    r"""Return rows as CSV in which no cell can run as a formula; lines end in ``\r\n``.

    The heading may be longer than the rows, as by the notice; missing cells are empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in heading])
    for row in rows:
        cells = ["" if cell is None else cell for cell in row]
        cells += [""] * (len(heading) - len(cells))
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def source_csv(document: SourceDocument) -> str:
    """Return one row a possible source, the unknown one first with an empty ``source``."""
    case, unknown = document.case.case, document.unknown
    rows: list[list[str | float | None]]
    rows = [[case, None, unknown.share, None, None, unknown.weight, None, "source unknown"]]
    rows += [
        [
            case,
            one.case,
            one.share,
            one.expected_minutes,
            one.presumed_minutes,
            one.weight,
            _word(truth=one.either_way),
            "; ".join(one.reasons),
        ]
        for one in document.candidates
    ]
    return csv_text((*SOURCE_COLUMNS, document.notice), rows)


def chain_csv(document: ChainDocument) -> str:
    """Return one row a possible link, and one for each unknown source: ``infector`` is empty."""
    rows: list[list[str | float | None]]
    rows = [
        [row.case, None, row.unknown, None, None, None, _word(truth=row.infector is None), ""]
        for row in document.tree
    ]
    rows += [
        [
            one.infectee,
            one.infector,
            one.probability,
            one.share,
            one.expected_minutes,
            one.onset_days_apart,
            _word(truth=one.in_tree),
            "; ".join(one.reasons),
        ]
        for one in document.links
    ]
    return csv_text((*CHAIN_COLUMNS, document.notice), rows)


def places_geojson(document: PlacesDocument) -> bytes:
    """Return place-times as GeoJSON points (RFC 7946) with their counts, in UTF-8."""
    features = []
    for place in document.places:
        properties = msgspec.structs.asdict(place)
        at = [properties.pop("lon"), properties.pop("lat")]
        geometry = {"type": "Point", "coordinates": at}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    collection = {"type": "FeatureCollection", "notice": document.notice, "features": features}
    return msgspec.json.encode(collection) + b"\n"


def _word(*, truth: bool) -> str:
    return "true" if truth else "false"
