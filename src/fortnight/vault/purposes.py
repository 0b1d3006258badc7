"""What people's data may be read for, and which parts: closed lists, and who reads.

The lists are part of what people agreed to. There is no purpose, field or role but for the health
team's work and for people themselves; adding one is a change of the programme, not of a setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Purpose(StrEnum):
    """Why somebody reads."""

    TRACE = "trace"
    NOTIFY = "notify"
    SUPPORT = "support"
    RIGHTS = "rights"
    REPAIR = "repair"


class Field(StrEnum):
    """What somebody reads. The vault gives the first four; the rest lie in other rooms.

    A look names them all the same: whoever opens the evidence or the case file of a person does
    it under a look that says so.
    """

    NUMBER = "number"
    LANGUAGE = "language"
    PSEUDONYMS = "pseudonyms"
    CONTACT = "contact"
    EVIDENCE = "evidence"
    CASE = "case"


TRACE_GRANTS: Final = (
    "trace.phone",
    "trace.operator",
    "trace.ties",
    "trace.bluetooth",
    "trace.visits",
)
LIST_GRANTS: Final = ("trace.operator", "trace.ties")
"""Grants for an operator's part: they alone let a number be read for trace without a case."""
GRANTS: Final[Mapping[Purpose, tuple[str, ...]]] = {
    Purpose.TRACE: TRACE_GRANTS,
    Purpose.NOTIFY: ("notify",),
    Purpose.SUPPORT: ("support",),
    Purpose.RIGHTS: (),  # whoever asks for their own data has agreed by asking
    Purpose.REPAIR: (),
}
"""Of which grants a person must have one that is live; none is needed where none is listed."""
ALLOWED: Final[Mapping[Purpose, frozenset[Field]]] = {
    Purpose.TRACE: frozenset(Field),
    Purpose.NOTIFY: frozenset({Field.NUMBER, Field.LANGUAGE, Field.CONTACT}),
    Purpose.SUPPORT: frozenset({Field.NUMBER, Field.LANGUAGE, Field.CONTACT, Field.CASE}),
    Purpose.RIGHTS: frozenset(Field),
    Purpose.REPAIR: frozenset({Field.PSEUDONYMS, Field.EVIDENCE, Field.CASE}),
}
OWN: Final = "participant"
"""The role of whoever reads what is held of themselves. Nobody of the office has it."""
_ROLE: Final = re.compile(r"[a-z][a-z-]{0,31}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@:+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads.

    Attributes
    ----------
    role : str
        What they do here, such as ``case-worker`` or ``service``; the person sees it.
    actor : str
        Which of them: an account's id. The office's side of the log; never shown to the person.
    district : str
        For which district; the person sees it.

    Raises RefusedError for anything but plain ASCII words: the log's entries are made of them on
    both databases, byte for byte, so nothing may need an escape.
    """

    role: str
    actor: str
    district: str

    def __post_init__(self) -> None:
        """Refuse words that would need an escape in an entry of the log."""
        for name, rule in (("role", _ROLE), ("actor", _NAME), ("district", _NAME)):
            if not rule.fullmatch(getattr(self, name)):
                raise RefusedError(
                    f"A reader's {name} has to be plain ASCII that matches {rule.pattern}."
                )


def purpose_named(name: str) -> Purpose:
    """Return the purpose of that name. Raises RefusedError for any other: the list is closed."""
    try:
        return Purpose(name)
    except ValueError as error:
        raise RefusedError(
            f"There is no purpose {name!r}: people's data is read for {', '.join(Purpose)} alone."
        ) from error


def field_named(name: str) -> Field:
    """Return the field of that name. Raises RefusedError for any other: the list is closed."""
    try:
        return Field(name)
    except ValueError as error:
        raise RefusedError(
            f"There is no field {name!r}: what can be read is {', '.join(Field)}."
        ) from error


def fields_for(purpose: Purpose, fields: Iterable[str]) -> tuple[Field, ...]:
    """Return the fields once each, sorted by name.

    Raises RefusedError where there is none, or one that this purpose does not open.
    """
    wanted = tuple(sorted({field_named(field) for field in fields}))
    if not wanted:
        raise RefusedError("Nothing is asked for: name the fields to read.")
    if beyond := [field for field in wanted if field not in ALLOWED[purpose]]:
        raise RefusedError(f"The purpose {purpose} does not open {', '.join(beyond)}.")
    return wanted
