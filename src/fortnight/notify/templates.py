"""The texts that people are sent, in every version that was ever sent.

No text holds a health fact, a name, a place or a link: whoever holds the phone may read it. One
file a template, ``texts/<template>.toml``, oldest version first; a version is the first 12
hexadecimal digits of the SHA-256 of its words in all its languages. A version from before a
language was added has no words in it, and is said in English.

``{line}`` stands for the published number, at which people find out who wrote or rang. An Arabic
text begins with an Arabic word, by which phones tell that it is read from the right, and has a
mark before a number, without which its groups of digits change places.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib import resources
from string import Formatter
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.errors import RefusedError
from fortnight.notify.segments import Segments, segments

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("en", "ru", "ar")
_DIGITS: Final = 12


class Template(StrEnum):
    """Why a text is sent: a closed list."""

    CASE_OPENED = "case-opened"
    CODE = "code"
    PLEASE_CALL = "please-call"
    RETRACTED = "retracted"
    REMINDER = "reminder"
    STOPPED = "stopped"
    HELP = "help"
    QUESTION = "question"
    QUESTION_AGAIN = "question-again"
    EMERGENCY = "emergency"
    EMERGENCY_ALONE = "emergency-alone"
    ENTRY = "entry"
    STILL = "still"
    PIN_RESET = "pin-reset"
    START_OVER = "start-over"


OWN_ACTS: Final = frozenset(
    {
        Template.CASE_OPENED,
        Template.CODE,
        Template.STOPPED,
        Template.HELP,
        Template.EMERGENCY,
        Template.EMERGENCY_ALONE,
        Template.ENTRY,
        Template.STILL,
        Template.PIN_RESET,
        Template.START_OVER,
    }
)
"""Texts that go without the grant ``notify``, and at any hour.

They answer what happens to the person's own file: that it was opened, and the code by which they
alone can allow the trace. Without them a case could be opened behind the back of whoever wants no
texts, and could never say yes. And they answer what the person wrote a moment ago: STOP, HELP, or
that they need help now. And they guard enrolment itself: the digits that somebody just asked for,
whether they still take part, and that somebody wants another PIN, or to start over.
"""
AWAITED: Final = frozenset({Template.PLEASE_CALL})
"""Texts after which somebody waits for a word: reminded twice, then called."""
CALLED_IF_LOST: Final = frozenset(
    {Template.PLEASE_CALL, Template.REMINDER, Template.CASE_OPENED, Template.RETRACTED}
)
"""Texts whose person is called where no text gets through."""
_LINE: Final = "line"
_NO_LINE: Final = {
    "en": "the number you were given when you enrolled",
    "ru": "номеру, который вам дали при записи",
    "ar": "الرقم الذي أعطيناك إياه عند التسجيل",
}
_FROM_THE_LEFT: Final = "\u200e"
_A_LINE: Final = {"en": "{}", "ru": "номеру {}", "ar": f"الرقم {_FROM_THE_LEFT}{{}}"}


def purpose_of(template: Template) -> str:
    """Return what people's data is read for when a text is sent: ``rights`` or ``notify``."""
    return "rights" if template in OWN_ACTS else "notify"


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version, in each language that we spoke when it was written."""

    en: str
    ru: str
    ar: str = ""


@dataclass(frozen=True, slots=True)
class TextVersion:
    """One version of one template.

    Attributes
    ----------
    version : str
        12 hexadecimal digits.
    words : mapping
        By language; ``{name}`` stands for a value.
    """

    template: Template
    version: str
    words: Mapping[str, str]


def current(template: Template) -> TextVersion:
    """Return the version in use."""
    return versions_of(template)[-1]


@cache
def versions_of(template: Template) -> tuple[TextVersion, ...]:
    """Return every version of a template, oldest first."""
    source = resources.files("fortnight.notify").joinpath("texts", f"{template}.toml")
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    texts = msgspec.convert(document, dict[str, list[_Words]])["texts"]
    return tuple(_version(template, one) for one in texts)


def _version(template: Template, said: _Words) -> TextVersion:
    each = {language: getattr(said, language).strip() for language in LANGUAGES}
    words = {language: text for language, text in each.items() if text}
    digest = sha256("\n\n".join((template, *words.values())).encode()).hexdigest()
    return TextVersion(template, digest[:_DIGITS], words)


def names_in(words: str) -> set[str]:
    """Return the names of the values that a text needs."""
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def check_values(template: Template, values: Mapping[str, str]) -> None:
    """Raise RefusedError unless the values are those that the version in use needs."""
    needed = names_in(current(template).words["en"]) - {_LINE}
    if needed != set(values):
        raise RefusedError(
            f"The text {template} takes {', '.join(sorted(needed)) or 'no values'}, "
            f"not {', '.join(sorted(values)) or 'none'}."
        )


def language_for(wanted: str) -> str:
    """Return the language that somebody is written to in: theirs, or English."""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def render(
    template: Template,
    version: str,
    language: str,
    values: Mapping[str, str],
    line: str = "",
) -> str:
    """Return the words of a version, old ones too, with their values.

    ``line`` is the published number, empty where there is none. Raises RefusedError where there is
    no such version.
    """
    for one in versions_of(template):
        if one.version == version:
            spoken = language if language in one.words else LANGUAGES[0]
            called = _A_LINE[spoken].format(line) if line else _NO_LINE[spoken]
            return one.words[spoken].format_map({**values, _LINE: called})
    raise RefusedError(f"The text {template} has no version {version!r}.")


@dataclass(frozen=True, slots=True)
class Preview:
    """How a text looks to whoever gets it, and what it takes."""

    language: str
    version: str
    words: str
    segments: Segments


def preview(template: Template, values: Mapping[str, str], line: str = "") -> tuple[Preview, ...]:
    """Return the version in use in every language. Raises RefusedError for other values."""
    check_values(template, values)
    version = current(template).version
    said = [(one, render(template, version, one, values, line)) for one in LANGUAGES]
    return tuple(Preview(one, version, words, segments(words)) for one, words in said)
