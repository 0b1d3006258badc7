"""The texts that people agree to: complete, in every language, and never changed in silence."""

from __future__ import annotations

import re
import unicodedata

import pytest

from fortnight.consent.grant import KINDS
from fortnight.consent.texts import (
    LANGUAGES,
    ConsentText,
    current_text,
    every_text,
    text_agreed_to,
    texts_of,
)
from fortnight.errors import RefusedError

PUBLISHED = [
    "c0df7e0d1049",
    "0c2346677f28",
    "d0d4b59b245e",
    "d08f3ac79872",
    "71eb48304e48",
    "5822b6df0c5e",
    "c77dd3136190",
    "22881a25e93e",
    "02e903027cc6",
    "301feba209c6",
    "0ca5b082a4f4",
    "885b935f2db8",
    "fb7074681a2c",
    "215f26fb6c23",
    "ba8b16d8e3d2",
    "cfd17c068244",
    "fd6ddde6933f",
    "0a3a65323242",
    "4a9af577bbb3",
    "3fb65a09da15",
    "98a296adea1f",
    "776dbed9e55f",
    "88a5db21e69a",
    "416b5a77857c",
    "942fa82a1eac",
    "83fc06592225",
    "ce7c9ae1ed51",
]
TEXTS = [pytest.param(text, id=f"{text.kind}-{text.language}") for text in every_text()]
LONGEST_SENTENCE = 40  # words
WORDS = {
    "en": {"kept": "ourteen days", "never": "olice", "refuse": "Nothing changes for you"},
    "ru": {"kept": "етырнадцать дней", "never": "олици", "refuse": "ничего не изменится"},
    "ar": {"kept": "أربعة عشر يومًا", "never": "الشرطة", "refuse": "لا شيء يتغيّر"},
}
LETTERS = {"en": "LATIN", "ru": "CYRILLIC", "ar": "ARABIC"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grant_has_a_text_in_every_language(kind: str, language: str) -> None:
    text = current_text(kind, language)
    assert (text.kind, text.language) == (kind, language)
    assert text_agreed_to(kind, text.version, language) == text


def test_no_published_text_was_changed_or_lost() -> None:
    versions = [text.version for text in every_text()]
    assert versions == PUBLISHED, "add a text below the old one, and its version here"
    assert len(set(versions)) == len(versions)


def test_each_language_has_as_many_versions_as_the_others() -> None:
    for kind in KINDS:
        assert len({len(versions) for versions in texts_of(kind).values()}) == 1


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_says_how_long_who_never_sees_it_and_that_refusing_changes_nothing(
    text: ConsentText,
) -> None:
    _, _, how_long, who_sees, if_you_refuse, _ = text.paragraphs
    words = WORDS[text.language]
    assert words["never"] in who_sees
    assert words["refuse"] in if_you_refuse
    if text.kind.startswith("trace."):
        assert words["kept"] in how_long


@pytest.mark.parametrize("text", TEXTS)
def test_police_and_courts_stand_only_where_they_are_denied(text: ConsentText) -> None:
    what, where_from, how_long, _, if_you_refuse, how_to_withdraw = text.paragraphs
    others = f"{text.title} {what} {where_from} {how_long} {if_you_refuse} {how_to_withdraw}"
    assert re.findall(r"polic|court|полици|судеб|شرطة|محكمة", others.lower()) == []


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_plain(text: ConsentText) -> None:
    for paragraph in text.paragraphs:
        for sentence in re.split(r"[.;:?!]\s", paragraph):
            assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def test_a_text_is_in_the_letters_of_its_language() -> None:
    for text in every_text():
        names = [
            unicodedata.name(one, "").split()[0] for one in text.paragraphs[0] if one.isalpha()
        ]
        assert max(set(names), key=names.count) == LETTERS[text.language]


def test_nobody_agrees_to_a_text_that_was_never_shown() -> None:
    version = current_text("notify", "en").version
    with pytest.raises(RefusedError, match="no text of version"):
        text_agreed_to("support", version, "en")
    with pytest.raises(RefusedError, match="no text of version"):
        text_agreed_to("notify", version, "ru")
    with pytest.raises(RefusedError, match="could not read"):
        current_text("notify", "la")
    with pytest.raises(RefusedError, match="no grant"):
        current_text("research", "en")
