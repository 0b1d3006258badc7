"""Rows gathered one by one, for formats whose records hold several each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fortnight.evidence.batches import RawFixes, RawStays, index_names
from fortnight.evidence.columns import source_code
from fortnight.evidence.times import instants_of
from fortnight.evidence.values import accuracies, numbers


@dataclass(slots=True)
class Fixes:
    """Fixes as the file has them: values of any JSON kind, not yet understood."""

    who: list[str | None] = field(default_factory=list)
    time: list[object] = field(default_factory=list)
    lon: list[object] = field(default_factory=list)
    lat: list[object] = field(default_factory=list)
    accuracy: list[object] = field(default_factory=list)
    source: list[object] = field(default_factory=list)
    where: list[str] = field(default_factory=list)

    def add(
        self,
        who: str | None,
        time: object,
        place: tuple[object, object],
        where: str,
        accuracy: object = None,
        source: object = None,
    ) -> None:
        """Take one fix; `place` is longitude and latitude."""
        self.who.append(who)
        self.time.append(time)
        self.lon.append(place[0])
        self.lat.append(place[1])
        self.accuracy.append(accuracy)
        self.source.append(source)
        self.where.append(where)

    def rows(self) -> RawFixes:
        """Return what was gathered as rows."""
        names, who = index_names(self.who)
        sources = (source_code(one if isinstance(one, str) else None) for one in self.source)
        return RawFixes(
            names,
            who,
            instants_of(self.time),
            numbers(self.lon),
            numbers(self.lat),
            accuracies(self.accuracy),
            np.fromiter(sources, np.uint8, len(self.source)),
            self.where.__getitem__,
            self.shown,
        )

    def shown(self, row: int) -> str:
        """Say what the file said of one fix."""
        place = f"lon {self.lon[row]}, lat {self.lat[row]}"
        return f"time {self.time[row]}, {place}, accuracy {self.accuracy[row]}"


@dataclass(slots=True)
class Stays:
    """Stays as the file has them: values of any JSON kind, not yet understood."""

    who: list[str | None] = field(default_factory=list)
    start: list[object] = field(default_factory=list)
    end: list[object] = field(default_factory=list)
    lon: list[object] = field(default_factory=list)
    lat: list[object] = field(default_factory=list)
    where: list[str] = field(default_factory=list)

    def add(
        self,
        who: str | None,
        period: tuple[object, object],
        place: tuple[object, object],
        where: str,
    ) -> None:
        """Take one stay; `place` is longitude and latitude."""
        self.who.append(who)
        self.start.append(period[0])
        self.end.append(period[1])
        self.lon.append(place[0])
        self.lat.append(place[1])
        self.where.append(where)

    def rows(self, accuracy_m: float) -> RawStays:
        """Return what was gathered as rows, all of the same accuracy."""
        names, who = index_names(self.who)
        return RawStays(
            names,
            who,
            instants_of(self.start),
            instants_of(self.end),
            numbers(self.lon),
            numbers(self.lat),
            np.full(len(self.who), accuracy_m, dtype=np.float32),
            self.where.__getitem__,
            self.shown,
        )

    def shown(self, row: int) -> str:
        """Say what the file said of one stay."""
        place = f"lon {self.lon[row]}, lat {self.lat[row]}"
        return f"{self.start[row]} to {self.end[row]}, {place}"
