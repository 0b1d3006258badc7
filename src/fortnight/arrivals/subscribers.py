"""The signed list by which an operator filters first, so that strangers never leave its house."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from fortnight.db.tables import consent_grant
from fortnight.vault.purposes import LIST_GRANTS, Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault

_PURPOSE: Final = b"fortnight: list of subscribers, Ed25519"
"""Keeps the signing key apart from whatever else the same secret is used for."""


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Makes lists of subscribers who agreed.

    Attributes
    ----------
    secret : bytes
        The service's secret from which the signing key is derived.
    district : str
        For which district; everybody on the list sees it in the look at them.
    """

    database: Database
    vault: Vault
    consents: Consents
    secret: bytes
    district: str

    def signed(self, operator: str, now: int) -> bytes:
        """Return the list as JSON: ``signed`` (itself JSON, as text), ``signature``, ``key``.

        Numbers are E.164, by kind of grant. Each person on it gets a look, committed before their
        number is read.
        """
        agreed = self._agreed()
        numbers = self._numbers(operator, set().union(*agreed.values()), now)
        listed = {
            kind: sorted(numbers[person] for person in people if person in numbers)
            for kind, people in agreed.items()
        }
        document = {"made_at": now, "numbers": listed, "operator": operator, "v": 1}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        key = self._key()
        return json.dumps(
            {
                "key": _in_base64(key.public_key().public_bytes_raw()),
                "signature": _in_base64(key.sign(text.encode())),
                "signed": text,
            }
        ).encode()

    def public_key(self) -> bytes:
        """Return the 32 bytes by which an operator verifies lists; they get it by another way."""
        return self._key().public_key().public_bytes_raw()

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hmac.digest(self.secret, _PURPOSE, "sha256"))

    def _agreed(self) -> dict[str, set[str]]:
        """Return by kind of grant who agreed that an operator gives their rows."""
        agreed: dict[str, set[str]] = {}
        with self.database.read() as connection:
            for kind in LIST_GRANTS:
                asked = select(consent_grant.c.person).where(
                    consent_grant.c.kind == kind, consent_grant.c.withdrawn_at.is_(None)
                )
                people = connection.scalars(asked).all()
                agreed[kind] = self.consents.live_people(connection, people, kind)
        return agreed

    def _numbers(self, operator: str, people: set[str], now: int) -> Mapping[str, str]:
        """Return numbers by person, under a look at each."""
        if not people:
            return {}
        reader = Reader(role="operator", actor=operator, district=self.district)
        access = self.vault.open_access(
            reader, Purpose.TRACE, None, (Field.NUMBER,), sorted(people), now
        )
        return {
            person: str(values[Field.NUMBER])
            for person, values in self.vault.read(access).items()
            if Field.NUMBER in values
        }


def _in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
