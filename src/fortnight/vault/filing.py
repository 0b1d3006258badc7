"""Filing under daily pseudonyms and sealing under people's keys. Nobody reads, so no look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortnight.errors import GoneError
from fortnight.vault.parts import Parts
from fortnight.vault.pseudonyms import daily_beacon, daily_pseudonym
from fortnight.vault.sealing import opener, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable


_PAIRS_AT_ONCE: Final = 10_000


class Filing(Parts):
    """Names for the lake, and sealed bytes for every table.

    Days are days since 1970 UTC. A person whose key was destroyed is gone: what is for one of them
    raises GoneError, what is for many leaves them out. A day whose key was destroyed raises
    GoneError.
    """

    def seal(self, person: str, plaintext: bytes, label: bytes) -> bytes:
        """Seal under a person's key; ``label`` says what it is, such as ``b"arrival"``."""
        return seal(self._keys.person_key(person), plaintext, label, self._random)

    def unseal(self, person: str, sealed: bytes, label: bytes) -> bytes:
        """Open what `seal` sealed under the same label; DatabaseError where it is damaged."""
        return unseal(self._keys.person_key(person), sealed, label)

    def seal_case(self, case_id: str, plaintext: bytes, label: bytes) -> bytes:
        """Seal under a case's key, which the first sealing makes."""
        return seal(self._keys.make_case_key(case_id), plaintext, label, self._random)

    def unseal_case(self, case_id: str, sealed: bytes, label: bytes) -> bytes:
        """Open what `seal_case` sealed; GoneError where the case's key was destroyed."""
        return unseal(self._keys.case_key(case_id), sealed, label)

    def opener_of_case(self, case_id: str) -> Callable[[bytes, bytes], bytes]:
        """Return what opens many values as `unseal_case` does each, the key asked for once.

        For values of one transaction: it is not to outlive that. Raises as `unseal_case`.
        """
        return opener(self._keys.case_key(case_id))

    def file_under(self, person: str, day: int) -> bytes:
        """Return the pseudonym of a person on a day, which is on file from now on."""
        named = self.file_under_many((person,), day)
        if person not in named:
            raise GoneError("Nothing is filed for this person: they were erased.")
        return named[person]

    def file_under_many(self, people: Iterable[str], day: int) -> dict[str, bytes]:
        """Return the pseudonyms of many people on a day, on file from now on; one transaction.

        Whoever was erased is left out.
        """
        keys = self._keys.person_keys(people)
        if not keys:
            return {}
        day_key = self._keys.make_day_key(day)
        named = {who: daily_pseudonym(day_key, key, day) for who, key in keys.items()}
        there = self._people.file_pseudonyms(day, [(name, who) for who, name in named.items()])
        return {who: name for who, name in named.items() if who in there}

    def filed(
        self, days: Collection[int], *, among: tuple[int, Collection[bytes]] | None = None
    ) -> list[dict[int, bytes]]:
        """Return the pseudonyms of each person on some days, without saying whose they are.

        A day is cut knowing the same person's neighbouring days, which the lake alone cannot
        link. Days whose key is gone are left out. ``among`` asks only for those who are called
        one of some pseudonyms on a day.
        """
        day_keys = {day: self._keys.day_key(day) for day in set(days) & self._keys.days()}
        people: Iterable[bytes] = self._keys.person_keys(self._keys.people()).values()
        if among is not None:
            people = self._called(people, *among)
        return [
            {day: daily_pseudonym(day_key, key, day) for day, day_key in day_keys.items()}
            for key in people
        ]

    def _called(
        self, people: Iterable[bytes], day: int, pseudonyms: Collection[bytes]
    ) -> list[bytes]:
        """Return the keys of those who are called one of some pseudonyms on a day."""
        if not pseudonyms or day not in self._keys.days():
            return []
        day_key, wanted = self._keys.day_key(day), set(pseudonyms)
        return [key for key in people if daily_pseudonym(day_key, key, day) in wanted]

    def beacons(self, person: str, days: Collection[int]) -> dict[int, bytes]:
        """Return what a person's phone sends on each day, on file from now on."""
        key = self._keys.person_key(person)
        sent = {
            day: daily_beacon(self._keys.make_day_key(day), key, day) for day in sorted(set(days))
        }
        rows = [(day, beacon, person) for day, beacon in sent.items()]
        if rows and not self._people.file_beacons(rows):
            raise GoneError("There are no beacons for this person: they were erased.")
        return sent

    def file_ties(self, day: int, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Note of a day's calls those of somebody who works here; of all others nothing is kept.

        Pairs are pseudonyms of the day, in either order. What it is for: `near`.
        """
        distinct = sorted({(min(pair), max(pair)) for pair in pairs})
        for start in range(0, len(distinct), _PAIRS_AT_ONCE):
            self._people.file_ties(day, distinct[start : start + _PAIRS_AT_ONCE])

    def near(self, number_hash: bytes, case_id: str) -> dict[str, str]:
        """Return which contacts of a case a colleague must leave to others: by number, and why.

        ``self`` where it is the colleague with that registered number, ``tied`` where the two call
        each other. A yes or no about contact numbers: nobody is named, so there is no look.
        """
        return self._people.near(number_hash, case_id)

    def people_of_beacons(self, day: int, beacons: Collection[bytes]) -> dict[bytes, str]:
        """Return who sent each beacon on a day, to file what others heard. Unknown: left out."""
        return self._people.people_of_beacons(day, beacons)
