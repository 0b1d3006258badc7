"""The stand-alone verifier's own Ed25519, beside the standard's examples and another's."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.ledger import load_verifier

verifier = load_verifier()

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_signatures_of_the_standard_s_own_examples_verify(
    public: str, message: str, signature: str
) -> None:
    key, text, signed = (bytes.fromhex(digits) for digits in (public, message, signature))
    assert verifier.is_signed(key, text, signed)
    assert not verifier.is_signed(key, text + b"\0", signed)
    # The same equation holds with the group's order added: a second signature of one text.
    answer = int.from_bytes(signed[32:], "little") + verifier.ORDER
    assert not verifier.is_signed(key, text, signed[:32] + answer.to_bytes(32, "little"))


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=99), bit=st.integers(0))
def test_it_agrees_with_another_implementation_on_every_signature(
    seed: bytes, message: bytes, bit: int
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verifier.is_signed(public, message, signature)
    changed = bytearray(signature)
    changed[bit // 8 % 64] ^= 1 << bit % 8
    assert not verifier.is_signed(public, message, bytes(changed))


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (bytes(31), bytes(64)),
        (bytes(32), bytes(63)),
        (b"\xff" * 32, bytes(64)),  # not below the field's prime
        (b"\2" + bytes(31), bytes(64)),  # no such point
        (b"\1" + bytes(30) + b"\x80", bytes(64)),  # minus zero
    ],
)
def test_keys_and_signatures_that_stand_for_nothing_are_refused(
    key: bytes, signature: bytes
) -> None:
    assert not verifier.is_signed(key, b"", signature)
