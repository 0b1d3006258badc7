"""What is exported of cases and contacts: numbers of one case alone, days, decisions. No track.

No position, place or time of day is among it, and no name or number of anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortnight.case.decision_rows import Decision
    from fortnight.case.exposures import Exposure
    from fortnight.case.files import CaseFile

Cell: TypeAlias = str | int | None

CONTACT_COLUMNS: Final = (
    "case",
    "contact",
    "source",
    "rank",
    "first_day",
    "last_day",
    "minutes",
    "tier",
    "evidence",
    "origins",
    "late_evidence",
    "setting",
    "decision",
    "reason",
    "decided_at",
    "second_person",
)
CASE_COLUMNS: Final = (
    "case",
    "state",
    "disease",
    "enrolled",
    "onset_day",
    "test_day",
    "opened_at",
    "agreed_at",
    "follow_up_end_day",
    "contacts",
    "told",
    "dismissed",
    "undecided",
)
_EPOCH: Final = date(1970, 1, 1)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be written in any format: its name, its columns, its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Interviewed:
    """A contact whom the case named, as far as it is exported.

    Attributes
    ----------
    merged_with : str or None
        The measured contact who is the same person: they are one row.
    """

    contact: str
    first_day: int
    last_day: int
    setting: str
    merged_with: str | None


@dataclass(frozen=True, slots=True)
class CaseParts:
    """A case and what is exported with it; ``decisions`` are those that stand, by contact."""

    case: CaseFile
    measured: Sequence[Exposure]
    interviewed: Sequence[Interviewed]
    decisions: Mapping[str, Decision]


def contacts_table(parts: Iterable[CaseParts]) -> Table:
    """Return the contacts of cases, one row each, those whom a case named after its measured."""
    rows = [row for one in parts for row in _contacts_of(one)]
    return Table("contacts", CONTACT_COLUMNS, tuple(rows))


def cases_table(parts: Iterable[CaseParts]) -> Table:
    """Return cases, one row each, with how many of their contacts were decided about."""
    return Table("cases", CASE_COLUMNS, tuple(_case_row(one) for one in parts))


def _contacts_of(parts: CaseParts) -> list[tuple[Cell, ...]]:
    case_id = parts.case.id
    named = {one.merged_with: one for one in parts.interviewed if one.merged_with is not None}
    measured = {one.contact for one in parts.measured}
    rows: list[tuple[Cell, ...]] = []
    for one in parts.measured:
        also = named.get(one.contact)
        rows.append(
            (
                case_id,
                one.contact,
                "trace" if also is None else "trace and interview",
                one.rank,
                _day(one.first_day),
                _day(one.last_day),
                one.minutes,
                one.tier,
                " ".join(one.kinds),
                " ".join(one.origins),
                _yes(one.late),
                None if also is None else also.setting,
                *_decided(parts.decisions, one.contact, also),
            )
        )
    rows.extend(
        (
            case_id,
            one.contact,
            "interview",
            None,
            _day(one.first_day),
            _day(one.last_day),
            None,
            None,
            None,
            None,
            None,
            one.setting,
            *_decided(parts.decisions, one.contact, None),
        )
        for one in parts.interviewed
        if one.merged_with not in measured
    )
    return rows


def _decided(
    decisions: Mapping[str, Decision], contact: str, also: Interviewed | None
) -> tuple[Cell, ...]:
    made = decisions.get(contact) or (decisions.get(also.contact) if also else None)
    if made is None:
        return (None, None, None, None)
    second = "waited for" if made.is_waiting else ("agreed" if made.second_by else None)
    return (made.kind, clean(made.reason), _instant(made.at), second)


def _case_row(parts: CaseParts) -> tuple[Cell, ...]:
    case = parts.case
    rows = _contacts_of(parts)
    decided = [row[CONTACT_COLUMNS.index("decision")] for row in rows]
    return (
        case.id,
        str(case.state),
        case.disease,
        _yes(case.enrolled),
        _day(case.onset_day),
        _day(case.test_day),
        _instant(case.opened_at),
        _instant(case.agreed_at),
        _day(case.follow_up_end_day),
        len(rows),
        decided.count("tell"),
        decided.count("dismiss"),
        decided.count(None),
    )


def clean(text: str) -> str:
    """Return a text without control characters, which not every format can hold."""
    return _CONTROLS.sub(" ", text)


def _day(day: int | None) -> str | None:
    return None if day is None else (_EPOCH + timedelta(days=day)).isoformat()


def _instant(at: int | None) -> str | None:
    """Return an instant in ISO 8601, to the minute, UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _yes(truth: bool) -> str:  # noqa: FBT001 - turns just that, a truth, into its word
    return "yes" if truth else "no"
