"""A passkey in place of the PIN, for who wants one: bound to this site, and never sent.

It is no better than the lock of the phone: where another knows that, a PIN is the safer choice,
and the page says so. The key is not listed on the phone where the phone can do without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, insert, or_, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fortnight.db.enrolment_tables import portal_ceremony, portal_passkey
from fortnight.enrolment.people import TOO_LATE, change, standing_of
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database

SITE_NAME: Final = "Fortnight"
NOT_KNOWN: Final = "This was not signed by a key of yours, or it took over 5 minutes. Begin again."
_ANSWER_WITHIN_MS: Final = 5 * 60_000
_BYTES: Final = 32
_MOST_ANSWER_BYTES: Final = 16 * 1_024
_UNREADABLE: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)
"""What the library raises for answers that are wrong, or that are none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked: JSON for its own function, and the secret for its cookie."""

    options: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The passkeys of people. ``origin``: scheme, name and port by which the pages are opened."""

    database: Database
    origin: str
    random: Callable[[int], bytes]

    @property
    def site(self) -> str:
        """The name that passkeys are bound to."""
        return urlsplit(self.origin).hostname or "localhost"

    def is_there(self, person: str) -> bool:
        """Tell whether a person has a passkey here."""
        return bool(self._held(person))

    def begin_choosing(self, person: str, now: int) -> Asked:
        """Ask a browser for a new passkey. What it is told of the person says nothing of them."""
        challenge = self.random(_BYTES)
        options = generate_registration_options(
            rp_id=self.site,
            rp_name=SITE_NAME,
            user_id=self.random(_BYTES),
            user_name=SITE_NAME,
            user_display_name=SITE_NAME,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return self._asked("register", options, challenge, person, now)

    def choose(
        self, secret: str | None, person: str, answer: bytes, now: int, *, is_unlocked: bool
    ) -> None:
        """Keep a new passkey: a first one in its time, or beside what was shown a moment ago.

        Raises RefusedError, and keeps nothing, where it is neither.
        """
        challenge = self._taken(secret, "register", person, now)
        try:
            made = verify_registration_response(
                credential=_document(answer),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.site,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except _UNREADABLE as error:
            raise RefusedError(NOT_KNOWN) from error
        row: dict[str, object] = {"credential": made.credential_id, "person": person}
        row["made_at"] = now
        row |= {"public_key": made.credential_public_key, "sign_count": made.sign_count}
        with self.database.write() as connection:
            standing = standing_of(connection, person)
            if standing is None or not (is_unlocked or standing.may_choose(now)):
                raise RefusedError(TOO_LATE)
            connection.execute(insert(portal_passkey).values(row))
            change(connection, person, shown_at=now)

    def begin(self, person: str, now: int) -> Asked:
        """Ask a browser for a passkey of that person."""
        challenge = self.random(_BYTES)
        held = [PublicKeyCredentialDescriptor(id=one) for one in self._held(person)]
        options = generate_authentication_options(
            rp_id=self.site,
            challenge=challenge,
            allow_credentials=held,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return self._asked("unlock", options, challenge, person, now)

    def show(self, secret: str | None, person: str, answer: bytes, now: int) -> None:
        """Raise RefusedError where it is not a passkey of that person that signed."""
        challenge = self._taken(secret, "unlock", person, now)
        try:
            document = _document(answer)
            credential = base64url_to_bytes(document["rawId"])
            public_key, count = self._key(person, credential)
            verified = verify_authentication_response(
                credential=document,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.site,
                expected_origin=self.origin,
                credential_public_key=public_key,
                credential_current_sign_count=count,
                require_user_verification=True,
            )
        except _UNREADABLE as error:
            raise RefusedError(NOT_KNOWN) from error
        self._count(credential, verified.new_sign_count)

    def _asked(self, kind: str, options: Any, challenge: bytes, person: str, now: int) -> Asked:  # noqa: ANN401 - of one kind or the other
        secret = self.random(_BYTES).hex()
        row: dict[str, object] = {"secret_hash": _hash(secret), "kind": kind, "person": person}
        row |= {"challenge": bytes_to_base64url(challenge), "expires_at": now + _ANSWER_WITHIN_MS}
        with self.database.write() as connection:
            connection.execute(delete(portal_ceremony).where(portal_ceremony.c.expires_at <= now))
            connection.execute(insert(portal_ceremony).values(row))
        return Asked(options_to_json(options), secret)

    def _taken(self, secret: str | None, kind: str, person: str, now: int) -> str:
        """End what was asked, and return its challenge. Raises RefusedError where it is over."""
        c = portal_ceremony.c
        mine = (c.secret_hash == _hash(secret or ""), c.kind == kind, c.person == person)
        with self.database.write() as connection:
            taken = delete(portal_ceremony).where(*mine, c.expires_at > now)
            challenge = connection.scalar(taken.returning(c.challenge))
        if challenge is None:
            raise RefusedError(NOT_KNOWN)
        return str(challenge)

    def _held(self, person: str) -> list[bytes]:
        with self.database.read() as connection:
            of_them = portal_passkey.c.person == person
            return list(connection.scalars(select(portal_passkey.c.credential).where(of_them)))

    def _key(self, person: str, credential: bytes) -> tuple[bytes, int]:
        c = portal_passkey.c
        query = select(c.public_key, c.sign_count).where(
            c.credential == credential, c.person == person
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise RefusedError(NOT_KNOWN)
        return row.public_key, row.sign_count

    def _count(self, credential: bytes, count: int) -> None:
        """Keep how often it signed. Refuse a count that another answer reached: it was copied."""
        held = portal_passkey.c.sign_count
        counted = update(portal_passkey).where(portal_passkey.c.credential == credential)
        with self.database.write() as connection:
            done = connection.execute(
                counted.where(or_(held < count, held == 0)).values(sign_count=count)
            )
        if not done.rowcount:
            raise RefusedError(NOT_KNOWN)


def _document(answer: bytes) -> dict[str, Any]:
    """Return the answer of a browser, whose shape the library checks."""
    if len(answer) > _MOST_ANSWER_BYTES:
        raise ValueError("too long")
    return msgspec.json.decode(answer, type=dict[str, Any])


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()
