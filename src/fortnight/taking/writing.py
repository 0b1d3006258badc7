"""One ZIP in memory: JSON, CSV, GPX, receipts, and a page that says what is what.

Nothing is written to disk on the way: what a person takes is left behind nowhere.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from fortnight.report.rows import harmless
from fortnight.taking.index_page import LANGUAGES, index_page
from fortnight.taking.moments import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortnight.taking.evidence import Taken
    from fortnight.taking.gathering import Held

FORMAT: Final = "fortnight-taken-1"
_EPOCH_OF_ZIP: Final = (1980, 1, 1, 0, 0, 0)
_GPX: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="Fortnight" xmlns="http://www.topografix.com/GPX/1/1">\n'
)


def to_zip(held: Held, log_key: str, language: str) -> bytes:
    """Return everything as one ZIP.

    Parameters
    ----------
    log_key : str
        The log's public key, by which the receipts are checked.
    language : str
        Of ``index.html``; the same page lies beside it in every language.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in _files(held, log_key, language):
            # The machine's own clock has no place in it: the same data is the same file.
            archive.writestr(zipfile.ZipInfo(name, _EPOCH_OF_ZIP), content, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _files(held: Held, log_key: str, language: str) -> Iterable[tuple[str, bytes]]:
    yield "index.html", index_page(held, language).encode()
    for code in LANGUAGES:
        yield f"index.{code}.html", index_page(held, code).encode()
    yield "everything.json", to_json(held)
    for name, rows in held.parts.items():
        if rows:
            yield f"csv/{name}.csv", to_csv(rows)
    yield "places.gpx", to_gpx(held.parts["fixes"])
    yield "receipts/log-key.txt", log_key.encode() + b"\n"
    for one in held.receipts:
        if one.text is not None:
            yield f"receipts/{one.name}.json", one.text.encode()


def to_json(held: Held) -> bytes:
    """Return every part as one document."""
    document = {
        "format": FORMAT,
        "made_at": instant(held.made_at),
        "parts": held.parts,
        "receipts_pending": [one.name for one in held.receipts if one.text is None],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode()


def to_csv(rows: Sequence[Taken]) -> bytes:
    """Return rows in UTF-8, with the mark by which spreadsheets know it; no cell can run."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return text.getvalue().encode("utf-8-sig")


def to_gpx(fixes: Iterable[Taken]) -> bytes:
    """Return a person's own fixes as GPX 1.1, a track a day (UTC)."""
    days: dict[str, list[Taken]] = {}
    for fix in fixes:
        days.setdefault(str(fix["time"])[:10], []).append(fix)
    tracks = [_track(day, some) for day, some in sorted(days.items())]
    return f"{_GPX}{''.join(tracks)}</gpx>\n".encode()


def _track(day: str, fixes: Sequence[Taken]) -> str:
    points = [
        f"<trkpt lat={quoteattr(str(fix['lat']))} lon={quoteattr(str(fix['lon']))}>"
        f"<time>{fix['time']}</time></trkpt>\n"
        for fix in sorted(fixes, key=lambda one: str(one["time"]))
    ]
    return f"<trk><name>{day}</name><trkseg>\n{''.join(points)}</trkseg></trk>\n"


def _cell(value: object) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return harmless(said)
