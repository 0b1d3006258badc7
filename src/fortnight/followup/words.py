"""The sentences behind the words of the rules, in each language; days as dates."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from babel.dates import format_date

from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Section = Literal[
    "symptoms",
    "feelings",
    "numbers",
    "reasons",
    "tiers",
    "release",
    "changes",
    "needs",
    "outcomes",
    "pauses",
    "replies",
    "rescored",
    "reminder",
]
DAYS: Final = frozenset(
    {"last_day", "onset_day", "test_day", "treatment_day", "last_symptom_day", "end"}
)
"""Values that are days since 1970, and are written as dates."""
LANGUAGES: Final = ("en", "ru", "ar")
_DATES: Final = {"en": "d MMMM y", "ru": "d MMMM y 'года'", "ar": "d MMMM y"}
"""The year's word in full: what ends with its short form would end sentences with two dots."""
_EPOCH: Final = date(1970, 1, 1)


class _Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence, in each language."""

    en: str
    ru: str
    ar: str


@cache
def _all() -> Mapping[str, Mapping[str, _Sentence]]:
    source = resources.files("fortnight.followup").joinpath("texts", "words.toml")
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    return msgspec.convert(document, dict[str, dict[str, _Sentence]])


def known(section: Section) -> tuple[str, ...]:
    """Return every word of a section."""
    return tuple(_all()[section])


def say(
    section: Section, word: str, language: str, values: Iterable[tuple[str, str | int]] = ()
) -> str:
    """Return a word's sentence, in English where the language is not known.

    Raises QuestionError for a word that has none.
    """
    sentence = _all()[section].get(word)
    if sentence is None:
        raise QuestionError(f"There is no word {word!r} among {section}.")
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    text: str = getattr(sentence, chosen)
    return text.format(**{name: _written(name, value, chosen) for name, value in values})


def written_day(day: int, language: str) -> str:
    """Return a day since 1970 as a date in words."""
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    return format_date(_EPOCH + timedelta(days=day), format=_DATES[chosen], locale=chosen)


def _written(name: str, value: str | int, language: str) -> str:
    if name in DAYS and isinstance(value, int):
        return written_day(value, language)
    if name == "tier":
        return say("tiers", str(value), language)
    return str(value)
