"""The door's two steps: open, which everybody concerned can see; then read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fortnight.errors import GoneError, RefusedError
from fortnight.vault.looks import Look, looks_at
from fortnight.vault.parts import Parts
from fortnight.vault.people import Ask, FoundRow, Opened, Seed
from fortnight.vault.purposes import TRACE_GRANTS, Field, fields_for, purpose_named
from fortnight.vault.sealing import unseal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from fortnight.vault.purposes import Purpose, Reader

NUMBER_LABEL = b"number"
_OF_TRACE = frozenset(TRACE_GRANTS)
Value: TypeAlias = "str | dict[int, bytes] | None"


@dataclass(frozen=True, slots=True)
class Access:
    """What was opened: looks that are committed. `Reading.read` gives the values, once."""

    looks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """One contact, named on somebody's decision."""

    person: str
    number: str = field(repr=False)
    language: str


class Reading(Parts):
    """Everything that somebody reads. ``now`` is in milliseconds since 1970 UTC."""

    def open_access(
        self,
        reader: Reader,
        purpose: Purpose,
        case_id: str | None,
        fields: Iterable[Field],
        people: Iterable[str],
        now: int,
    ) -> Access:
        """Commit one look for each person. `people.People.open_access` says who is left out.

        Raises RefusedError where nobody is left, for a field that the purpose does not open, and
        for trace of whom no standing case concerns.
        """
        why = purpose_named(purpose)
        ask = Ask(reader, why, fields_for(why, fields), case_id)
        seeds = {who: Seed.of(self._random) for who in dict.fromkeys(people)}
        self._people.open_access(ask, seeds, now)
        return Access(tuple(seed.look for seed in seeds.values()))

    def read(self, access: Access) -> dict[str, Mapping[Field, Value]]:
        """Return by person what was opened: number, language, pseudonyms by day, contact number.

        Evidence and case files are in other rooms. Raises RefusedError where a look is not
        committed, or was read before. Who was erased or withdrew in between is left out.
        """
        values: dict[str, Mapping[Field, Value]] = {}
        for opened in self._people.read_access(access.looks):
            try:
                values[opened.person] = self._values(opened)
            except GoneError:
                continue
        return values

    def own(
        self, case_id: str, reader: Reader, days: Collection[int], now: int
    ) -> dict[int, bytes]:
        """Return the case's own pseudonyms on those days, under a look at the case.

        Raises RefusedError without case, token or yes, or where the case is over.
        """
        seed = Seed.of(self._random)
        self._people.open_own(case_id, reader, seed, now)
        return self._people.read_own(seed.look, days)

    def group(
        self, case_id: str, reader: Reader, found: Sequence[FoundRow], now: int
    ) -> list[str | None]:
        """Return for each row found the contact number of its person, random and of this case only.

        One look a person is committed before. None, and no look: people without a strong row, or
        without a live grant for the evidence of the row; and the case. Raises as `own`.
        """
        seeds = Seed.many(self._random, len(found))
        seeded = [(_sound(row), seed) for row, seed in zip(found, seeds, strict=True)]
        self._people.open_group(case_id, reader, seeded, now)
        return self._people.read_group(case_id, seeded)

    def resolve(self, case_id: str, contact: str, reader: Reader, now: int) -> Resolved:
        """Return who a contact of this case is, under a look and an entry of its own kind.

        Raises RefusedError as `own`, for a number that this case's trace did not return, and where
        the contact has no live grant any more.
        """
        seed = Seed.of(self._random)
        self._people.open_resolve(case_id, contact, reader, seed, now)
        opened = self._people.read_resolve(seed.look)
        number = self._number(opened)
        if number is None or opened.language is None:
            raise RefusedError("The look at this contact does not name number and language.")
        return Resolved(opened.person, number, opened.language)

    def view(
        self, case_id: str, contacts: Iterable[str], reader: Reader, now: int
    ) -> frozenset[str]:
        """Commit a look at where contacts met the case; return of which it may be shown.

        Who they are is not given. Left out: what is no contact of the case, and whoever withdrew.
        Raises RefusedError as `own`, and where nobody is left.
        """
        seeds = {contact: Seed.of(self._random) for contact in contacts}
        self._people.open_view(case_id, seeds, reader, now)
        given = self.read(Access(tuple(seed.look for seed in seeds.values())))
        return frozenset(str(values[Field.CONTACT]) for values in given.values())

    def open_export(
        self, case_id: str, contacts: Iterable[str], reader: Reader, now: int
    ) -> frozenset[str]:
        """Commit a look at each contact of a case and at the case, before they leave in a file.

        Return which of the contacts may: who withdrew, or is gone, is left out. Raises
        RefusedError without case, token or yes, where the case is over, or nobody is left.
        """
        seeds = {contact: Seed.of(self._random) for contact in contacts}
        own = Seed.of(self._random)
        self._people.open_export(case_id, seeds, reader, own, now)
        given = self.read(Access(tuple(seed.look for seed in (*seeds.values(), own))))
        numbers = {values.get(Field.CONTACT) for values in given.values()}
        return frozenset(contact for contact in seeds if contact in numbers)

    def links(
        self, case_id: str, contacts: Iterable[str], reader: Reader, now: int
    ) -> list[tuple[str, str]]:
        """Return (contact, case) of the contacts of a case who are cases of the disease themselves.

        Under a look at each of them. Raises RefusedError as `own`.
        """
        seeds = {contact: Seed.of(self._random) for contact in contacts}
        self._people.open_links(case_id, seeds, reader, now)
        return sorted(self._people.read_links([seed.look for seed in seeds.values()]))

    def looks_at(self, person: str) -> list[Look]:
        """Return every look at a person, as the person may see it, the oldest first."""
        return looks_at(self._database, person)

    def _values(self, opened: Opened) -> dict[Field, Value]:
        values: dict[Field, Value] = {
            Field.NUMBER: self._number(opened),
            Field.LANGUAGE: opened.language,
            Field.PSEUDONYMS: None if opened.pseudonyms is None else dict(opened.pseudonyms),
            Field.CONTACT: opened.contact,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _number(self, opened: Opened) -> str | None:
        if opened.number_sealed is None:
            return None
        key = self._keys.person_key(opened.person)
        return unseal(key, opened.number_sealed, NUMBER_LABEL).decode("ascii")


def _sound(row: FoundRow) -> FoundRow:
    """Refuse a row that names no grant, or one that is not for trace: it would be nobody's."""
    if not row.grants or not _OF_TRACE.issuperset(row.grants):
        raise RefusedError(
            f"A row found names the grants {', '.join(row.grants) or 'of nothing'}: evidence "
            f"needs one or more of {', '.join(TRACE_GRANTS)}."
        )
    return row
