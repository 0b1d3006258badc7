"""From what was weighed to the documents of `fortnight source`, `chain` and `places`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.contact.confirmed import link_of
from fortnight.contact.onward import days_since
from fortnight.contact.timing import dated
from fortnight.contact.window import local_date, zone_of
from fortnight.report.assemble import inputs_document
from fortnight.report.document import CONSENT_NOTICE
from fortnight.report.instants import instant
from fortnight.report.outbreak_documents import (
    CHAIN_SCHEMA,
    PLACES_SCHEMA,
    SOURCE_SCHEMA,
    AskedDocument,
    CandidateDocument,
    CaseRow,
    ChainDocument,
    DayDocument,
    LinkDocument,
    PlacesDocument,
    PlaceTimeDocument,
    RefusedCaseDocument,
    SharedPlaceDocument,
    SourceDocument,
    TreeRow,
    UnknownDocument,
)
from fortnight.report.reasons import EITHER_WAY, link_reasons, place_reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from fortnight.contact.chains import Chain, ChainLink
    from fortnight.contact.confirmed import Link
    from fortnight.contact.onward import PlaceTime
    from fortnight.contact.sources import SharedPlace, Sources
    from fortnight.contact.timing import Timing
    from fortnight.contact.together import LookBack
    from fortnight.contact.trace import Case, Question
    from fortnight.evidence.schema import InputReport

LEAST_PROBABILITY: Final = 0.01
"""Links below this are counted, not listed, unless they are in the tree."""

_THIRD: Final = 1 / 3
_THREEFOLD: Final = 3.0
_AS_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about confirmed cases: they in order, what was refused, and what was read."""

    question: Question
    cases: tuple[Case, ...]
    timing: Timing
    unknown_minutes: float
    refused: tuple[RefusedCaseDocument, ...] = ()
    inputs: tuple[InputReport, ...] = ()

    @property
    def days(self) -> int:
        """Days before onset that are looked at."""
        asked = self.question
        return -asked.disease.look_back.first_day if asked.days is None else asked.days

    def document(self) -> AskedDocument:
        """Return the question as it stands in every document."""
        disease, parameters = self.question.disease, self.question.parameters
        return AskedDocument(
            disease=disease.id,
            disease_name=disease.name,
            disease_version=disease.version,
            timezone=self.question.timezone,
            days=self.days,
            radius_m=parameters.radius_m,
            parameters_version=parameters.version,
        )


def case_row(case: Case, number: int, *, evidence: bool, observed: float | None) -> CaseRow:
    """Return a case by its number, counted from 1."""
    return CaseRow(
        case=number + 1,
        onset=case.anchor.isoformat(),
        dated_by="onset" if case.onset else "test",
        has_evidence=evidence,
        observed=None if observed is None else round(observed, 4),
    )


def source_document(
    asked: Asked,
    looked: LookBack,
    sources: Sources,
    places: Sequence[SharedPlace],
    with_evidence: Sequence[bool],
) -> SourceDocument:
    """Return where a case was probably infected, as a document."""
    rows = [
        case_row(case, k, evidence=with_evidence[k], observed=None)
        for k, case in enumerate(asked.cases)
    ]
    number = sources.infectee
    own = case_row(
        asked.cases[number], number, evidence=looked.has_evidence, observed=sources.observed
    )
    last = asked.cases[number].anchor
    return SourceDocument(
        schema=SOURCE_SCHEMA,
        notice=CONSENT_NOTICE,
        case=own,
        asked=asked.document(),
        first_day=min(looked.observed, default=last).isoformat(),
        last_day=last.isoformat(),
        unknown=_unknown(sources, asked.unknown_minutes),
        candidates=[
            _candidate(rank, link, asked, looked, sources)
            for rank, link in enumerate(sources.links, start=1)
        ],
        places=[_shared_place(place, own, asked.question.timezone) for place in places],
        cases=rows,
        cases_not_met=len(rows) - 1 - len(sources.links),
        cases_refused=list(asked.refused),
        inputs=inputs_document(asked.inputs),
    )


def _unknown(sources: Sources, minutes: float) -> UnknownDocument:
    return UnknownDocument(
        share=round(sources.unknown_share(), 4),
        low=round(sources.unknown_share(_THIRD), 4),
        high=round(sources.unknown_share(_THREEFOLD), 4),
        minutes_a_day=minutes,
        weight=round(sources.unknown, 4),
    )


def _candidate(
    rank: int, link: Link, asked: Asked, looked: LookBack, sources: Sources
) -> CandidateDocument:
    days = _days(link)
    other = link.infector
    dates = [dated(case) for case in asked.cases]
    shared = [part for part in looked.shared if part.other == other]
    back = link_of(sources.infectee, other, dates, shared, asked.timing)
    either_way = link.weight > 0 and back.weight >= _AS_LIKELY * link.weight
    infectee, infector = (
        case_row(asked.cases[k], k, evidence=True, observed=None) for k in (link.infectee, other)
    )
    reasons = link_reasons(days, infectee, infector, link.presumed_minutes)
    return CandidateDocument(
        rank=rank,
        case=other + 1,
        share=round(sources.share(link), 4),
        expected_minutes=round(link.minutes, 4),
        presumed_minutes=round(link.presumed_minutes, 4),
        weight=round(link.weight, 4),
        either_way=either_way,
        days=days,
        reasons=[*reasons, EITHER_WAY] if either_way else reasons,
    )


