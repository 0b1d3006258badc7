"""The language of the office's pages: every string in every language, and how days are said."""

from __future__ import annotations

import io
import re
from typing import Final

import pytest
from babel.messages.pofile import read_po
from tests.unit.office_words import WEB, strings

from fortnight.case.cases import NOT_SAID
from fortnight.web.office import words
from fortnight.web.office.language import LANGUAGES, Speech, language_of, translations

_PLACE: Final = re.compile(r"%\(\w+\)s|\{\w+\}")
_FORMS: Final = 3
NOON: Final = 1_772_366_400_000  # 2026-03-01 12:00 UTC


def _held() -> dict[str | tuple[str, ...], tuple[str, ...]]:
    found: dict[str | tuple[str, ...], tuple[str, ...]] = {}
    for file in sorted((WEB / "locale" / "ru").glob("*.po")):
        for message in read_po(io.BytesIO(file.read_bytes()), locale="ru"):
            if message.id:
                key = message.id if isinstance(message.id, str) else tuple(message.id)
                said = (message.string,) if isinstance(message.string, str) else message.string
                found[key] = tuple(said or ("",))
    return found


def test_every_string_has_russian_words_in_each_plural_form() -> None:
    held = _held()
    missing = {said: where for said, where in strings().items() if not all(held.get(said, ("",)))}
    assert missing == {}
    short = [said for said, forms in held.items() if not isinstance(said, str) if len(forms) != 3]
    assert short == []


def test_no_translation_lacks_what_the_string_is_filled_with() -> None:
    for said, forms in _held().items():
        places = set(_PLACE.findall(said if isinstance(said, str) else said[1]))
        assert all(set(_PLACE.findall(form)) == places for form in forms), said


def test_words_that_are_said_where_something_cannot_be_done_are_translated() -> None:
    assert NOT_SAID in words.ERRORS
    assert translations("ru").gettext(NOT_SAID) != NOT_SAID


@pytest.mark.parametrize(
    ("chosen", "accepted", "spoken"),
    [
        (None, "", "en"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "de,fr;q=0.9", "en"),
        (None, "en;q=0.4,ru;q=0.6", "ru"),
        ("ru", "en", "ru"),
        ("xx", "ru", "ru"),
        (None, "ru;q=nonsense", "ru"),
        (None, ";;;,,q=", "en"),
    ],
)
def test_the_cookie_counts_first_then_what_the_browser_wants_most(
    chosen: str | None, accepted: str, spoken: str
) -> None:
    assert language_of(chosen, accepted) == spoken


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1 звонок"), (2, "2 звонка"), (5, "5 звонков"), (11, "11 звонков"), (21, "21 звонок")],
)
def test_russian_numbers_take_their_own_plural(number: int, said: str) -> None:
    speech = Speech("ru", "UTC")
    form = speech.ngettext("%(count)s call", "%(count)s calls", number)
    assert form % {"count": number} == said


def test_days_and_times_are_local_and_in_the_language() -> None:
    english, russian = Speech("en", "Europe/Riga"), Speech("ru", "Europe/Riga")
    assert english.moment(NOON) == "Sun 1 Mar, 14:00"
    assert russian.moment(NOON).endswith("14:00")
    assert "мар" in russian.moment(NOON)
    assert english.period(NOON, NOON + 3_600_000) == "Sun 1 Mar, 14:00 \u2013 15:00"


def test_lengths_are_whole_minutes_and_never_nothing_where_there_was_something() -> None:
    speech = Speech("en", "UTC")
    said = [speech.spent(minutes) for minutes in (0, 0.2, 5, 60, 125.4)]
    assert [text.replace("\u00a0", " ") for text in said] == [
        "0 min",
        "<1 min",
        "5 min",
        "1 h",
        "2 h 5 min",
    ]


def test_no_share_is_said_to_be_certain_that_is_not() -> None:
    speech = Speech("en", "UTC")
    assert speech.share(0.999).startswith(">99")
    assert speech.share(0.001).startswith("<1")
    assert speech.share(1.0).startswith("100")


def test_each_language_names_itself() -> None:
    assert LANGUAGES == {"en": "English", "ru": "Русский"}
