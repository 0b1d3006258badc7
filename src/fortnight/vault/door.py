"""The vault's door, whole: who enrols, what is filed, who reads, and what is forgotten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fortnight.errors import ConflictError, GoneError, RefusedError
from fortnight.vault.devices import Devices
from fortnight.vault.filing import Filing
from fortnight.vault.numbers import lookup_hash, parse_number
from fortnight.vault.people import NewPerson
from fortnight.vault.reading import NUMBER_LABEL, Reading
from fortnight.vault.sealing import seal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_NO_LANGUAGE: Final = "The language has to be a code such as en, ru or pt-BR."
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


class Vault(Devices, Filing, Reading):
    """The only door to who is who. Safe for threads.

    Its parts: `Devices` (what may send), `Filing` (names for the lake, sealing), `Reading` (looks,
    then values). Here: enrolling and forgetting.
    """

    def enrol(self, number: str, *, language: str, now: int) -> str:
        """Return the person of a phone number, enrolled now if they were not.

        Raises RefusedError for what is no number or no language, ConflictError while an earlier
        enrolment of the same number is being erased.
        """
        if not _LANGUAGE.fullmatch(language):
            raise RefusedError(_NO_LANGUAGE)
        written = parse_number(number)
        there = self.person_with(written)
        if there:
            return self._still_there(there)
        (enrolled,) = self._enrol_many([written], language, now)
        return enrolled

    def enrol_many(self, numbers: Sequence[str], *, language: str, now: int) -> list[str]:
        """Return the person of each of many phone numbers, enrolled now if they were not.

        All keys in one transaction, then all people in one. Raises as `enrol`, and then enrols
        nobody.
        """
        if not _LANGUAGE.fullmatch(language):
            raise RefusedError(_NO_LANGUAGE)
        written = [parse_number(number) for number in numbers]
        there = self.people_with_numbers(written)
        for person in there.values():
            self._still_there(person)
        new = list(dict.fromkeys(number for number in written if number not in there))
        enrolled = there | dict(zip(new, self._enrol_many(new, language, now), strict=True))
        return [enrolled[number] for number in written]

    def person_with(self, number: str) -> str | None:
        """Return the person of a phone number, or None. Raises RefusedError for what is none."""
        return self._people.with_lookup(self.number_hash(number))

    def people_with_numbers(self, numbers: Collection[str]) -> dict[str, str]:
        """Return who of many is enrolled, by number; the numbers are E.164 already.

        For matching at the door: nobody reads, so there is no look.
        """
        key = self._keys.named("lookup")
        hashes = {lookup_hash(key, number): number for number in numbers}
        found = self._people.with_lookups(hashes.keys())
        return {hashes[lookup]: person for lookup, person in found.items()}

    def number_hash(self, number: str) -> bytes:
        """Return the keyed hash of a phone number, by which people and cases are matched."""
        return lookup_hash(self._keys.named("lookup"), parse_number(number))

    def destroy_key(self, person: str) -> None:
        """Destroy a person's key: everything sealed under it is noise when this returns."""
        self._keys.destroy_person_key(person)
        self._known.forget()

    def forget_rows(self, person: str) -> None:
        """Delete every row of a person: number, devices, pseudonyms, beacons, contact numbers."""
        self._people.forget_person(person)
        self._known.forget()

    def forget_day(self, day: int) -> None:
        """Delete the pseudonyms and beacons of a day, in days since 1970 UTC; its key goes too."""
        self._keys.destroy_day_key(day)
        self._people.forget_day(day)

    def forget_case(self, case_id: str) -> None:
        """Delete the contact numbers of a case; its key goes too."""
        self._keys.destroy_case_key(case_id)
        self._people.forget_case(case_id)

    def _enrol_many(self, numbers: Sequence[str], language: str, now: int) -> list[str]:
        if not numbers:
            return []
        secret = self._keys.named("lookup")
        # the keys first: a crash between the two leaves keys of nobody, never a row without a key
        keys = self._keys.make_person_keys([self._random(16).hex() for _ in numbers])
        new = [
            NewPerson(
                person,
                seal(key, number.encode("ascii"), NUMBER_LABEL, self._random),
                lookup_hash(secret, number),
                language,
                now,
            )
            for (person, key), number in zip(keys.items(), numbers, strict=True)
        ]
        enrolled = self._people.enrol(new)
        for person in set(keys) - set(enrolled):  # others enrolled the same numbers a moment ago
            self._keys.destroy_person_key(person)
        return enrolled

    def _still_there(self, person: str) -> str:
        try:
            self._keys.person_key(person)
        except GoneError as error:
            raise ConflictError(
                "This number is being erased: enrol again once that is finished."
            ) from error
        return person
