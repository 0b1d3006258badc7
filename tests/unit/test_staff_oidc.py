"""What the identity provider sends back: taken only where everything about it is right."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from tests.services import MINUTE, NOON, seeded, stores_in

from fortnight.errors import RefusedError
from fortnight.staff.accounts import Accounts, NewAccount
from fortnight.staff.ceremonies import Ceremonies
from fortnight.staff.oidc import CALLBACK, Client, Oidc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.services import Clock

ISSUER = "https://id.example"
NOW_S = NOON // 1_000
KEY = RSAKey.generate_key(2048, {"kid": "k"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k"})


@dataclass
class Provider:
    """Answers as a provider would, with whatever token a test wants."""

    document: dict[str, Any] = field(
        default_factory=lambda: {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
    )
    token: str = ""
    asked: dict[str, str] = field(default_factory=dict)

    def get(self, url: str) -> bytes:
        if url == f"{ISSUER}/keys":
            return json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
        assert url == f"{ISSUER}/.well-known/openid-configuration"
        return json.dumps(self.document).encode()

    def post(self, url: str, fields: Mapping[str, str], authorization: str | None) -> bytes:
        assert url == f"{ISSUER}/token"
        assert authorization is None
        self.asked = dict(fields)
        return json.dumps({"id_token": self.token}).encode()


@dataclass
class World:
    oidc: Oidc
    provider: Provider
    account: str

    def begin(self) -> tuple[str, dict[str, str], str]:
        """Begin, and return the cookie's secret, what would come back, and the nonce."""
        sent = self.oidc.begin(NOON)
        asked = {name: value[0] for name, value in parse_qs(urlsplit(sent.url).query).items()}
        assert asked["redirect_uri"] == f"https://office.example{CALLBACK}"
        assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
        return sent.secret, {"code": "c", "state": asked["state"], "iss": ISSUER}, asked["nonce"]


@pytest.fixture
def world(world_folder: Path, clock: Clock) -> Iterator[World]:
    with stores_in(world_folder, clock) as stores:
        random = seeded(8).randbytes
        accounts = Accounts(stores.database, bytes(32), stores.vault.number_hash, random)
        new = NewAccount("anna", "lead", "Anna", "north", subject="sub-1")
        made = accounts.add(new, by="test", now=NOON)
        provider = Provider()
        client = Client(ISSUER, "fortnight", "", "https://office.example")
        oidc = Oidc(client, accounts, Ceremonies(stores.database, random), provider)
        yield World(oidc, provider, made.account)


def claims(nonce: object, **changed: object) -> dict[str, Any]:
    made: dict[str, Any] = {
        "iss": ISSUER,
        "aud": "fortnight",
        "sub": "sub-1",
        "nonce": nonce,
        "iat": NOW_S,
        "exp": NOW_S + 300,
    }
    made |= changed
    return {name: value for name, value in made.items() if value is not None}


