"""Signing in at the identity provider of the health service: OpenID Connect, code flow, PKCE.

What the browser brings back proves nothing by itself: the code is exchanged by us, at the
provider, with a verifier that never left this service; the ID token that comes for it is verified
by the provider's published keys, and has to be for us, of this sign-in and of this moment.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.staff.accounts import Account, Accounts
    from fortnight.staff.ceremonies import Ceremonies, Ceremony

CALLBACK: Final = "/office/sign-in/provider/answer"
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384")
"""Signatures with the provider's own key. Not ``none``; and no HS256, where whoever holds the
secret that we share could sign as the provider."""
NOT_SHOWN: Final = "The identity provider did not show who you are. Begin again."
NOBODY: Final = (
    "You have no account here: the administrator makes one with the subject by which the identity "
    "provider knows you."
)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_LEEWAY_S: Final = 60
_OLD_S: Final = 600


class Web(Protocol):
    """How the provider is asked."""

    def get(self, url: str) -> bytes:
        """Return what is at a URL. Raises RefusedError where it cannot be had."""

    def post(self, url: str, fields: Mapping[str, str], authorization: str | None) -> bytes:
        """Return the answer to a form. Raises RefusedError where it cannot be had."""


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider and this service agreed on."""

    issuer: str
    client_id: str
    secret_file: str
    origin: str

    @property
    def callback(self) -> str:
        """Where the provider sends browsers back to."""
        return self.origin + CALLBACK

    def authorization(self) -> str | None:
        """Return how we show that it is we who ask; None for a public client."""
        if not self.secret_file:
            return None
        secret = Path(self.secret_file).read_text(encoding="utf-8").strip()
        pair = f"{quote(self.client_id, safe='')}:{quote(secret, safe='')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the browser is sent, and the secret for its cookie."""

    url: str
    secret: str = field(repr=False)


class _Discovery(msgspec.Struct, frozen=True):
    """What the provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


@dataclass(frozen=True, slots=True)
class Oidc:
    """Sign-in at the provider."""

    client: Client
    accounts: Accounts
    ceremonies: Ceremonies
    web: Web

    def begin(self, now: int) -> Sent:
        """Send a browser to the provider. Raises RefusedError where that cannot be asked."""
        return self._begin("oidc", now, None)

    def begin_step_up(self, account: str, now: int) -> Sent:
        """Send a browser there to show once more that it is they."""
        return self._begin("oidc-step-up", now, account)

    def sign_in(self, secret: str | None, answer: Mapping[str, str], now: int) -> Account:
        """Return whom the provider showed. Raises RefusedError."""
        return self._shown(secret, "oidc", answer, now)

    def step_up(
        self, secret: str | None, account: str, answer: Mapping[str, str], now: int
    ) -> None:
        """Raise RefusedError where it was not they, or they did not just sign in again."""
        if self._shown(secret, "oidc-step-up", answer, now).id != account:
            raise RefusedError(NOT_SHOWN)

    def _begin(self, kind: str, now: int, account: str | None) -> Sent:
        found = self._discover()
        nonce, verifier = self.ceremonies.text(), self.ceremonies.text()
        secret = self.ceremonies.begin(kind, nonce, now, account=account, verifier=verifier)
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.callback,
            "scope": "openid",
            "state": _state(secret),
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        if account is not None:
            asked |= {"prompt": "login", "max_age": "0"}
        joint = "&" if urlsplit(found.authorization_endpoint).query else "?"
        return Sent(f"{found.authorization_endpoint}{joint}{urlencode(asked)}", secret)

    def _shown(self, secret: str | None, kind: str, answer: Mapping[str, str], now: int) -> Account:
        if not hmac.compare_digest(answer.get("state", "").encode(), _state(secret or "").encode()):
            raise RefusedError(NOT_SHOWN)
        asked = self.ceremonies.take(secret, kind, now)
        if answer.get("iss", self.client.issuer) != self.client.issuer or "code" not in answer:
            raise RefusedError(NOT_SHOWN)
        claims = self._claims(asked, answer["code"], now, is_fresh=kind == "oidc-step-up")
        account = self.accounts.with_subject(str(claims["sub"]))
        if account is None:
            raise RefusedError(NOBODY)
        return account

    def _claims(self, asked: Ceremony, code: str, now: int, *, is_fresh: bool) -> Mapping[str, Any]:
        found = self._discover()
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.callback,
            "client_id": self.client.client_id,
            "code_verifier": asked.verifier or "",
        }
        given = self.web.post(found.token_endpoint, fields, self.client.authorization())
        token = _decoded(given, _Tokens).id_token
        claims = self._verified(token, self.web.get(found.jwks_uri), now // 1_000)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), asked.challenge.encode()):
            raise RefusedError(NOT_SHOWN)
        if is_fresh and not _is_recent(claims.get("auth_time"), now // 1_000):
            raise RefusedError(NOT_SHOWN)
        return claims

    def _verified(self, token: str, keys: bytes, now_s: int) -> Mapping[str, Any]:
        """Return what a token says, once it is shown that it is the provider's, for us, and new."""
        rules = jwt.JWTClaimsRegistry(
            now=now_s,
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.client.issuer},
            aud={"essential": True, "value": self.client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            key_set = KeySet.import_key_set(msgspec.json.decode(keys))
            claims: dict[str, Any] = jwt.decode(token, key_set, algorithms=list(ALGORITHMS)).claims
            rules.validate(claims)
        except (JoseError, ValueError, TypeError, LookupError) as error:
            raise RefusedError(NOT_SHOWN) from error
        others = claims["aud"] if isinstance(claims["aud"], list) else []
        if len(others) > 1 and claims.get("azp") != self.client.client_id:
            raise RefusedError(NOT_SHOWN)
        if claims["iat"] < now_s - _OLD_S:
            raise RefusedError(NOT_SHOWN)
        return claims

    def _discover(self) -> _Discovery:
        where = self.client.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found: _Discovery = _decoded(self.web.get(where), _Discovery)
        if found.issuer != self.client.issuer:
            raise RefusedError("The identity provider calls itself by another name than expected.")
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                raise RefusedError("The identity provider names an address without encryption.")
        return found


def _decoded(answer: bytes, kind: type[Any]) -> Any:  # noqa: ANN401 - of that type
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.DecodeError as error:
        raise RefusedError("The identity provider's answer cannot be read.") from error


def _state(secret: str) -> str:
    """Return what comes back with the answer: only the browser that holds the secret knows it."""
    return sha256(b"state " + secret.encode(errors="surrogatepass")).hexdigest()


def _challenge(verifier: str) -> str:
    digest = sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _is_recent(instant: object, now_s: int) -> bool:
    return isinstance(instant, int | float) and now_s - instant <= _LEEWAY_S + 240
