"""The second half of a trace: what was found, under the numbers that the vault gave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fortnight.contact.index import build_index
from fortnight.contact.silence import parts_of_days
from fortnight.contact.trace import trace_one
from fortnight.lake.late import arrived_late
from fortnight.lake.own import tracks_of
from fortnight.lake.shared import renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fortnight.contact.index import Index
    from fortnight.contact.silence import TookPart
    from fortnight.contact.trace import Case, Question, Trace
    from fortnight.contact.window import Window
    from fortnight.lake.cutting import Cut
    from fortnight.lake.late import Late
    from fortnight.lake.search import DaySources, Met, OnDay, Wanted
    from fortnight.vault.people import FoundRow


@dataclass(frozen=True, slots=True)
class Found:
    """Who may have met a case, by day; nothing of the lake is held open by it."""

    case: Case
    wanted: Wanted
    days: tuple[OnDay, ...]
    cuts: Mapping[int, Cut]  # the case's own days
    held_from_day: int  # days since 1970 UTC: nothing older is held

    @property
    def rows(self) -> tuple[FoundRow, ...]:
        """What the vault is asked to group, by day."""
        return tuple(met.row for on in self.days for met in on.met)

    @property
    def window(self) -> Window:
        """The local days of the question."""
        return self.wanted.window


@dataclass(frozen=True, slots=True)
class Assembled:
    """A small index of the case and those found, and where its evidence came from.

    Attributes
    ----------
    origins : mapping
        By contact number: origins of the fixes of both sides on the days they were found.
        ``phone`` stands only where on one of them both sides' came from their phones.
    late : frozenset
        The contacts of whom, or with whom, evidence was received after the sample was taken.
    """

    index: Index
    case: Case
    question: Question
    origins: Mapping[str, frozenset[str]]
    late: frozenset[str]

    def trace(self, *, threads: int = 2) -> Trace:
        """Trace the case among those found."""
        return trace_one(self.index, self.case, self.question, threads=threads)


def assembled(found: Found, numbers: Sequence[str | None], late: Late | None) -> Assembled:
    """Put together the days of each contact; rows without a number are left out.

    ``numbers`` are in the order of ``found.rows``. ``late`` is None where no sample was taken.
    """
    wanted, name = found.wanted, found.case.participant
    of = {(m.row.day, m.name): n for m, n in zip(_met(found), numbers, strict=True) if n}
    names = tuple(sorted({*of.values(), name}))
    parts = sorted(_days_of(found, of, names), key=lambda part: part[:2])
    tracks = tracks_of(names, [cut for _, _, cut in parts], wanted.question.parameters)
    signs = renamed([(on.signs, _name_on(on.day, found, of)) for on in found.days])
    return Assembled(
        index=replace(build_index(tracks), signs=signs, listened=_listened(found, of, names)),
        case=found.case,
        question=replace(wanted.question, until=wanted.window.last),
        origins=_origins(found, of),
        late=frozenset() if late is None else _late(found, of, late),
    )


def _met(found: Found) -> list[Met]:
    return [met for on in found.days for met in on.met]


def _days_of(
    found: Found, of: Mapping[tuple[int, str], str], names: tuple[str, ...]
) -> list[tuple[int, int, Cut]]:
    """Return each person-day with its participant's place among the names, and its day."""
    places = {name: place for place, name in enumerate(names)}
    own = places[found.case.participant]
    parts = [(own, day, _numbered(cut, own)) for day, cut in found.cuts.items()]
    for met in _met(found):
        number = of.get((met.row.day, met.name))
        if number is not None and met.cut is not None:
            place = places[number]
            parts.append((place, met.row.day, _numbered(met.cut, place)))
    return parts


def _listened(found: Found, of: Mapping[tuple[int, str], str], names: tuple[str, ...]) -> TookPart:
    """Return when phones took part: what was kept of the case's own sightings tells it of few."""
    places, said = {name: place for place, name in enumerate(names)}, {}
    for on in found.days:
        if on.own is not None:
            said[places[found.case.participant], on.day] = on.own.hours
        for met in on.met:
            number = of.get((on.day, met.name))
            if number is not None:
                said[places[number], on.day] = met.sources.hours
    return parts_of_days(len(names), said)


def _numbered(cut: Cut, who: int) -> Cut:
    days = cut.days.copy()
    days[:, 0] = who
    return replace(cut, days=days)


def _name_on(
    day: int, found: Found, of: Mapping[tuple[int, str], str]
) -> Callable[[str], str | None]:
    """Return what people of a day are called in the whole; None for who has no number."""
    own = found.wanted.own.get(day)

    def name_of(name: str) -> str | None:
        if own is not None and name == own.hex():
            return found.case.participant
        return of.get((day, name))

    return name_of


def _origins(found: Found, of: Mapping[tuple[int, str], str]) -> dict[str, frozenset[str]]:
    out: dict[str, frozenset[str]] = {}
    for on in found.days:
        for met in on.met:
            number = of.get((on.day, met.name))
            if number is not None:
                both = _of_both(met.sources, on.own)
                out[number] = out.get(number, frozenset()) | both
    return out


def _of_both(contact: DaySources, case: DaySources | None) -> frozenset[str]:
    """Return the origins of two people's fixes of a day; a phone alone proves one side only."""
    own = frozenset[str]() if case is None else case.origins
    either, both = contact.origins | own, contact.origins & own
    return either if "phone" in both else either - {"phone"}


def _late(found: Found, of: Mapping[tuple[int, str], str], late: Late) -> frozenset[str]:
    out = set()
    for on in found.days:
        own_late = arrived_late(on.day, found.wanted.own.get(on.day), on.own, late)
        for met in on.met:
            number = of.get((on.day, met.name))
            if number is not None and (
                own_late or arrived_late(on.day, met.row.pseudonym, met.sources, late)
            ):
                out.add(number)
    return frozenset(out)
