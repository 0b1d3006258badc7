"""What a text may say, in which language, and how many segments it takes."""

from __future__ import annotations

import re
import unicodedata

import pytest

from fortnight.errors import RefusedError
from fortnight.notify.gateway import Text
from fortnight.notify.segments import segments
from fortnight.notify.templates import (
    LANGUAGES,
    OWN_ACTS,
    Template,
    check_values,
    current,
    names_in,
    purpose_of,
    render,
    versions_of,
)

# What would tell whoever looks over a shoulder. Each is a stem, so that endings do not hide it.
TELLING = re.compile(
    r"covid|virus|infect|positive|symptom|disease|illness|\btest|exposed|exposure|quarantin"
    r"|isolat|\bcontact\b|health|clinic|hospital|doctor|laborator|https?:|www\.|\.[a-z]{2,3}/"
    r"|ковид|вирус|зара[жз]|положител|симптом|болезн|\bтест|контакт|карантин|изоляц|здоров|больни"  # noqa: RUF001 - Russian
    r"|врач|лаборатор"
    r"|كوفيد|فيروس|عدوى|مصاب|إصابة|إيجابي|أعراض|مرض|مريض|فحص|اختبار|مخالط|تعرّض|حجر|عزل|صح[ةيّ]|عياد"
    r"|مستشفى|طبيب|مختبر",
    re.IGNORECASE,
)
VALUES = {"code": "123456", "line": "+371 2000 0000", "number": "112"}


def said(template: Template, language: str) -> str:
    version = current(template)
    values = {name: VALUES[name] for name in names_in(version.words["en"])}
    return render(template, version.version, language, values)


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_holds_a_health_fact_or_a_link(template: Template, language: str) -> None:
    assert not TELLING.search(said(template, language))


@pytest.mark.parametrize("template", Template)
def test_every_version_needs_the_same_values_in_each_language(template: Template) -> None:
    for version in versions_of(template):
        needed = {frozenset(names_in(words)) for words in version.words.values()}
        assert len(needed) == 1
        assert needed.pop() <= set(VALUES)


@pytest.mark.parametrize("template", Template)
def test_an_english_text_is_one_segment_or_two_and_others_at_most_three(
    template: Template,
) -> None:
    english, *others = (segments(said(template, language)) for language in LANGUAGES)
    assert english.alphabet == "GSM-7"
    assert english.count <= 2
    assert {one.alphabet for one in others} == {"UCS-2"}
    assert max(one.count for one in others) <= 3


@pytest.mark.parametrize("template", Template)
def test_an_arabic_text_is_read_from_the_right_and_its_number_from_the_left(
    template: Template,
) -> None:
    words = current(template).words["ar"]
    assert unicodedata.bidirectional(words[0]) == "AL"  # the first letter decides, on a phone
    version = current(template).version
    shown = render(template, version, "ar", VALUES, VALUES["line"])
    assert ("\u200e+371" in shown) == ("{line}" in words)


def test_a_version_from_before_arabic_is_said_in_english() -> None:
    first, *_ = versions_of(Template.PLEASE_CALL)
    assert set(first.words) == {"en", "ru"}
    assert render(first.template, first.version, "ar", {}) == first.words["en"]


def test_a_version_is_of_the_words_and_names_them_for_ever() -> None:
    version = current(Template.CODE)
    assert re.fullmatch(r"[0-9a-f]{12}", version.version)
    assert render(Template.CODE, version.version, "ru", VALUES).startswith("Fortnight: ваш код 123")
    with pytest.raises(RefusedError, match="no version 'old'"):
        render(Template.CODE, "old", "ru", VALUES)


def test_whoever_speaks_neither_language_is_written_to_in_english() -> None:
    version = current(Template.PLEASE_CALL)
    said = render(version.template, version.version, "lt", {}, "+371 2000 0000")
    assert said == version.words["en"].replace("{line}", "+371 2000 0000")


def test_values_that_a_text_does_not_take_are_refused_by_name_alone() -> None:
    with pytest.raises(RefusedError, match="takes code, not name"):
        check_values(Template.CODE, {"name": "a person"})
    with pytest.raises(RefusedError, match="takes no values, not code"):
        check_values(Template.PLEASE_CALL, VALUES)


def test_only_what_is_about_the_persons_own_file_goes_without_their_grant() -> None:
    assert {template for template in Template if purpose_of(template) == "rights"} == OWN_ACTS
    assert purpose_of(Template.PLEASE_CALL) == "notify"


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" + "€" * 152, "GSM-7", 305, 2),
        ("€" * 153, "GSM-7", 306, 3),  # 76 pairs a part: none is split
        ("я" * 70, "UCS-2", 70, 1),
        ("я" * 71, "UCS-2", 71, 2),
        ("я" * 134, "UCS-2", 134, 2),
        ("я" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 67, "UCS-2", 134, 3),  # 33 pairs a part
    ],
)
def test_segments_are_counted_as_phones_do(
    text: str, alphabet: str, units: int, count: int
) -> None:
    found = segments(text)
    assert (found.alphabet, found.units, found.count) == (alphabet, units, count)


def test_a_text_on_its_way_shows_neither_number_nor_words_in_a_log() -> None:
    shown = repr(Text("m1", "+37060000001", "your code is 123456", 0))
    assert "3706" not in shown
    assert "code" not in shown
