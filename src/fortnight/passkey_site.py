"""One site's part in passkeys: what a browser is asked to sign, and whether it signed that.

A passkey is bound to the name of the site, so a page that only looks like ours gets nothing. Whose
a passkey is, and for how long a question stands, its rooms know; this file alone knows how a
question is written and an answer is checked (WebAuthn level 2, by the library of that name).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SITE_NAME: Final = "Fortnight"
_CHALLENGE_BYTES: Final = 32
_MOST_ANSWER_BYTES: Final = 16 * 1_024
_UNREADABLE: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)
"""What the library raises for answers that are wrong, or that are none."""


class UnsignedError(ValueError):
    """An answer is none to what was asked, or no key of this site signed it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked: JSON for its own function, and the secret for its cookie."""

    options: str
    secret: str = field(repr=False)


class Challenge(NamedTuple):
    """A question to a browser: JSON for it, and what its answer has to sign."""

    options: str
    text: str


class Made(NamedTuple):
    """A passkey that a browser made: its name, the key to check it by, how often it signed."""

    credential: bytes
    public_key: bytes
    sign_count: int


class Answer(NamedTuple):
    """What a browser sent back, not checked yet: which passkey signed, and for whom."""

    document: dict[str, Any]
    credential: bytes
    handle: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """A site that passkeys are bound to.

    Parameters
    ----------
    origin : str
        Scheme, name and port by which browsers open its pages.
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    origin: str
    random: Callable[[int], bytes]

    @property
    def name(self) -> str:
        """The name that passkeys are bound to."""
        return urlsplit(self.origin).hostname or "localhost"

    def ask_for_new(self, handle: bytes, login: str, shown: str, *, is_listed: bool) -> Challenge:
        """Ask for a new passkey.

        Parameters
        ----------
        handle, login, shown
            What the device keeps of its owner, and shows.
        is_listed
            Whether the device has to list it among its keys, so that it can name its owner.
        """
        listed = (
            ResidentKeyRequirement.REQUIRED if is_listed else ResidentKeyRequirement.DISCOURAGED
        )
        challenge = self.random(_CHALLENGE_BYTES)
        options = generate_registration_options(
            rp_id=self.name,
            rp_name=SITE_NAME,
            user_id=handle,
            user_name=login,
            user_display_name=shown,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=listed, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return Challenge(options_to_json(options), bytes_to_base64url(challenge))

    def ask_for_one_of(self, held: Sequence[bytes]) -> Challenge:
        """Ask for one of these passkeys, or for any of this site where none is named."""
        challenge = self.random(_CHALLENGE_BYTES)
        options = generate_authentication_options(
            rp_id=self.name,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held] or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return Challenge(options_to_json(options), bytes_to_base64url(challenge))

    def made(self, challenge: str, answer: bytes) -> Made:
        """Return the passkey that was made as it was asked for. Raises UnsignedError."""
        try:
            made = verify_registration_response(
                credential=_document(answer),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.name,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except _UNREADABLE as error:
            raise UnsignedError from error
        return Made(made.credential_id, made.credential_public_key, made.sign_count)

    def count_of(self, challenge: str, answer: Answer, public_key: bytes, count: int) -> int:
        """Return how often a key signed by now, this answer included. Raises UnsignedError."""
        try:
            verified = verify_authentication_response(
                credential=answer.document,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self.name,
                expected_origin=self.origin,
                credential_public_key=public_key,
                credential_current_sign_count=count,
                require_user_verification=True,
            )
        except _UNREADABLE as error:
            raise UnsignedError from error
        return verified.new_sign_count


def read_answer(answer: bytes) -> Answer:
    """Return which passkey a browser says signed. Raises UnsignedError where it says nothing."""
    try:
        document = _document(answer)
        handle = document["response"].get("userHandle")
        return Answer(document, base64url_to_bytes(document["rawId"]), handle)
    except _UNREADABLE as error:
        raise UnsignedError from error


def _document(answer: bytes) -> dict[str, Any]:
    """Return the answer of a browser, whose shape the library checks."""
    if len(answer) > _MOST_ANSWER_BYTES:
        raise ValueError("too long")
    return msgspec.json.decode(answer, type=dict[str, Any])
