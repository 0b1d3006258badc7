"""Numbers over all cases, without anybody's data: days, durations, counts and shares."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, literal, select

from fortnight.db.office_tables import case_merge, decision
from fortnight.db.tables import case_file, exposure, trace_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row, Select

    from fortnight.db.engine import Database

CURVE_DAYS: Final = 60
_DAY_MS: Final = 86_400_000
_P90: Final = 0.9


@dataclass(frozen=True, slots=True)
class DistrictNumbers:
    """What happened in one district.

    Durations are ms from the sample to the case's first decision; None where nothing is decided.
    ``contacts`` counts those that traces found; ``decided`` and ``told`` the decisions that stand
    and were carried out: one that waits for a second person is none yet.
    """

    district: str
    cases: int
    contacts: int
    decided: int
    told: int
    decision_median_ms: int | None
    decision_p90_ms: int | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """What happened, over all districts or in one.

    ``curve`` holds for each of the last 60 days (since 1970) the cases by onset, and by test;
    ``contacts_median`` is over the cases that were traced, those of which nobody was found too.
    """

    curve: tuple[tuple[int, int, int], ...]
    cases: int
    decision_median_ms: int | None
    decision_p90_ms: int | None
    contacts_median: float | None
    contacts_total: int
    decided: int
    told: int
    share_told: float | None
    by_district: tuple[DistrictNumbers, ...]


@dataclass(frozen=True, slots=True)
class _Counts:
    """By case: contacts found, those decided and told, and the instant of the first decision."""

    contacts: Mapping[str, int]  # of each case that was traced: nobody found is 0
    decided: Mapping[str, int]
    told: Mapping[str, int]
    first: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """Numbers over cases."""

    database: Database

    def numbers(self, district: str | None, now: int) -> Numbers:
        """Return the numbers of a district, or of all; withdrawn and merged cases do not count."""
        c = case_file.c
        query: Select[Any] = select(c.id, c.district, c.onset_day, c.test_day, c.sample_at).where(
            c.state != "withdrawn", c.id.not_in(select(case_merge.c.merged))
        )
        if district is not None:
            query = query.where(c.district == district)
        with self.database.read() as connection:
            cases = list(connection.execute(query))
            counts = _counts(connection)
        return _numbers(cases, counts, now // _DAY_MS)


def _counts(connection: Connection) -> _Counts:
    c = decision.c
    traced = select(trace_run.c.case_id, literal(0)).where(trace_run.c.state == "done").distinct()
    by_case = select(exposure.c.case_id, func.count()).group_by(exposure.c.case_id)
    carried_out = c.needs_second.is_(False) | c.second_by.is_not(None)
    decided = (
        select(c.case_id, func.count())
        .where(c.retracted_at.is_(None), carried_out)
        .group_by(c.case_id)
    )
    told = decided.where(c.kind == "tell")
    first = select(c.case_id, func.min(c.at)).group_by(c.case_id)
    found = [
        {row[0]: row[1] for row in connection.execute(query)}
        for query in (traced, by_case, decided, told, first)
    ]
    return _Counts(found[0] | found[1], *found[2:])


def _numbers(cases: Sequence[Row[Any]], counts: _Counts, today: int) -> Numbers:
    by_district: dict[str, list[Row[Any]]] = defaultdict(list)
    for case in cases:
        by_district[case.district].append(case)
    whole = _district("", cases, counts)
    per_case = [counts.contacts[case.id] for case in cases if case.id in counts.contacts]
    return Numbers(
        curve=_curve(cases, today),
        cases=whole.cases,
        decision_median_ms=whole.decision_median_ms,
        decision_p90_ms=whole.decision_p90_ms,
        contacts_median=median(per_case) if per_case else None,
        contacts_total=whole.contacts,
        decided=whole.decided,
        told=whole.told,
        share_told=whole.told / whole.decided if whole.decided else None,
        by_district=tuple(
            _district(name, own, counts) for name, own in sorted(by_district.items())
        ),
    )


def _district(name: str, cases: Sequence[Row[Any]], counts: _Counts) -> DistrictNumbers:
    took = sorted(
        counts.first[case.id] - case.sample_at for case in cases if case.id in counts.first
    )
    return DistrictNumbers(
        district=name,
        cases=len(cases),
        contacts=sum(counts.contacts.get(case.id, 0) for case in cases),
        decided=sum(counts.decided.get(case.id, 0) for case in cases),
        told=sum(counts.told.get(case.id, 0) for case in cases),
        decision_median_ms=round(median(took)) if took else None,
        decision_p90_ms=_nearest_rank(took, _P90) if took else None,
    )


def _nearest_rank(ordered: Sequence[int], share: float) -> int:
    """Return the smallest value that at least this share of all does not exceed."""
    return ordered[max(-(-len(ordered) * round(share * 100) // 100) - 1, 0)]


def _curve(cases: Iterable[Row[Any]], today: int) -> tuple[tuple[int, int, int], ...]:
    onsets, tests = Counter[int](), Counter[int]()
    for case in cases:
        tests[case.test_day] += 1
        if case.onset_day is not None:
            onsets[case.onset_day] += 1
    days = range(today - CURVE_DAYS + 1, today + 1)
    return tuple((day, onsets[day], tests[day]) for day in days)
