"""A trace as CSV in which no cell can run as a formula.

Spreadsheets run a cell that begins with ``= + - @``, a tab or a line break, also in the
full-width forms of East Asian keyboards, and they may split a cell where we see one: at a
semicolon, a tab, a quote. OWASP's rule (CSV Injection) is followed for every text: an
apostrophe goes before each such character, at the start and after anything that may be taken
for a separator. Numbers come from floats, never from text, so ``-1.5`` stays a number.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeAlias

from fortnight.report.follows import follows
from fortnight.report.wording import presumed_only, ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortnight.report.document import (
        AssessmentDocument,
        ContactDocument,
        EpisodeDocument,
        TogetherDocument,
        TraceDocument,
    )

    Cell: TypeAlias = str | float | None

# Of what all evidence says, and of what follows: names of the document, these without a list.
TOGETHER_COLUMNS: Final = (
    "evidence",
    "together_minutes",
    "together_minutes_24h",
    "likely_minutes_low",
    "likely_minutes_high",
    "heard_minutes",
    "face_minutes",
    "visit_minutes",
    "linger_minutes",
    "same_room",
)
ASSESSMENT_COLUMNS: Final = (
    "dose",
    "tier_reason",
    "first_exposure",
    "last_exposure",
    "test_day",
    "test_words",
    "follow_up_end",
    "stay_home_until",
    "not_immune_home_from",
    "not_immune_home_until",
)
PROBABILITY_COLUMNS: Final = (
    "transmission",
    "transmission_low",
    "transmission_high",
    "transmission_words",
)
CONTACT_COLUMNS: Final = (
    "case",
    "rank",
    "participant",
    "tier",
    "minutes",
    "minutes_forward",
    "minutes_back",
    "expected_minutes",
    "expected_minutes_forward",
    "expected_minutes_back",
    "expected_minutes_24h",
    "presumed_minutes",
    "presumed_only",
    "probability_near",
    "nearest_m",
    "first",
    "last",
    "coverage",
    "unobserved_minutes",
    "weight",
    "episodes",
    "follows",
    "probability_contact",
    "probability_contact_of",
    *TOGETHER_COLUMNS,
    "visits",
    *ASSESSMENT_COLUMNS,
    *PROBABILITY_COLUMNS,
    "questions",
    "deadlines",
    "explanation",
)
TIE_COLUMNS: Final = (
    "case",
    "participant",
    "days",
    "calls_out",
    "calls_in",
    "messages_out",
    "messages_in",
    "call_minutes",
)
EPISODE_COLUMNS: Final = (
    "case",
    "participant",
    "start",
    "end",
    "minutes",
    "expected_minutes",
    "distance_m",
    "probability_near",
    "presumed",
    "window",
    "lon",
    "lat",
)

_STARTERS: Final = frozenset("=+-@\t\r\n")
# What a spreadsheet of some country, or one told to, takes for the edge of a cell.
_EDGE: Final = re.compile(r"""([,;|"\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+)""")
# White space and marks without width are trimmed by some readers before they look.
_UNSEEN: Final = frozenset("CZ")  # general categories: other, separator


def contacts_csv(document: TraceDocument) -> str:
    r"""Return one row a contact, in rank order; lines end in ``\r\n`` (RFC 4180).

    The heading of the last column is the consent notice and its cells are empty: so it stands
    in the first line, also where no contact was found, and programs read past it.
    """
    rows = (
        _contact_row(document.case.participant, rank, contact)
        for rank, contact in enumerate(ranked(document), start=1)
    )
    return _write((*CONTACT_COLUMNS, document.notice), rows)


def episodes_csv(document: TraceDocument) -> str:
    """Return one row an episode, contacts in rank order; otherwise as `contacts_csv`."""
    rows = (
        _episode_row(document.case.participant, contact.participant, episode)
        for contact in ranked(document)
        for episode in contact.episodes
    )
    return _write((*EPISODE_COLUMNS, document.notice), rows)


def ties_csv(document: TraceDocument) -> str:
    """Return one row for each in constant contact with the case; otherwise as `contacts_csv`."""
    rows = (
        [document.case.participant, *(getattr(tie, name) for name in TIE_COLUMNS[1:])]
        for tie in document.ties
    )
    return _write((*TIE_COLUMNS, document.notice), rows)


def harmless(text: str) -> str:
    """Return text that no spreadsheet runs, whole or cut at any separator."""
    pieces = _EDGE.split(text)  # every second piece is the edge itself
    pieces[::2] = [_guarded(piece) for piece in pieces[::2]]
    return _guarded("".join(pieces))


def _guarded(text: str) -> str:
    return f"'{text}" if _runs(text) else text


def _runs(text: str) -> bool:
    for character in text:
        if unicodedata.normalize("NFKC", character)[:1] in _STARTERS:
            return True
        if unicodedata.category(character)[0] not in _UNSEEN:
            return False
    return False


def _contact_row(case: str, rank: int, contact: ContactDocument) -> list[Cell]:
    row: dict[str, Cell] = {
        "case": case,
        "rank": rank,
        "presumed_only": _word(presumed_only(contact)),
        "episodes": len(contact.episodes),
        "follows": follows(contact),
        "explanation": contact.explanation.epidemiologist,
        **_together(contact.together),
        **_assessed(contact.assessment),
    }
    return [row[name] if name in row else getattr(contact, name) for name in CONTACT_COLUMNS]


def _together(together: TogetherDocument) -> dict[str, Cell]:
    """Return what all evidence says, under the names of the library's own table."""
    return {
        "evidence": " ".join(together.evidence),
        "together_minutes": together.minutes,
        "together_minutes_24h": together.minutes_24h,
        "likely_minutes_low": together.low,
        "likely_minutes_high": together.high,
        "heard_minutes": together.heard_minutes,
        "face_minutes": together.face_minutes,
        "visit_minutes": together.visit_minutes,
        "linger_minutes": together.linger_minutes,
        "same_room": together.same_room,
        "visits": len(together.visits),
    }


def _assessed(assessed: AssessmentDocument) -> dict[str, Cell]:
    chance = assessed.transmission
    return {
        **{name: getattr(assessed, name) for name in ASSESSMENT_COLUMNS},
        "transmission": chance and chance.value,
        "transmission_low": chance and chance.low,
        "transmission_high": chance and chance.high,
        "transmission_words": assessed.transmission_words,
        "questions": " ".join(assessed.questions),
        "deadlines": ", ".join(f"{one.remedy} by {one.by}" for one in assessed.deadlines),
    }


def _episode_row(case: str, participant: str, episode: EpisodeDocument) -> list[Cell]:
    row: dict[str, Cell] = {
        "case": case,
        "participant": participant,
        "presumed": _word(episode.presumed),
    }
    return [row[name] if name in row else getattr(episode, name) for name in EPISODE_COLUMNS]


def _word(truth: bool) -> str:  # noqa: FBT001 - turns just that, a truth, into its word
    return "true" if truth else "false"


def _write(heading: Sequence[str], rows: Iterable[list[Cell]]) -> str:
    text = io.StringIO()
    # Every text is quoted, so that a semicolon in it is no edge where semicolons divide cells.
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in heading])
    width = len(heading)
    for row in rows:
        cells = [_cell(value) for value in row]
        writer.writerow(cells + [""] * (width - len(cells)))
    return text.getvalue()


def _cell(value: Cell) -> Cell:
    if isinstance(value, str):
        return harmless(value)
    if value is None or not math.isfinite(value):
        return ""
    return value
