"""Which kind of table a header is, for evidence other than fixes, and which column means what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.evidence.columns import (
    DEVICE,
    END,
    LAT,
    LON,
    NAME,
    PARTICIPANT,
    START,
    TIME,
    USER,
    first_of,
    spelling,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Spelled as in columns.py. The first of a role that a header has is taken.
OWNER: Final = (*PARTICIPANT, *USER, *DEVICE)
OBSERVER: Final = (
    "seenby", "seenbyid", "observer", "observerid", "scanner", "scannerid", "receiver",
    "receiverid", *OWNER,
)  # fmt: skip
SEEN: Final = (
    "seen", "seenid", "other", "otherid", "peer", "peerid", "observed", "observedid",
    "transmitter", "transmitterid", "advertiser", "counterpart", "contact", "contactid",
)  # fmt: skip
ATTENUATION: Final = ("attenuation", "attenuationdb", "typicalattenuation", "typicalattenuationdb")
RSSI: Final = ("rssi", "rssidbm", "signal", "signalstrength", "signaldbm")
TX_POWER: Final = ("txpower", "txpowerdbm", "tx", "txpowerlevel", "transmitpower")
KIND: Final = ("kind", "type", "eventtype", "calltype", "service")

VISITOR: Final = (*OWNER, "visitor", "visitorid", "guest", "guestid")
VENUE: Final = ("venue", "venueid", "venuename", "tracelocation", "tracelocationid")
PLACE: Final = ("location", "locationid", "locationname", "place", "placeid", "placename")
ROOM: Final = ("room", "roomid", "roomname", "area", "hall", "table")
CHECK_IN: Final = (
    "checkin", "checkintime", "checkedin", "checkedinat", "checkinstart", "checkinstartdate",
    "timein", "entry", "entrytime", "enteredat", "startdate",
)  # fmt: skip
CHECK_OUT: Final = (
    "checkout", "checkouttime", "checkedout", "checkedoutat", "checkinend", "checkinenddate",
    "timeout", "exit", "exittime", "leftat", "enddate", *END,
)  # fmt: skip
CLOSING: Final = (
    "closing", "closingtime", "closes", "closesat", "venuecloses", "venueclosing",
    "venueclosingtime", "venueend", "eventend",
)  # fmt: skip
MINUTES: Final = (
    "defaultcheckinlengthinminutes", "maxstayminutes", "maxminutes", "defaultminutes",
    "defaultstayminutes", "stayminutes", "maxstay",
)  # fmt: skip
CLOSED: Final = ("closed",)

SUBSCRIBER: Final = (
    "msisdn", "imsi", "subscriber", "subscriberid", "subscribernumber", "phonenumber", "anumber",
)  # fmt: skip
CALLER: Final = (
    "caller", "callerid", "callernumber", "callingnumber", "calling", "from", "fromid", "sender",
    *SUBSCRIBER,
)  # fmt: skip
CALLEE: Final = (
    "callee", "calleeid", "calleenumber", "callednumber", "called", "to", "toid", "recipient",
    "recipientid", "bnumber",
)  # fmt: skip
SECONDS: Final = (
    "seconds", "duration", "durationseconds", "durationsec", "durations", "callduration",
    "durationmin", "durationminutes", "minutes",
)  # fmt: skip
CELL: Final = (
    "cell", "cellid", "cgi", "ecgi", "eci", "cellglobalid", "site", "siteid", "tower", "towerid",
    "antenna", "antennaid", "bts", "btsid",
)  # fmt: skip
RANGE: Final = (
    "range", "rangem", "rangemeters", "rangemetres", "radius", "radiusm", "coverageradius",
    "cellrange",
)  # fmt: skip
EVENT_TIME: Final = (*TIME, *START)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table: the columns that make it one, and those that may be there besides."""

    format: str
    needed: Mapping[str, Sequence[str]]  # role -> spellings
    optional: Mapping[str, Sequence[str]]
    one_of: tuple[str, ...] = ()  # of the optional roles, at least one
    without: tuple[Sequence[str], ...] = ()  # spellings that make it something else, all together


@dataclass(frozen=True, slots=True)
class Roles:
    """Places of the columns of a table that is of some :class:`Kind`."""

    format: str
    at: Mapping[str, int]  # role -> place
    utc: bool  # the header itself says that times are UTC
    in_minutes: bool  # a length of time is in minutes

    def places(self) -> set[int]:
        """Return the places of all columns that mean something."""
        return set(self.at.values())

    def named(self) -> tuple[int, ...]:
        """Return the places of columns that hold few texts many times."""
        return tuple(place for role, place in self.at.items() if role in _NAMED)

    def decimals(self) -> tuple[int, ...]:
        """Return the places of columns whose text may have a decimal comma."""
        return tuple(place for role, place in self.at.items() if role in _DECIMALS)

    @property
    def private(self) -> bool:
        """Whether rows may be about people who did not agree, so that none may be shown."""
        return self.format in PRIVATE


PRIVATE: Final = frozenset({"calls", "cell-events"})
"""Formats that hold an operator's whole network until the list of those enrolled was asked."""

