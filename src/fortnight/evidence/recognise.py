"""Tell from a file's first megabyte what it is; its name says nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.errors import InputError
from fortnight.evidence.columns import spelling
from fortnight.evidence.jsonsplit import Splitter, root_keys
from fortnight.evidence.readers import checkin_records
from fortnight.evidence.readers.delimited import DELIMITERS, find_header
from fortnight.evidence.readers.owntracks import REC_LINE
from fortnight.evidence.roles import OWNER
from fortnight.evidence.source import decoded
from fortnight.evidence.tables.kinds import find_table, format_of, no_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMATS: Final = (
    "gpx", "owntracks", "takeout", "takeout-semantic", "timeline", "geojson", "csv", "parquet",
    "exposure-windows", "sensor-contacts", "sightings", "check-ins", "calls", "cell-sites",
    "cell-events",
)  # fmt: skip

_MAGIC: Final = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (or a spreadsheet): unpack it, or save the sheet as CSV"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it"),
    (b"BZh", "a bzip2 archive: unpack it"),
    (b"\xfd7zXZ", "an xz archive: unpack it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ARROW1", "an Arrow file: save the table as Parquet"),
    (b"\xd0\xcf\x11\xe0", "an old office document: save the sheet as CSV"),
)
_XML_KINDS: Final = {
    "kml": "KML, which keeps no time for most of its points: export GPX",
    "trainingcenterdatabase": "a TCX training file: export GPX",
    "osm": "OpenStreetMap data",
    "html": "a web page",
    "svg": "a picture",
}
_JSON_KINDS: Final = (
    ({"deviceSettings", "historyEnabled", "hasReportedLocations"}, "Google Takeout settings"),
    ({"timelineEdits"}, "Google Takeout Timeline edits"),
    ({"experimentName", "participants"}, "an experiment with no exposure windows"),
    ({"testCases"}, "test cases with no exposure windows"),
    ({"frequentPlaces", "userLocationProfile"}, "a profile of frequent places, with no times"),
)  # fmt: skip
# Arrays of the root object that hold records, and the format that they mean.
_JSON_ARRAYS: Final[Mapping[str, str]] = {
    "semanticSegments": "timeline",
    "rawSignals": "timeline",
    "timelineObjects": "takeout-semantic",
    "features": "geojson",
    "locations": "takeout",
    "data": "owntracks",
    "exposureWindows": "exposure-windows",
    **dict.fromkeys(checkin_records.ARRAYS, "check-ins"),
}
_WINDOW_HOLDERS: Final[Mapping[str, str]] = {
    "participants": "results",
    "testCases": "exposureWindows",
}
"""Arrays of the root object whose records hold windows, and the key that shows that they do."""
# Keys that only one kind of object has, and the format that they mean.
_OBJECT_MARKS: Final = (
    (frozenset({"_type"}), "owntracks"),
    (frozenset({"type", "geometry"}), "geojson"),
    (frozenset({"scanInstances"}), "exposure-windows"),
)
# Keys that one of a list's first object has, and the format that they mean.
_RECORD_MARKS: Final = (
    ("_type", "owntracks"),
    ("scanInstances", "exposure-windows"),
    ("startTime", "timeline"),
    ("endTime", "timeline"),
    ("latitudeE7", "takeout"),
)
_XML_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_XML_PROLOGUE: Final = re.compile(
    rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL
)
_CONTACTS: Final = re.compile(rb"(?:\d+[ \t]+\d+[ \t]+\d+[^\n]*(?:\n|$)){1,50}")
_SNIFFED_LINES: Final = 50
_SNIFFED_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Shape:
    """The format of a file, and for JSON how its records are laid out."""

    format: str  # one of FORMATS
    level: int | None = None  # as in jsonsplit.Splitter; None where each line holds a record


def recognise(head: bytes) -> Shape:
    """Return the shape of a file that begins with `head` (unpacked, UTF-8, no mark).

    Raises
    ------
    InputError
        If it is none of FORMATS, with what it looks like instead.
    """
    if head.startswith(b"PAR1"):
        return Shape("parquet")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise InputError(f"not a location file: it looks like {kind}")
    text = head.lstrip()
    if not text.strip(b"\x1e\x00"):
        raise InputError("the file is empty")
    if text.startswith(b"<"):
        return _recognise_xml(text)
    if text.startswith((b"{", b"[", b"\x1e")):
        return _recognise_json(head)
    return _recognise_lines(head)


def _recognise_json(head: bytes) -> Shape:
    """Return the shape of JSON, or raise with what it is."""
    text = head.lstrip(b" \t\r\n\x1e")
    if text.startswith(b"["):
        return Shape(_record_format(_first_record(text, 1)), 1)
    keys = root_keys(text)
    for key in keys:
        if key in _JSON_ARRAYS and (record := _first_record(text, 2, key)) is not None:
            return Shape(_array_format(key, record), 2)
        if key in _WINDOW_HOLDERS and _holds_windows(key, _first_record(text, 2, key)):
            return Shape("exposure-windows", 2)
    if by_line := _line_format(head):
        return Shape(by_line, 0 if _spans_lines(head) else None)
    for marks, name in _OBJECT_MARKS:
        if marks <= set(keys):
            return Shape(name, 0)
    return Shape(_named_otherwise(keys), 2)


def _holds_windows(key: str, record: object) -> bool:
    """Tell whether the first record of an array has what windows are in; {} was cut off."""
    return isinstance(record, dict) and (not record or _WINDOW_HOLDERS[key] in record)


def _spans_lines(head: bytes) -> bool:
    """Tell whether the records of a text sequence (RFC 8142) go over several lines."""
    lines = [line for line in head.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES] if line.strip()]
    marked = sum(line.startswith(b"\x1e") for line in lines)
    return 0 < marked < len(lines)


def _line_format(head: bytes) -> str | None:
    """Return "owntracks" or "geojson" where lines of `head` are such records, else None."""
    for line in head.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES]:
        if REC_LINE.match(line):
            return "owntracks"
        try:
            record = msgspec.json.decode(line.strip(b" \t\r\x1e"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(record, dict) and "_type" in record:
            return "owntracks"
        if isinstance(record, dict) and record.get("type") == "Feature":
            return "geojson"
    return None


def _recognise_xml(text: bytes) -> Shape:
    """Return the shape of XML whose root is gpx, or raise with what it is."""
    root = _XML_ROOT.match(_XML_PROLOGUE.sub(b"", text[:_SNIFFED_BYTES]).lstrip())
    name = root[1].decode("ascii", "replace").lower() if root else ""
    if name == "gpx":
        return Shape("gpx")
    kind = _XML_KINDS.get(name, f"XML that begins with <{name}>" if name else "XML with no root")
    raise InputError(f"not a location file: it looks like {kind}")


def _recognise_lines(head: bytes) -> Shape:
    """Return the shape of text that is neither XML nor JSON, or raise with what it is."""
    if found := _line_format(head):
        return Shape(found)
    lines = [decoded(line) for line in re.split(rb"\r?\n|\r", head[:_SNIFFED_BYTES])]
    header = find_header(lines)
    if header is not None:
        return Shape(format_of(header.columns, "csv"))
    if _CONTACTS.match(head.lstrip()):
        return Shape("sensor-contacts")
    raise InputError(_what_is_missing(lines))


def _what_is_missing(lines: Sequence[str]) -> str:
    """Say why a file is no table of locations."""
    if any("\x00" in line for line in lines):
        return "not a location file: it is not text, and of no known kind"
    filled = [line for line in lines if line.strip()]
    if filled and spelling(filled[0].strip(' "')) in OWNER:
        return (
            "not a location file: a list of ids; if it is of those enrolled, give it as --enrolled"
        )
    for delimiter in DELIMITERS:
        widths = {len(line.split(delimiter)) for line in filled[:3]}
        if len(filled) > 1 and len(widths) == 1 and widths != {1}:
            names = [name.strip() for name in filled[0].split(delimiter)]
            return no_table(names)
    return (
        "not a location file: no known format, and no header line with a time, a longitude "
        "and a latitude, or of any other known table"
    )


def _first_record(text: bytes, level: int, key: str = "") -> object:
    """Return the first record of the array `key`, {} where it cannot be read, None if none."""
    splitter = Splitter([text], level)
    for run in splitter:
        if run.key == key:
            try:
                return msgspec.json.decode(run.record(0))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return {}
    cut = splitter.cut_off
    return {} if cut is not None and cut.startswith(f"{key}[") else None


def _array_format(key: str, record: object) -> str:
    """Return the format of an array of the root object from its key and its first record."""
    if key == "locations" and isinstance(record, dict) and record.get("type") == "Feature":
        return "geojson"
    return _JSON_ARRAYS[key]


def _record_format(record: object) -> str:
    """Return the format of a root array from its first record, or raise."""
    if not isinstance(record, dict):
        return _named_otherwise([])
    if record.get("type") == "Feature":
        return "geojson"
    table = find_table(list(record))
    if table is not None and format_of(table, "csv") == "check-ins":
        return "check-ins"
    marks = (name for key, name in _RECORD_MARKS if key in record)
    return next(marks, None) or _named_otherwise(list(record))


def _named_otherwise(keys: list[str]) -> str:
    """Return the format that an empty file of these keys has, or raise with what it is."""
    for key in keys:
        if key in _JSON_ARRAYS:
            return _JSON_ARRAYS[key]
    for marks, kind in _JSON_KINDS:
        if marks.intersection(keys):
            raise InputError(f"not a location file: it looks like {kind}")
    listed = ", ".join(keys[:4])
    kind = f"JSON with {listed}" if listed else "JSON of no known kind"
    raise InputError(f"not a location file: it looks like {kind}")
