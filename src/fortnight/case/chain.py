"""The chain of cases as the case page shows it: probable sources, and who infected whom.

Only what traces kept (`links`) is read; nothing is searched, and no place is known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import or_, select

from fortnight.case.links import case_of, link_from
from fortnight.contact.chains import chain_of
from fortnight.contact.confirmed import Link, in_order
from fortnight.contact.sources import UNKNOWN_MINUTES, Sources, unknown_weight
from fortnight.db.office_tables import case_link, case_merge, case_source
from fortnight.db.tables import case_file
from fortnight.errors import GoneError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from fortnight.contact.chains import Chain
    from fortnight.contact.confirmed import DayTogether
    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault

LARGEST: Final = 200
"""Cases of one chain that are weighed at once: the nearest ones by links."""
WEIGHED: Final = (1.0, 3.0, 1.0 / 3.0)
"""By how much the unknown source is weighed: as it is, then three times and a third of that."""
_AS_LIKELY: Final = 0.5


class Share(NamedTuple):
    """A probability, and what it is with unknown sources three times or a third as likely."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another case that may have infected this one.

    ``contact`` is what this case's own trace calls them, where it found them. ``either_way``: the
    other may as well have been infected by this one.
    """

    case_id: str
    contact: str | None
    share: Share
    days: tuple[DayTogether, ...]
    either_way: bool


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One case of the chain: how deep below the first, by whom infected (None: unknown).

    ``day`` is that of its onset, or of its test where no onset is known (``by_test``), since 1970.
    """

    case_id: str
    depth: int
    infector: str | None
    probability: Share
    day: int
    by_test: bool