_NAMED: Final = frozenset({"who", "other", "cell", "venue", "room", "kind", "closed"})
_DECIMALS: Final = frozenset({"lon", "lat", "range", "attenuation", "rssi", "tx", "minutes"})
_TIMES: Final = ("time", "start")
_PLACED: Final = {"lon": LON, "lat": LAT}
_STAY: Final = {
    "who": VISITOR, "room": ROOM, "end": CHECK_OUT, "closing": CLOSING, "minutes": MINUTES,
    "closed": CLOSED, **_PLACED,
}  # fmt: skip
_CALL: Final = {"seconds": SECONDS, "kind": KIND}

_WORDS: Final[Mapping[str, str]] = {
    "who": "participant", "other": "other person", "time": "time", "start": "check-in",
    "venue": "venue", "cell": "cell id", "lon": "longitude", "lat": "latitude",
    "attenuation": "attenuation", "rssi": "RSSI", "seconds": "length",
}  # fmt: skip
"""What to call a role that is missing."""

BEFORE_FIXES: Final = (
    Kind(
        "sightings",
        {"other": SEEN, "time": EVENT_TIME},
        {"who": OBSERVER, "attenuation": ATTENUATION, "rssi": RSSI, "tx": TX_POWER, "kind": KIND,
         "end": END},
        one_of=("attenuation", "rssi"),
    ),
    Kind("check-ins", {"venue": VENUE, "start": (*CHECK_IN, *START)}, _STAY),
    Kind("check-ins", {"venue": PLACE, "start": CHECK_IN}, _STAY),
    Kind("calls", {"who": CALLER, "other": CALLEE, "time": EVENT_TIME}, _CALL, without=(LON, LAT)),
    Kind(
        "calls",
        {"who": (*CALLER, *OWNER), "other": (*CALLEE, *SEEN), "time": EVENT_TIME},
        _CALL,
        one_of=("seconds",),
        without=(LON, LAT),
    ),
    Kind("cell-events", {"who": SUBSCRIBER, "time": EVENT_TIME, "cell": CELL}, {}),
)  # fmt: skip
"""Kinds that are looked for before a header is taken for one of fixes, in this order."""

AFTER_FIXES: Final = (
    Kind("check-ins", {"venue": PLACE, "start": START}, _STAY, without=(LON, LAT)),
    Kind("check-ins", {"venue": VENUE, "start": TIME}, _STAY, without=(LON, LAT)),
    Kind(
        "cell-events",
        {"who": (*SUBSCRIBER, *OWNER, *NAME), "time": EVENT_TIME, "cell": CELL},
        {},
        without=(LON, LAT),
    ),
    Kind("cell-sites", {"cell": CELL, "lon": LON, "lat": LAT}, {"range": RANGE}, without=(TIME,)),
)
"""Kinds that are looked for where a header is none of fixes."""


def find_roles(header: Sequence[str], kinds: Sequence[Kind]) -> Roles | None:
    """Return what the columns of a header mean in the first of `kinds` that it fits, or None."""
    keys = [spelling(name) for name in header]
    for kind in kinds:
        if kind.without and all(first_of(keys, one) is not None for one in kind.without):
            continue
        at = _found(keys, kind.needed)
        if len(at) < len(kind.needed):
            continue
        at = {**at, **_found(keys, kind.optional)}
        if kind.one_of and not any(role in at for role in kind.one_of):
            continue
        if len(set(at.values())) == len(at):
            return _roles(kind.format, at, header)
    return None


def nearly(header: Sequence[str]) -> str | None:
    """Say which one thing keeps a header from being of a kind, None where that is not so.

    A header with a longitude or a latitude is better told what keeps it from being of fixes.
    """
    keys = [spelling(name) for name in header]
    if first_of(keys, (*LON, *LAT)) is not None:
        return None
    for kind in BEFORE_FIXES:
        found = _found(keys, {**kind.needed, **kind.optional})
        lacks = [_WORDS[role] for role in kind.needed if role not in found]
        if kind.one_of and not any(role in found for role in kind.one_of):
            lacks.append(" or ".join(_WORDS[role] for role in kind.one_of))
        if len(lacks) == 1 and len(kind.needed) + bool(kind.one_of) > 2:  # noqa: PLR2004 - most of it is there
            listed = ", ".join(header[:8])
            return f"nearly a table of {kind.format}, but with no {lacks[0]} ({listed})"
    return None


def _found(keys: Sequence[str], spellings: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the places of the roles that the header has."""
    places = {role: first_of(keys, names) for role, names in spellings.items()}
    return {role: place for role, place in places.items() if place is not None}


def _roles(name: str, at: Mapping[str, int], header: Sequence[str]) -> Roles:
    """Return the roles, and what the header says of units."""
    time = next(header[at[role]] for role in (*_TIMES, "cell") if role in at)
    length = header[at["seconds"]] if "seconds" in at else ""
    return Roles(
        name,
        at,
        utc=re.search(r"\butc\b|utc$|^utc", time.lower()) is not None,
        in_minutes=re.search(r"min", length.lower()) is not None,
    )
