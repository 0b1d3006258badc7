"""The texts that people read before they agree, in every version that anyone agreed to.

One file a grant, ``texts/<kind>.toml``, with a list of texts for each language. The last of a
list is what people read now; those before it stay, because grants name them. A version is the
first 12 hexadecimal digits of the SHA-256 of the words: a changed word is another version.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.consent.grant import KINDS, kind_named
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.consent.grant import Kind

LANGUAGES: Final = ("en", "ru", "ar")
_DIGITS: Final = 12


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each text has to say, in this order; none may be missing."""

    title: str
    what: str
    where_from: str
    how_long: str
    who_sees: str
    if_you_refuse: str
    how_to_withdraw: str


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One text of one grant in one language.

    Attributes
    ----------
    version : str
        12 hexadecimal digits of the SHA-256 of ``title`` and ``paragraphs``.
    paragraphs : tuple of str
        What is used, where it comes from, how long it is kept, who sees it, what refusing means,
        how to withdraw.
    """

    kind: Kind
    language: str
    version: str
    title: str
    paragraphs: tuple[str, ...]


def current_text(kind: str, language: str) -> ConsentText:
    """Return the text that people read now. Raises RefusedError for a kind or language unknown."""
    known = kind_named(kind)
    if language not in LANGUAGES:
        raise RefusedError(
            f"There is no text in {language!r}: nobody agrees to what they could not read. "
            f"Choose one of {', '.join(LANGUAGES)}."
        )
    return texts_of(known)[language][-1]


def text_agreed_to(kind: str, version: str, language: str) -> ConsentText:
    """Return the text of a version, old ones too. Raises RefusedError where there is none."""
    for text in texts_of(kind_named(kind)).get(language, ()):
        if text.version == version:
            return text
    raise RefusedError(
        f"The grant {kind} has no text of version {version!r} in {language!r}: show the current "
        "text, and let the person decide on that."
    )


@cache
def texts_of(kind: Kind) -> Mapping[str, tuple[ConsentText, ...]]:
    """Return every text of a grant by language, oldest first."""
    source = resources.files("fortnight.consent").joinpath("texts", f"{kind}.toml")
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    lists = msgspec.convert(document, dict[str, list[_Words]])
    return {
        language: tuple(_text(kind, language, w) for w in lists[language]) for language in lists
    }


def every_text() -> tuple[ConsentText, ...]:
    """Return every text of every grant: what a published list of texts shows."""
    return tuple(
        text for kind in KINDS for versions in texts_of(kind).values() for text in versions
    )


def _text(kind: Kind, language: str, words: _Words) -> ConsentText:
    title, *paragraphs = (" ".join(said.split()) for said in msgspec.structs.astuple(words))
    version = sha256("\n\n".join((kind, title, *paragraphs)).encode()).hexdigest()[:_DIGITS]
    return ConsentText(kind, language, version, title, tuple(paragraphs))
