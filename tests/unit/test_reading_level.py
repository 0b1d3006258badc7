"""Whatever people read in the portal, or agree to, is as plain as the books of a sixth year."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from tests.reading import grade_en, grade_ru, sentences, syllables_en, words, words_a_sentence
from tests.unit.office_words import PORTAL, strings

from fortnight.consent.texts import current_text, every_text
from fortnight.followup import words as followed
from fortnight.notify.templates import Template, current
from fortnight.web.office.language import translations
from fortnight.web.portal.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRADES: Final[Mapping[str, Callable[[str], float]]] = {
    "en": grade_en,
    "ru": grade_ru,
    "ar": words_a_sentence,
}
MOST: Final[Mapping[str, float]] = {"en": 7, "ru": 7, "ar": 15}
"""A twelve-year-old is in the sixth or seventh year; of Arabic, words of a sentence."""
LONGEST: Final = 30
"""Words of one sentence of a page."""
SHORT: Final = 20
"""Words of a file below which the formulas say nothing: one long word is a grade."""
LABEL: Final = 4
"""A line with fewer words is a heading or a button: short by itself, it would hide what is long."""


@cache
def _pages(language: str) -> Mapping[str, str]:
    """Return what each file of the portal says, its sentences one below the other."""
    spoken = translations(language)
    found: dict[str, list[str]] = defaultdict(list)
    for said, where in strings(PORTAL).items():
        text = (
            spoken.gettext(said) if isinstance(said, str) else spoken.ngettext(said[0], said[1], 5)
        )
        if len(words(text)) >= LABEL:
            found[where].append(re.sub(r"%\(\w+\)s|\{\w+\}", "7", text))
    return {where: "\n".join(lines) for where, lines in found.items()}


def _followed(language: str) -> str:
    values = dict.fromkeys((*followed.DAYS, "days"), "7")
    said = [
        followed.say(section, word, language, {**values, "tier": "none"}.items())
        for section in ("numbers", "reasons", "release", "replies", "rescored", "reminder")
        for word in followed.known(section)
    ]
    return "\n".join(one for one in said if len(words(one)) >= LABEL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_reads_as_a_book_of_the_sixth_year(language: str) -> None:
    pages = {where: text for where, text in _pages(language).items() if len(words(text)) > SHORT}
    grades = {where: GRADES[language](text) for where, text in pages.items()}
    assert {where: round(one, 1) for where, one in grades.items() if one > MOST[language]} == {}
    assert GRADES[language]("\n".join(_pages(language).values())) <= MOST[language] - 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_page_is_long(language: str) -> None:
    long = [
        one
        for text in _pages(language).values()
        for one in sentences(text)
        if len(words(one)) > LONGEST
    ]
    assert long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_agree_to_reads_as_a_book_of_the_sixth_year(language: str) -> None:
    kinds = {text.kind for text in every_text()}
    grades = {
        kind: GRADES[language](" ".join(current_text(kind, language).paragraphs)) for kind in kinds
    }
    assert {kind: round(one, 1) for kind, one in grades.items() if one > MOST[language]} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_and_the_words_of_follow_up_read_so_too(language: str) -> None:
    sent = "\n".join(current(template).words[language] for template in Template)
    assert GRADES[language](_followed(language)) <= MOST[language]
    assert GRADES[language](re.sub(r"\{\w+\}", "7", sent)) <= MOST[language]


def test_syllables_are_counted_nearly_right() -> None:
    known = {
        "phone": 1, "health": 1, "asked": 1, "answer": 2, "wanted": 2, "table": 2, "places": 2,
        "nobody": 3, "message": 2, "exposed": 2, "decided": 3, "medicine": 3, "positive": 3,
        "police": 2, "somebody": 3, "emergency": 4, "being": 2, "written": 2, "before": 2,
        "deleted": 3, "agreed": 2, "enrolled": 2, "minutes": 2, "anyone": 3, "followed": 2,
    }  # fmt: skip
    counted = sum(map(syllables_en, known))
    assert abs(counted / sum(known.values()) - 1) < 0.03


def test_a_hard_text_is_found_hard_and_an_easy_one_easy() -> None:
    hard = (
        "Notwithstanding the aforementioned considerations, participants' epidemiological "
        "information is systematically pseudonymised in accordance with applicable regulation."
    )
    assert grade_en(hard) > 2 * MOST["en"]
    assert grade_en("We ask how you are. You need not answer. Nobody will mind.") < 3
    assert grade_ru("Персональные данные обрабатываются в установленном законом порядке.") > 10
    assert grade_ru("Мы спросим, как вы. Можно не отвечать. Никто не обидится.") < 3
