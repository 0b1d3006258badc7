"""What other rooms write in English is said in the language of the page, with the same figures."""

from __future__ import annotations

import ast
import io
import re
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.office_rich import MANY, near_documents

import fortnight
from fortnight.case.exposures import Exposure, may_tell
from fortnight.case.state import State, Step, after
from fortnight.contact.calibration import FACE_TO_FACE, WITHIN_RADIUS
from fortnight.contact.weighing import BY_BLUETOOTH
from fortnight.errors import ConflictError
from fortnight.exchange.intake import Progress
from fortnight.report import wording
from fortnight.report.document import Interval, TogetherDocument, VisitDocument
from fortnight.report.explain import explain
from fortnight.report.local_time import local_clock
from fortnight.risk import dates
from fortnight.risk.disease import diseases, load_disease
from fortnight.risk.explanation import curve_words, transmission_words
from fortnight.risk.kinds import KINDS
from fortnight.risk.tiers import NO_TIER, reason
from fortnight.web.office.drawings import ms_of
from fortnight.web.office.explanation import explained
from fortnight.web.office.language import Speech
from fortnight.web.office.retell import retell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.report.document import ContactDocument

ROOT: Final = Path(fortnight.__file__).parent
BEHIND_PAGES: Final = (
    "case/*.py", "exchange/intake*.py", "exchange/exports.py", "vault/cases.py", "vault/door.py",
    "vault/numbers.py", "vault/people_sqlite.py", "vault/reading.py", "staff/*.py",
    "followup/*.py", "isolation/*.py",
    "web/office/*.py", "web/problems.py", "web/bodies.py", "arrivals/operator_accounts.py",
)  # fmt: skip
"""Rooms whose words can come to a page."""
ERRORS: Final = frozenset(
    {"RefusedError", "ConflictError", "QuestionError", "GoneError", "InputError", "RowError"}
)
LATIN: Final = re.compile(r"[A-Za-z]{2,}")
RUSSIAN: Final = Speech("ru", "UTC")
NAMES: Final = frozenset({"Bluetooth", "COVID", "Ferretti", "et", "al"})


