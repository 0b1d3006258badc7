"""What somebody agrees to, one thing at a time, each under the text that they were shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.consent.exact import counts, has_open_file
from fortnight.consent.grant import AT_ANY_TIME, OF_A_CASE, standing
from fortnight.consent.texts import current_text, text_agreed_to
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from fortnight.consent.grant import Grant, Kind
    from fortnight.consent.store import Consents
    from fortnight.consent.texts import ConsentText
    from fortnight.enrolment.guardians import Guardians
    from fortnight.enrolment.people import People

WITH_A_GUARDIAN: Final = "Somebody who cares for you says yes for you. You may say no at any time."
NOT_OF_AGE: Final = "Say first that you are old enough to agree for yourself."
NO_FILE: Final = "There is no open file of a test of yours to say this for."
NOT_READ: Final = "The text has changed since you read it. Read it again, then choose."


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be agreed to.

    Attributes
    ----------
    text : ConsentText
        What is read: of a grant that holds the words that were agreed to, else those of today.
    held : Grant or None
        The grant that holds.
    """

    kind: Kind
    text: ConsentText
    held: Grant | None


@dataclass(frozen=True, slots=True)
class Grants:
    """Choices of people, and of their guardians."""

    consents: Consents
    people: People
    guardians: Guardians

    def choices(self, person: str, language: str) -> tuple[Choice, ...]:
        """Return everything that may be agreed to, each with its text and what was said of it.

        What is of a case is asked of nobody else; and where it stands it can be ended.
        """
        held = self.consents.held(person)
        asked = standing(held, OF_A_CASE) is not None or self._has_open_file(person)
        kinds = (*AT_ANY_TIME, OF_A_CASE) if asked else AT_ANY_TIME
        return tuple(_choice(held, kind, language) for kind in kinds)

    def give(
        self, person: str, kind: str, version: str, language: str, now: int, *, by: str
    ) -> None:
        """Take down that a person, or for them their guardian ``by``, agreed to a text.

        Raises RefusedError where that is not theirs to say, or another text was read.
        """
        ward = self.guardians.of(person)
        if by == person:
            if ward is not None:
                raise RefusedError(WITH_A_GUARDIAN)
            said = self.people.standing(person)
            if said is None or said.of_age_at is None:
                raise RefusedError(NOT_OF_AGE)
        elif ward is None or ward.guardian != by:
            raise RefusedError(WITH_A_GUARDIAN)
        if current_text(kind, language).version != version:
            raise RefusedError(NOT_READ)
        if kind == OF_A_CASE:
            self._make_room(person, now)
        who = "self" if by == person else "guardian"
        self.consents.give(person, kind, text_version=version, language=language, by=who, now=now)

    def withdraw(self, person: str, kind: str, now: int) -> None:
        """End one grant at once; nothing else changes. Nobody is refused this."""
        self.consents.withdraw(person, kind, now)

    def _has_open_file(self, person: str) -> bool:
        with self.consents.database.read() as connection:
            return has_open_file(connection, person)

    def _make_room(self, person: str, now: int) -> None:
        """End what was said of an earlier test: it counts for none. RefusedError without a file."""
        with self.consents.database.write() as connection:
            if not has_open_file(connection, person):
                raise RefusedError(NO_FILE)
            if not counts(connection, person):
                self.consents.end(connection, person, OF_A_CASE, now)


def _choice(held: tuple[Grant, ...], kind: Kind, language: str) -> Choice:
    grant = standing(held, kind)
    if grant is None:
        return Choice(kind, current_text(kind, language), None)
    read = text_agreed_to(kind, grant.text.version, grant.text.language)
    return Choice(kind, read, grant)
