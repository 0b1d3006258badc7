"""Sentences that other rooms wrote in English, said again in the language of a page.

A room says why it refuses, and the library why it decides, in one English sentence with figures in
it; some are stored as they were said. Here a sentence is known by its pattern, which is a message
of a file of `locale/<language>/said/` with a {name} where each figure stands, and is said again
with the same figures. A sentence that no pattern knows is said as it was: a test holds that there
is a pattern for every one that rooms behind the pages can write.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from babel.core import Locale
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE: Final = re.compile(r"\{(\w+)\}")
_LISTS: Final = frozenset({"list", "others"})
"""What is filled with several words of ours."""
_AS_WRITTEN: Final = "columns"
"""What is filled with the names of columns: a file has to hold them just so."""
_ONE_WORD: Final = frozenset({"name", "state", "kind", "id", "contact", "step", "most", "title"})
"""What is filled with one: anything else would take a sentence for one that it is not."""
_BETWEEN: Final = re.compile(r", | and no | and | or ")
_NUMBER: Final = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How a sentence is known, and how it is said."""

    known: re.Pattern[str]
    said: str


@dataclass(frozen=True, slots=True)
class _Sentences:
    """What is said of a language: whole sentences by themselves, others by their patterns."""

    whole: Mapping[str, str]
    patterns: tuple[_Pattern, ...]  # the one with the most words of its own first


def retell(text: str, language: str) -> str:
    """Return a sentence of another room in a language; as it was, where it is not known."""
    held = _sentences(language)
    if text in held.whole:
        return held.whole[text]
    for pattern in held.patterns:
        found = pattern.known.fullmatch(text)
        if found is not None:
            filled = {
                name: _filled(name, said, language) for name, said in found.groupdict().items()
            }
            return pattern.said.format_map(filled)
    return text


def _filled(name: str, text: str, language: str) -> str:
    """Return what a sentence is filled with: a number, words of ours, or what somebody wrote."""
    if name == _AS_WRITTEN:
        return ", ".join(_BETWEEN.split(text))
    if name in _LISTS:
        return ", ".join(retell(one, language) for one in _BETWEEN.split(text))
    if _NUMBER.fullmatch(text):
        return str(format_decimal(text.replace(",", ""), locale=Locale.parse(language)))
    return retell(text, language)


@cache
def _sentences(language: str) -> _Sentences:
    folder = files("fortnight.web").joinpath("locale", language, "said")
    if not folder.is_dir():
        return _Sentences({}, ())  # what we write is English
    read = (
        one
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        for one in read_po(io.BytesIO(file.read_bytes()), locale=language)
    )
    held = {str(one.id): str(one.string) for one in read if one.id}
    filled = sorted(filter(_PLACE.search, held), key=_own_words, reverse=True)
    return _Sentences(
        {one: said for one, said in held.items() if not _PLACE.search(one)},
        tuple(_Pattern(_known(one), held[one]) for one in filled),
    )


def _own_words(sentence: str) -> int:
    return len(_PLACE.sub("", sentence))


def _known(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)  # words, a name, words, a name, ...
    made = [
        f"(?P<{part}>{'[^ ]+?' if part in _ONE_WORD else '.+?'})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(made), re.DOTALL)