def _days(link: Link) -> list[DayDocument]:
    return [
        DayDocument(
            day=day.day.isoformat(),
            expected_minutes=round(day.minutes, 4),
            places=day.places,
            days_before_onset=day.before,
            days_since_other_onset=day.since,
            incubation=round(day.incubation, 4),
            infectiousness=round(day.infectiousness, 4),
            weight=round(day.weight, 4),
        )
        for day in link.days
    ]


def _shared_place(place: SharedPlace, case: CaseRow, timezone: str) -> SharedPlaceDocument:
    others = [other + 1 for other in place.others]
    first_day = local_date(place.start, zone_of(timezone))
    return SharedPlaceDocument(
        lon=place.lon,
        lat=place.lat,
        start=instant(place.start),
        end=instant(place.end),
        cases=others,
        expected_minutes=round(place.minutes, 4),
        weight=round(place.weight, 4),
        reason=place_reason(others, place.minutes, first_day, case),
    )


def chain_document(
    asked: Asked,
    chain: Chain,
    with_evidence: Sequence[bool],
    contacts_of_contacts: int | None,
) -> ChainDocument:
    """Return a chain as a document."""
    rows = [
        case_row(case, k, evidence=with_evidence[k], observed=chain.observed[k])
        for k, case in enumerate(asked.cases)
    ]
    in_tree = {(source, k) for k, source in enumerate(chain.tree)}
    listed = [one for one in chain.links if _is_listed(one, in_tree)]
    return ChainDocument(
        schema=CHAIN_SCHEMA,
        notice=CONSENT_NOTICE,
        asked=asked.document(),
        unknown_minutes_a_day=asked.unknown_minutes,
        cases=rows,
        tree=_tree(chain),
        tree_probability=float(f"{chain.tree_probability:.4g}"),  # may be tiny, and is never 0
        links=[_link(one, rows, in_tree) for one in listed],
        links_not_listed=len(chain.links) - len(listed),
        contacts_of_contacts=contacts_of_contacts,
        cases_refused=list(asked.refused),
        inputs=inputs_document(asked.inputs),
    )


def _is_listed(one: ChainLink, in_tree: set[tuple[int | None, int]]) -> bool:
    link = one.link
    return one.probability >= LEAST_PROBABILITY or (link.infector, link.infectee) in in_tree


def _tree(chain: Chain) -> list[TreeRow]:
    probability = {(one.link.infector, one.link.infectee): one.probability for one in chain.links}
    return [
        TreeRow(
            case=k + 1,
            infector=None if source is None else source + 1,
            probability=round(chain.unknown[k] if source is None else probability[source, k], 4),
            unknown=round(chain.unknown[k], 4),
        )
        for k, source in enumerate(chain.tree)
    ]


def _link(
    one: ChainLink, rows: Sequence[CaseRow], in_tree: set[tuple[int | None, int]]
) -> LinkDocument:
    link, days = one.link, _days(one.link)
    infector, infectee = rows[link.infector], rows[link.infectee]
    return LinkDocument(
        infector=infector.case,
        infectee=infectee.case,
        probability=round(one.probability, 4),
        share=round(one.share, 4),
        expected_minutes=round(link.minutes, 4),
        onset_days_apart=link.days[0].before + link.days[0].since,
        in_tree=(link.infector, link.infectee) in in_tree,
        days=days,
        reasons=link_reasons(days, infectee, infector, link.presumed_minutes),
    )


def places_document(
    asked: Asked, found: Sequence[PlaceTime], min_exposures: int, as_of: date
) -> PlacesDocument:
    """Return place-times as a document: those with enough exposures, the rest counted."""
    listed = [place for place in found if place.exposures >= min_exposures]
    return PlacesDocument(
        schema=PLACES_SCHEMA,
        notice=CONSENT_NOTICE,
        asked=asked.document(),
        as_of=as_of.isoformat(),
        min_exposures=min_exposures,
        cases=len(asked.cases),
        places=[
            PlaceTimeDocument(
                rank=rank,
                lon=place.lon,
                lat=place.lat,
                start=instant(place.start),
                end=instant(place.end),
                cases=place.cases,
                contacts=place.contacts,
                exposures=place.exposures,
                expected_minutes=place.minutes,
                days_since=days_since(place.end, as_of, asked.question.timezone),
            )
            for rank, place in enumerate(listed, start=1)
        ],
        places_not_listed=len(found) - len(listed),
        cases_refused=list(asked.refused),
        inputs=inputs_document(asked.inputs),
    )
