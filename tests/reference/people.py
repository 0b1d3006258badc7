"""People as plain values: what the reference starts from."""

from __future__ import annotations

from dataclasses import dataclass

SOURCES = ("gnss", "wifi", "cell", "unknown")
ASSUMED_M = {"gnss": 10.0, "wifi": 40.0, "cell": 2_000.0, "unknown": 10.0}


@dataclass(frozen=True, slots=True)
class Fix:
    """One observation: ms since 1970, degrees, metres (None where none was claimed)."""

    time: int
    lon: float
    lat: float
    accuracy: float | None
    source: str = "gnss"


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of a phone's own timeline."""

    start: int
    end: int
    lon: float
    lat: float
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A name, and everything that was seen of that person, in any order."""

    name: str
    fixes: tuple[Fix, ...] = ()
    visits: tuple[Visit, ...] = ()


World = tuple[Person, ...]
