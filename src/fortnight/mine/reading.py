"""A person reads what lies under their own pseudonyms.

The vault has no door without a look, and this makes none: a person's own reading leaves a look as
any other does. It is listed apart, as theirs. Whoever holds somebody's phone and opens their days
is seen there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.errors import RefusedError
from fortnight.vault.purposes import OWN, Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.vault.door import Vault

_FIELDS: Final = (Field.EVIDENCE, Field.PSEUDONYMS)


@dataclass(frozen=True, slots=True)
class OwnReading:
    """Opens a person's pseudonyms for themselves. ``district`` is where the service works."""

    vault: Vault
    district: str

    def pseudonyms(self, person: str, now: int) -> Mapping[int, bytes]:
        """Return a person's pseudonyms by day, under a look of their own.

        Nothing for whoever is not enrolled (any more).
        """
        reader = Reader(OWN, OWN, self.district)
        try:
            access = self.vault.open_access(reader, Purpose.RIGHTS, None, _FIELDS, (person,), now)
            found = self.vault.read(access).get(person, {}).get(Field.PSEUDONYMS)
        except RefusedError:
            return {}
        return found if isinstance(found, dict) else {}