@dataclass(frozen=True, slots=True)
class CaseChain:
    """Where a case stands among the cases that are linked with it."""

    observed: float
    unknown: Share
    candidates: tuple[Candidate, ...]
    rows: tuple[ChainRow, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Linked cases in the order of their dates, and what is kept of them."""

    files: tuple[Row[Any], ...]
    links: tuple[tuple[Row[Any], Link], ...]
    sources: tuple[Sources, ...]

    @property
    def place(self) -> dict[str, int]:
        """The place of each case."""
        return {row.id: place for place, row in enumerate(self.files)}


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of cases."""

    database: Database
    vault: Vault

    def of(self, case_id: str) -> CaseChain | None:
        """Return the chain of a case; None where no trace of it looked for one."""
        with self.database.read() as connection:
            c = case_source.c
            if connection.scalar(select(c.at).where(c.case_id == case_id)) is None:
                return None
            known = self._known(connection, case_id)
        own = known.place.get(case_id)
        if own is None:
            return None  # withdrawn or merged
        chains = [chain_of(weighed(known.sources, by)) for by in WEIGHED]
        return CaseChain(
            observed=known.sources[own].observed,
            unknown=_share([known.sources[own].unknown_share(by) for by in WEIGHED]),
            candidates=tuple(_candidates(known, own)),
            rows=tuple(rows_of(known, chains)),
        )

    def _known(self, connection: Connection, case_id: str) -> Known:
        rows = _component(connection, case_id)
        named = {case_id} | {one for row in rows for one in (row.case_id, row.other)}
        files = _files(connection, named)
        place = {row.id: at for at, row in enumerate(files)}
        links = []
        for row in rows:
            if row.case_id in place and row.other in place:
                try:
                    link = link_from(
                        row, place[row.other], place[row.case_id], self.vault.unseal_case
                    )
                except GoneError:
                    continue  # erased since
                links.append((row, link))
        return Known(files, tuple(links), _sources(connection, files, [one for _, one in links]))


def _component(connection: Connection, case_id: str) -> list[Row[Any]]:
    """Return the links of all cases that hang together with one, the nearest first."""
    c, found = case_link.c, dict[tuple[str, str], Any]()
    reached, newest = {case_id}, {case_id}
    while newest and len(reached) < LARGEST:
        near = sorted(newest)
        rows = connection.execute(
            select(case_link).where(or_(c.case_id.in_(near), c.other.in_(near)))
        ).all()
        found |= {(row.case_id, row.other): row for row in rows}
        newest = {one for row in rows for one in (row.case_id, row.other)} - reached
        reached |= newest
    return [found[key] for key in sorted(found)]


def _files(connection: Connection, named: set[str]) -> tuple[Row[Any], ...]:
    """Return the cases that stand, in the order of their dates."""
    c = case_file.c
    rows = connection.execute(
        select(c.id, c.onset_day, c.test_day).where(
            c.id.in_(sorted(named)),
            c.state != "withdrawn",
            c.id.not_in(select(case_merge.c.merged)),
        )
    )
    by_name: dict[str, Any] = {row.id: row for row in rows}
    cases = in_order(case_of(row.id, row.onset_day, row.test_day) for row in by_name.values())
    return tuple(by_name[case.participant] for case in cases)


def _sources(
    connection: Connection, files: Sequence[Row[Any]], links: Sequence[Link]
) -> tuple[Sources, ...]:
    c = case_source.c
    rows = connection.execute(select(case_source).where(c.case_id.in_([row.id for row in files])))
    observed = {row.case_id: row.observed for row in rows}
    made = []
    for place, row in enumerate(files):
        own = sorted(
            (one for one in links if one.infectee == place),
            key=lambda link: (-link.weight, -link.minutes, link.infector),
        )
        seen = observed.get(row.id, 0.0)  # not traced yet: nothing is known of their days
        made.append(Sources(place, tuple(own), unknown_weight(seen, UNKNOWN_MINUTES), seen))
    return tuple(made)


def weighed(sources: Sequence[Sources], by: float) -> list[Sources]:
    """Return sources with the unknown one weighed by a factor."""
    return [replace(one, unknown=one.unknown * by) for one in sources]


def _share(values: Sequence[float]) -> Share:
    value, *others = values
    return Share(value, min(value, *others), max(value, *others))


def _candidates(known: Known, own: int) -> list[Candidate]:
    source = known.sources[own]
    each = [replace(source, unknown=source.unknown * by) for by in WEIGHED]
    contacts = {(link.infector, link.infectee): row.contact for row, link in known.links}
    back = {link.infectee: link.weight for _, link in known.links if link.infector == own}
    return [
        Candidate(
            case_id=known.files[link.infector].id,
            contact=contacts.get((link.infector, own)),
            share=_share([one.share(link) for one in each]),
            days=link.days,
            either_way=link.weight > 0 and back.get(link.infector, 0.0) >= _AS_LIKELY * link.weight,
        )
        for link in source.links
    ]


def rows_of(known: Known, chains: Sequence[Chain]) -> list[ChainRow]:
    """Return the most probable tree, each case below its source."""
    tree = chains[0].tree
    below: Mapping[int | None, list[int]] = {
        source: [at for at, one in enumerate(tree) if one == source] for source in {*tree, None}
    }
    rows, waiting = [], [(at, 0) for at in reversed(below[None])]
    while waiting:
        at, depth = waiting.pop()
        rows.append(_row(known, chains, at, depth))
        waiting += [(one, depth + 1) for one in reversed(below.get(at, []))]
    return rows


def _row(known: Known, chains: Sequence[Chain], at: int, depth: int) -> ChainRow:
    source, file = chains[0].tree[at], known.files[at]
    return ChainRow(
        case_id=file.id,
        depth=depth,
        infector=None if source is None else known.files[source].id,
        probability=_share([_probability(chain, source, at) for chain in chains]),
        day=file.test_day if file.onset_day is None else file.onset_day,
        by_test=file.onset_day is None,
    )


def _probability(chain: Chain, source: int | None, at: int) -> float:
    if source is None:
        return chain.unknown[at]
    return next(
        (
            one.probability
            for one in chain.links
            if (one.link.infector, one.link.infectee) == (source, at)
        ),
        0.0,
    )