def signed(held: dict[str, Any], key: RSAKey = KEY, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": "k"}, held, key, algorithms=[alg])


def part(held: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")


def test_a_sound_answer_shows_whose_it_is_once(world: World) -> None:
    secret, answer, nonce = world.begin()
    world.provider.token = signed(claims(nonce))
    assert world.oidc.sign_in(secret, answer, NOON).id == world.account
    assert len(world.provider.asked["code_verifier"]) == 43
    with pytest.raises(RefusedError, match="begin again"):
        world.oidc.sign_in(secret, answer, NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["fortnight", "another"]},
        {"aud": None},
        {"aud": []},
        {"iss": "https://id.example/"},
        {"iss": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": NOW_S - 61},
        {"exp": None},
        {"exp": "never"},
        {"iat": NOW_S + 120},
        {"iat": NOW_S - 601},
        {"iat": None},
        {"nbf": NOW_S + 120},
        {"sub": None},
        {"sub": ""},
        {"sub": ["sub-1"]},
        {"sub": "sub-2"},
    ],
)
def test_a_token_for_another_moment_service_or_sign_in_is_refused(
    world: World, changed: dict[str, object]
) -> None:
    secret, answer, nonce = world.begin()
    world.provider.token = signed(claims(**{"nonce": nonce, **changed}))
    with pytest.raises(RefusedError):
        world.oidc.sign_in(secret, answer, NOON)


def of_nobody(held: dict[str, Any]) -> str:
    return f"{part({'alg': 'none'})}.{part(held)}."


def of_nobody_in_capitals(held: dict[str, Any]) -> str:
    return f"{part({'alg': 'None', 'kid': 'k'})}.{part(held)}."


def with_the_public_key_as_secret(held: dict[str, Any]) -> str:
    secret = OctKey.import_key(KEY.as_pem(private=False).hex())
    return jwt.encode({"alg": "HS256", "kid": "k"}, held, secret, algorithms=["HS256"])


def of_another_key(held: dict[str, Any]) -> str:
    return signed(held, OTHER_KEY)


def without_signature(held: dict[str, Any]) -> str:
    return signed(held).rpartition(".")[0] + "."


def changed_after(held: dict[str, Any]) -> str:
    head, _, rest = signed(held | {"sub": "sub-9"}).split(".")
    return f"{head}.{part(held)}.{rest}"


@pytest.mark.parametrize(
    "forge",
    [
        of_nobody,
        of_nobody_in_capitals,
        with_the_public_key_as_secret,
        of_another_key,
        without_signature,
        changed_after,
        lambda _: "",
        lambda _: "a.b.c",
        lambda _: "\u0000",
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    world: World, forge: Callable[[dict[str, Any]], str]
) -> None:
    secret, answer, nonce = world.begin()
    world.provider.token = forge(claims(nonce))
    with pytest.raises(RefusedError):
        world.oidc.sign_in(secret, answer, NOON)


@pytest.mark.parametrize(
    "changed",
    [{"state": "another"}, {"state": ""}, {"iss": "https://other.example"}, {"code": None}],
)
def test_an_answer_that_belongs_to_no_sign_in_of_this_browser_is_refused(
    world: World, changed: dict[str, str | None]
) -> None:
    secret, answer, nonce = world.begin()
    world.provider.token = signed(claims(nonce))
    given = {name: value for name, value in (answer | changed).items() if value is not None}
    with pytest.raises(RefusedError):
        world.oidc.sign_in(secret, given, NOON)
    assert world.provider.asked == {}


def test_an_answer_for_another_browser_or_too_late_is_refused(world: World) -> None:
    secret, answer, nonce = world.begin()
    other, _, _ = world.begin()
    world.provider.token = signed(claims(nonce))
    for cookie in (None, "", other):
        with pytest.raises(RefusedError):
            world.oidc.sign_in(cookie, answer, NOON)
    with pytest.raises(RefusedError, match="begin again"):
        world.oidc.sign_in(secret, answer, NOON + 5 * MINUTE)


def test_stepping_up_needs_a_fresh_sign_in_of_the_same_account(world: World) -> None:
    for account, at, is_right in (
        (world.account, NOW_S, True),
        (world.account, NOW_S - 600, False),
        (world.account, None, False),
        ("f" * 32, NOW_S, False),
    ):
        sent = world.oidc.begin_step_up(world.account, NOON)
        asked = {name: value[0] for name, value in parse_qs(urlsplit(sent.url).query).items()}
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        world.provider.token = signed(claims(asked["nonce"], auth_time=at))
        answer = {"code": "c", "state": asked["state"]}
        if is_right:
            world.oidc.step_up(sent.secret, account, answer, NOON)
        else:
            with pytest.raises(RefusedError):
                world.oidc.step_up(sent.secret, account, answer, NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": "http://id.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_is_another_or_speaks_in_the_clear_is_refused(
    world: World, changed: dict[str, object]
) -> None:
    world.provider.document |= changed
    with pytest.raises(RefusedError):
        world.oidc.begin(NOON)
