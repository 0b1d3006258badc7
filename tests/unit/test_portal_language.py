"""The languages of the portal: every word in each, and Arabic as it is read and counted."""

from __future__ import annotations

import ast
import gettext
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from babel.core import Locale
from babel.messages.pofile import read_po
from tests.unit.office_words import PORTAL, WEB, strings

from fortnight.consent import texts as consent
from fortnight.followup import words as followed
from fortnight.notify import templates
from fortnight.notify.replies import Answer, ForPerson, Help, Stop, read_reply
from fortnight.web.office.language import LANGUAGES as OFFICE
from fortnight.web.office.language import Speech, language_of, translations
from fortnight.web.portal.language import LANGUAGES

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_PLACE: Final = re.compile(r"%\(\w+\)s|\{\w+\}")
ARABIC: Final = ("zero", "one", "two", "few", "many", "other")
"""The plural forms, in the order in which a file has them."""
STYLES: Final = sorted((WEB / "static").glob("portal*.css"))
NOON: Final = 1_772_366_400_000  # 2026-03-01 12:00 UTC


def _files(language: str) -> list[tuple[str, Catalog]]:
    return [
        (str(path.relative_to(WEB)), read_po(io.BytesIO(path.read_bytes()), locale=language))
        for path in sorted((WEB / "locale" / language).rglob("*.po"))
    ]


def _said(language: str) -> dict[str | tuple[str, ...], tuple[str, ...]]:
    found: dict[str | tuple[str, ...], tuple[str, ...]] = {}
    for _, catalog in _files(language):
        for message in catalog:
            if message.id:
                key = message.id if isinstance(message.id, str) else tuple(message.id)
                said = (message.string,) if isinstance(message.string, str) else message.string
                found[key] = tuple(said or ("",))
    return found


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_every_word_of_the_portal_is_in_each_language_filled_with_the_same(language: str) -> None:
    held = _said(language)
    missing = [said for said in strings(PORTAL) if not all(held.get(said, ("",)))]
    assert missing == []
    for said, forms in held.items():
        places = set(_PLACE.findall(said if isinstance(said, str) else said[1]))
        assert all(set(_PLACE.findall(form)) <= places for form in forms), said
    shown = [one for one in strings(PORTAL) if isinstance(one, str)]
    assert [
        one for one in shown if set(_PLACE.findall(held[one][0])) != set(_PLACE.findall(one))
    ] == []


def test_arabic_has_no_word_twice_and_none_that_nobody_says() -> None:
    said = [
        message.id
        for path, catalog in _files("ar")
        for message in catalog
        if message.id and "/said/" not in path
    ]
    keys = [one if isinstance(one, str) else tuple(one) for one in said]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= set(strings(PORTAL))


def test_arabic_words_are_arabic() -> None:
    # A word of Latin letters left among them is one that nobody translated, or a name.
    for said, forms in _said("ar").items():
        text = said if isinstance(said, str) else said[0]
        for form in forms:
            left = re.findall(r"[A-Za-z]{4,}", _PLACE.sub("", form))
            assert all(one in text and _is_a_name(one, text) for one in left), (said, left)


def _is_a_name(word: str, text: str) -> bool:
    """Tell whether a word stands in an English text as a name: with a capital, a dot or quotes."""
    return word != word.lower() or bool(re.search(rf"[(“._]{word}|{word}[)”._]\w?", text))


def test_each_arabic_file_counts_as_the_language_does() -> None:
    rule = Locale.parse("ar").plural_form
    for path, catalog in _files("ar"):
        assert catalog.num_plurals == len(ARABIC), path
        asked = _index(catalog.plural_expr)
        for number in range(1_001):
            assert ARABIC[asked(number)] == rule(number), (path, number)


def _index(expression: str) -> Any:  # noqa: ANN401 - a function of the standard library
    return gettext.c2py(expression)


def test_what_is_compiled_counts_as_the_files_do() -> None:
    # Babel's own order of the Arabic forms is another one.
    said = translations("ar")
    rule = Locale.parse("ar").plural_form
    asked = said.plural  # type: ignore[attr-defined] # of compiled words
    assert all(ARABIC[asked(number)] == rule(number) for number in range(1_001))


def test_the_portal_speaks_one_language_more_than_the_office() -> None:
    assert dict(LANGUAGES) == OFFICE | {"ar": "العربية"}
    assert language_of("ar", "en", LANGUAGES) == "ar"
    assert language_of(None, "ar-EG,ar;q=0.9,en;q=0.8", LANGUAGES) == "ar"
    assert language_of("ar", "ru") == "ru"  # the office
    spoken = set(LANGUAGES)
    assert set(consent.LANGUAGES) == spoken
    assert set(followed.LANGUAGES) == spoken
    assert set(templates.LANGUAGES) == spoken


def test_no_page_of_the_portal_asks_the_office_which_language_it_speaks() -> None:
    for path in sorted(Path(WEB, "portal").glob("*.py")):
        if path.name == "language.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(
                "fortnight.web.office"
            ):
                names = {one.name for one in node.names}
                assert not names & {"speech", "LANGUAGES"}, path.name


def test_arabic_is_written_from_the_right_with_its_own_comma_and_latin_digits() -> None:
    arabic = Speech("ar", "Europe/Riga")
    assert (arabic.direction, Speech("ru", "UTC").direction) == ("rtl", "ltr")
    assert arabic.moment(NOON) == "الأحد، 1 مارس، 14:00"
    assert arabic.several(["خبز", "جسر"]) == "خبز، جسر"
    assert arabic.number(1_234.5) == "1,234.5"


def test_no_side_of_the_portal_is_named_left_or_right() -> None:
    assert STYLES
    for path in STYLES:
        rules = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"\b(?:left|right)\b", rules), path.name


def test_numbers_and_digits_stand_apart_from_a_text_that_reads_from_the_right() -> None:
    for path in sorted((WEB / "templates" / "portal").glob("*.html")):
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r'<a [^>]*href="tel:.*?</a>', text):
            assert '<bdi dir="ltr">' in link, path.name
        for field in re.findall(r"<input[^>]*inputmode[^>]*>", text):
            assert 'dir="ltr"' in field, (path.name, field)
        for field in re.findall(r"<textarea[^>]*>", text):
            assert 'dir="auto"' in field, (path.name, field)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("توقف", Stop()),
        (" إيقاف. ", Stop()),
        ("ايقاف", Stop()),
        ("مساعدة!", Help()),
        ("٤", Answer(4)),
        ("۵", Answer(5)),  # noqa: RUF001 - as a Persian keyboard has it
        ("\u200f3", Answer(3)),
        ("٦", ForPerson("٦")),
        ("لا تتوقفوا من فضلكم", ForPerson("لا تتوقفوا من فضلكم")),
    ],
)
def test_a_reply_in_arabic_is_read_as_people_type_it(text: str, read: object) -> None:
    assert read_reply(text) == read
