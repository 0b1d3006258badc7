"""Pseudonyms, hashes, sealing and numbers against their definitions, by the standard library."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services import seeded

from fortnight.errors import DatabaseError, RefusedError
from fortnight.vault.numbers import lookup_hash, parse_number
from fortnight.vault.pseudonyms import daily_beacon, daily_pseudonym
from fortnight.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = st.binary(min_size=32, max_size=32)
DAYS = st.integers(0, 100_000)


def reference(key: bytes, *said: bytes) -> bytes:
    """HMAC-SHA256 from its definition: two hashes, two pads."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + b"".join(said)).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@given(KEYS, KEYS, DAYS)
def test_a_pseudonym_is_the_first_half_of_a_keyed_hash(day: bytes, person: bytes, at: int) -> None:
    eight = bytes((at >> shift) & 0xFF for shift in range(56, -8, -8))
    assert daily_pseudonym(day, person, at) == reference(day, person, eight)[:16]
    assert daily_beacon(day, person, at) == reference(day, b"beacon", person, eight)[:16]


@given(st.lists(st.tuples(KEYS, KEYS, DAYS), min_size=2, max_size=8, unique=True))
def test_no_two_days_people_or_keys_share_a_name(
    inputs: Sequence[tuple[bytes, bytes, int]],
) -> None:
    names = [name(*one) for one in inputs for name in (daily_pseudonym, daily_beacon)]
    assert len(set(names)) == 2 * len(inputs)


@given(KEYS, st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_number_is_found_by_a_keyed_hash(key: bytes, number: str) -> None:
    assert lookup_hash(key, number) == reference(key, number.encode())
    assert lookup_hash(key, number) == hmac.new(key, number.encode(), "sha256").digest()


@given(KEYS, st.binary(max_size=200), st.binary(max_size=20), st.integers(0, 2**32))
def test_what_is_sealed_opens_and_hides_what_it_is(
    key: bytes, plaintext: bytes, label: bytes, seed: int
) -> None:
    sealed = seal(key, plaintext, label, seeded(seed).randbytes)
    assert unseal(key, sealed, label) == plaintext
    assert len(sealed) == len(plaintext) + 28
    assert len(plaintext) < 4 or plaintext not in sealed


@given(
    KEYS, KEYS, st.binary(max_size=50), st.binary(max_size=20), st.binary(max_size=20), st.data()
)
def test_nothing_else_opens(
    key: bytes, other: bytes, plaintext: bytes, label: bytes, moved: bytes, data: st.DataObject
) -> None:
    sealed = seal(key, plaintext, label, seeded().randbytes)
    place = data.draw(st.integers(0, len(sealed) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytes(byte ^ (1 << bit) * (at == place) for at, byte in enumerate(sealed))
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    wrong = [(key, changed, label), (key, cut, label)]
    wrong += [(other, sealed, label)] * (other != key) + [(key, sealed, moved)] * (moved != label)
    for attempt in wrong:
        with pytest.raises(DatabaseError):
            unseal(*attempt)


def test_one_plaintext_is_sealed_differently_each_time() -> None:
    random = seeded().randbytes
    assert len({seal(b"k" * 32, b"fixes", b"arrival", random) for _ in range(50)}) == 50


@given(st.integers(20_000_000, 29_999_999), st.lists(st.sampled_from(" -.()/"), max_size=6))
def test_a_number_is_one_however_it_is_spaced(subscriber: int, marks: list[str]) -> None:
    digits = str(subscriber)
    spaced = "".join(digit + mark for digit, mark in zip(digits, [*marks, *[""] * 8], strict=False))
    assert parse_number(f"+371 {spaced}") == f"+371{subscriber}"
    assert parse_number(f"+371{subscriber}") == f"+371{subscriber}"


@given(st.text(max_size=60))
def test_every_text_is_a_number_in_full_or_refused(text: str) -> None:
    try:
        written = parse_number(text)
    except RefusedError:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{3,14}", written)
    assert parse_number(written) == written


@pytest.mark.parametrize(
    "text",
    ["", "+", "20000007", "0037120000007", "+37120000007 ext. 5", "+371200", "+999123456789", "x"],
)
def test_what_is_no_number_in_full_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="in full with its country") as refused:
        parse_number(text)
    assert len(text) < 2 or text not in str(refused.value)
