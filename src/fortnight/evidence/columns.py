"""Which column means what: the spellings that trackers and tables use in their headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Spelled in lower case without spaces and signs. The first of a role that a header has is taken.
PARTICIPANT: Final = (
    "participant", "participantid", "person", "personid", "pseudonym", "subject", "subjectid",
    "individual", "individualid", "individuallocalidentifier", "pid",
)  # fmt: skip
USER: Final = ("user", "userid", "username", "useruuid", "uid", "account", "accountid", "member")
DEVICE: Final = (
    "device", "deviceid", "devicename", "deviceuid", "uniqueid", "imei", "phone", "phoneid",
    "tracker", "trackerid", "taglocalidentifier",
)  # fmt: skip
NAME: Final = ("name", "id")
TIME: Final = (
    "time", "timestamp", "datetime", "dateandtime", "fixtime", "gpstime", "gpsdatetime", "utctime",
    "timeutc", "utcdatetime", "datetimeutc", "timestamputc", "utc", "tst", "recordedat",
    "recordedtime", "recordtime", "capturedat", "observedat", "locatedat", "ts", "t",
    "timestampms", "timems", "unixtime", "unixtimemillis", "unixtimestamp", "epoch", "epochtime",
    "epochms", "devicetime", "eventtime", "isotst", "date", "createdat",
)  # fmt: skip
LON: Final = (
    "lon", "lng", "long", "longitude", "longitudedegrees", "longitudedeg", "londeg", "lngdeg",
    "gpslongitude", "gpslon", "locationlong", "locationlon", "positionlong", "positionlon",
    "loclon", "loclng", "x", "xcoord", "lonwgs84",
)  # fmt: skip
LAT: Final = (
    "lat", "latitude", "latitudedegrees", "latitudedeg", "latdeg", "gpslatitude", "gpslat",
    "locationlat", "positionlat", "loclat", "y", "ycoord", "latwgs84",
)  # fmt: skip
LON_E7: Final = ("longitudee7", "lnge7", "lone7")
LAT_E7: Final = ("latitudee7", "late7")
ACCURACY: Final = (
    "accuracy", "acc", "accuracym", "accuracymeters", "accuracymetres", "horizontalaccuracy",
    "horizontalaccuracym", "horizontalaccuracymeters", "accuracyhorizontal", "hacc", "haccuracy",
    "haccm", "gpsaccuracy", "locationaccuracy", "positionaccuracy", "uncertainty",
)  # fmt: skip
SOURCE: Final = ("source", "provider", "locationsource", "locationprovider", "fixtype")
START: Final = ("start", "starttime", "arrival", "startedat", "begin")
END: Final = ("end", "endtime", "departure", "endedat", "finish")

_SOURCE_CODES: Final[Mapping[str, int]] = {
    "gnss": 0, "gps": 0, "satellite": 0, "glonass": 0, "galileo": 0, "beidou": 0,
    "wifi": 1, "wlan": 1,
    "cell": 2, "cellular": 2, "cellid": 2, "celltower": 2, "gsm": 2, "umts": 2, "lte": 2,
}  # fmt: skip
_UNKNOWN: Final = 3
_UNIT: Final = re.compile(r"[(\[].*?[)\]]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the columns in a header; `who` is none, one, or user and device."""

    who: tuple[int, ...]
    time: int
    lon: int
    lat: int
    accuracy: int | None
    source: int | None
    e7: bool  # longitude and latitude are ten-millionths of a degree
    utc: bool  # the header itself says that times are UTC
    numbered: bool  # `who` is a bare id, which may only number the rows
    end: int | None = None  # where set, `time` is the start of a stay

    def places(self) -> set[int]:
        """Return the places of all columns that mean something."""
        optional = (self.accuracy, self.source, self.end)
        needed = {*self.who, self.time, self.lon, self.lat}
        return needed | {place for place in optional if place is not None}

    def named(self) -> tuple[int, ...]:
        """Return the places of columns that hold few texts many times."""
        return (*self.who, *(() if self.source is None else (self.source,)))

    def decimals(self) -> tuple[int, ...]:
        """Return the places of columns whose text may have a decimal comma."""
        return (self.lon, self.lat, *(() if self.accuracy is None else (self.accuracy,)))

    @property
    def private(self) -> bool:
        """Whether rows may be about people who did not agree: fixes come from who did."""
        return False


def find_columns(header: Sequence[str]) -> Columns | None:
    """Return where each role stands in `header`, or None where time or place is missing."""
    keys = [spelling(name) for name in header]
    lon, lat, e7 = _place(keys)
    time, end = first_of(keys, TIME), None
    if time is None and (end := first_of(keys, END)) is not None:
        time = first_of(keys, START)
    if time is None or lon is None or lat is None:
        return None
    who, numbered = _participant(keys)
    return Columns(
        who=who,
        time=time,
        lon=lon,
        lat=lat,
        accuracy=first_of(keys, ACCURACY),
        source=first_of(keys, SOURCE),
        e7=e7,
        utc=re.search(r"\butc\b|utc$|^utc", header[time].lower()) is not None,
        numbered=numbered,
        end=end,
    )


def missing_columns(header: Sequence[str]) -> str:
    """Say which of time, longitude and latitude no column of `header` is spelled as."""
    keys = [spelling(name) for name in header]
    lon, lat, _ = _place(keys)
    found = {"time": first_of(keys, TIME), "longitude": lon, "latitude": lat}
    missing = " and no ".join(role for role, place in found.items() if place is None)
    listed = ", ".join(header[:8])
    return f"not a location table: it has no {missing} among its columns ({listed})"


@lru_cache(maxsize=4096)
def spelling(name: str) -> str:
    """Return a header's name in lower case, without a unit in brackets and without signs."""
    bare = _UNIT.sub("", name) or name
    return "".join(letter for letter in bare.lower() if letter.isalnum())


@lru_cache(maxsize=4096)
def source_code(text: str | None) -> int:
    """Return the place in schema.SOURCES that a tracker's word for its source means.

    Android's "network" and "fused" may be Wi-Fi, cell or both, so they stay unknown.
    """
    return _SOURCE_CODES.get(spelling(text), _UNKNOWN) if text else _UNKNOWN


def _place(keys: Sequence[str]) -> tuple[int | None, int | None, bool]:
    """Return where longitude and latitude stand, and whether they are ten-millionths."""
    lon, lat = first_of(keys, LON), first_of(keys, LAT)
    if lon is not None and lat is not None:
        return lon, lat, False
    lon_e7, lat_e7 = first_of(keys, LON_E7), first_of(keys, LAT_E7)
    if lon_e7 is not None and lat_e7 is not None:
        return lon_e7, lat_e7, True
    return lon, lat, False


def _participant(keys: Sequence[str]) -> tuple[tuple[int, ...], bool]:
    """Return the columns that name the participant, and whether that is a bare id."""
    own = first_of(keys, PARTICIPANT)
    if own is not None:
        return (own,), False
    pair = (first_of(keys, USER), first_of(keys, DEVICE))
    both = tuple(place for place in pair if place is not None)
    if both:
        return both, False
    bare = first_of(keys, NAME)
    return ((), False) if bare is None else ((bare,), True)


def first_of(keys: Sequence[str], spellings: Sequence[str]) -> int | None:
    """Return where the first of `spellings` that is among `keys` stands."""
    return next((keys.index(one) for one in spellings if one in keys), None)