def _constants(module: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in module.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value:
            text = _text(one.value, found)
            if text is not None:
                found[one.target.id] = text
    return found


def _text(node: ast.expr, known: dict[str, str]) -> str | None:
    """Return what is written there, with 7 for each figure; None for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part, known) for part in node.values)
    return None


def _part(part: ast.expr, known: dict[str, str]) -> str:
    if isinstance(part, ast.FormattedValue):
        return _text(part.value, known) or "7"
    return str(part.value) if isinstance(part, ast.Constant) else "7"


def sentences() -> Iterator[tuple[str, str]]:
    """Yield every sentence that a room behind the pages can refuse with, and where it is."""
    for pattern in BEHIND_PAGES:
        for path in sorted(ROOT.glob(pattern)):
            module = ast.parse(path.read_text(encoding="utf-8"))
            known = _constants(module)
            for node in ast.walk(module):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    named = node.func.id
                    place = {"ProblemError": 1}.get(named, 0 if named in ERRORS else None)
                    if place is not None and len(node.args) > place:
                        text = _text(node.args[place], known)
                        if text:
                            yield text, path.name


def test_every_refusal_of_a_room_behind_the_pages_is_said_in_russian() -> None:
    found = dict(sentences())
    assert len(found) > 100
    assert {text: where for text, where in found.items() if RUSSIAN.said(text) == text} == {}


def test_a_sentence_keeps_its_figures_and_nothing_is_taken_for_another() -> None:
    said = RUSSIAN.said("This case was sent 3 codes: no more are.")
    assert "3" in said
    assert "1\u00a0048\u00a0576" in RUSSIAN.said(_progress(1_048_575).warning or "")
    for strange in ("There is no way out of here today.", "Мария сказала", "{name}", "", "7"):
        assert retell(strange, "ru") == strange
        assert retell(strange, "en") == strange


def _progress(rows: int) -> Progress:
    return Progress("a", "b", 0, "done", rows, rows, 0)


def refused_steps() -> list[str]:
    """Return what is said of each step that cannot be taken in each state."""
    said = []
    for step, state in product(Step, State):
        try:
            after(state, step)
        except ConflictError as error:
            said.append(str(error))
    return said


def test_every_step_that_does_not_follow_says_so_in_russian() -> None:
    assert len(refused_steps()) > 10
    assert [text for text in refused_steps() if LATIN.search(RUSSIAN.said(text))] == []


def test_what_keeps_a_contact_from_being_told_is_said_in_russian() -> None:
    found = Exposure("c", 1, 1, 1, 30, "told", ("fixes",), ("upload",), late=False)
    assert not LATIN.search(RUSSIAN.said(may_tell(found) or "no reason"))


def _plain(text: str) -> set[str]:
    return {word for word in LATIN.findall(text) if word not in NAMES}


@pytest.mark.parametrize("name", diseases())
def test_everything_that_the_rules_of_a_disease_say_is_said_in_russian(name: str) -> None:
    disease = load_disease(name)
    said = {dates.testing_words(disease.testing), *disease.contact.asks}
    said |= {curve_words(disease, "onset"), curve_words(disease, "test")}
    for kinds in (0, *KINDS.values()):
        said.add(transmission_words(disease, kinds))
        for code in range(NO_TIER, 5):
            said |= {reason(disease, code, minutes, kinds) for minutes in (1.0, 2_000.0)}
    if disease.immunity is not None:
        first = date(2026, 3, 1)
        said |= {one.remedy for one in dates.deadlines(disease.immunity, first, None)}
        said.add(disease.immunity.question)
    assert {text: RUSSIAN.said(text) for text in said if _plain(RUSSIAN.said(text))} == {}


def test_the_sentences_are_whole_and_filled_with_what_they_are_filled_with_in_english() -> None:
    path = ROOT / "web" / "locale" / "ru" / "said" / "sentences.po"
    places = re.compile(r"\{\w+\}")
    for one in read_po(io.BytesIO(path.read_bytes()), locale="ru"):
        if one.id:
            assert one.string, one.id
            missing = set(places.findall(str(one.string))) - set(places.findall(str(one.id)))
            assert missing == set(), one.id


# -- explanations --------------------------------------------------------------------------------


class AsTheLibrary(Speech):
    """Says lengths, shares and periods as the library does."""

    def spent(self, minutes: float) -> str:
        return wording.spent(minutes)

    def share(self, value: float) -> str:
        return wording.share(value)

    def number(self, number: float) -> str:
        return f"{number:,}"

    def period(self, start: int, end: int) -> str:
        return local_clock("UTC").period(iso(start), iso(end))


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat()


BASE: Final = near_documents(1)[0]
START: Final = ms_of(BASE.first)
_minutes = st.sampled_from([0.0, 0.4, 1.0, 12.0, 95.0])
_times = st.integers(0, 5).map(lambda hours: iso(START + hours * 3_600_000))
_visits = st.builds(
    VisitDocument,
    venue=st.just("Venue"),
    room=st.sampled_from([None, "Room"]),
    start=_times,
    end=st.just(iso(START + 6 * 3_600_000)),
    presumed=st.booleans(),
)
_gaps = st.builds(Interval, start=_times, end=st.just(iso(START + 6 * 3_600_000)))
_together = st.builds(
    TogetherDocument,
    evidence=st.lists(
        st.sampled_from(["fixes", "bluetooth", "sensor", "visit", "visit-room", "ties"]),
        unique=True,
    ),
    minutes=_minutes,
    minutes_24h=_minutes,
    low=_minutes,
    high=_minutes,
    heard_minutes=_minutes,
    face_minutes=_minutes,
    visit_minutes=_minutes,
    linger_minutes=_minutes,
    same_room=st.sampled_from([None, BY_BLUETOOTH, "check-in"]),
    visits=st.lists(_visits, max_size=4),
)


@st.composite
def contacts(draw: st.DrawFn) -> ContactDocument:
    """Draw a contact as any evidence might speak for them."""
    return replace(
        BASE,
        last=iso(START + 8 * 3_600_000),
        together=draw(_together),
        gaps=draw(st.lists(_gaps, max_size=4)),
        probability_contact=draw(st.sampled_from([None, 0.001, 0.4, 0.999])),
        probability_contact_of=draw(st.sampled_from([FACE_TO_FACE, WITHIN_RADIUS])),
    )


@given(contacts())
def test_told_anew_in_english_an_explanation_is_the_librarys_own(contact: ContactDocument) -> None:
    ours = explained(contact, AsTheLibrary("en", "UTC"))
    theirs = explain(
        contact.together,
        contact.probability_contact,
        contact.probability_contact_of,
        [gap for gap in contact.gaps if gap.end > contact.first],
        local_clock("UTC"),
    )
    assert ours == theirs


@given(contacts())
def test_told_anew_in_russian_no_english_word_remains(contact: ContactDocument) -> None:
    told = explained(contact, RUSSIAN)
    words = LATIN.findall(f"{told.participant} {told.epidemiologist}")
    assert set(words) <= {"Bluetooth", "Venue", "Room"}


def test_the_contacts_of_a_town_are_explained_in_russian() -> None:
    for contact in near_documents(MANY):
        assert RUSSIAN.said(contact.assessment.tier_reason) != contact.assessment.tier_reason
