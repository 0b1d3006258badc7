"""What OwnTracks sends: one fix, or a counted refusal, and never an error."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np
import pytest
from nacl.secret import SecretBox
from tests.arrivals_world import fixes_of
from tests.services import DAY, NOON

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.json_rows import FixRow, JsonTable
from fortnight.arrivals.owntracks import read_post
from fortnight.arrivals.rows import check_fixes
from fortnight.errors import GoneError

if TYPE_CHECKING:
    from fortnight.arrivals.posts import Post

BOUNDS = Bounds(max_bytes=10_000, max_rows=100)
DEVICE = "d" * 32
KEY = b"a secret of the phone"


def location(**said: object) -> bytes:
    known = {"_type": "location", "lat": 56.95, "lon": 24.1, "tst": NOON // 1_000, "acc": 9}
    return json.dumps({**known, "vel": 3, "tid": "ab", "batt": 80, **said}).encode()


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    # one nonce, so that the names of tests are the same in every process that runs them
    nonce = bytes(SecretBox.NONCE_SIZE)
    box = SecretBox(key.ljust(SecretBox.KEY_SIZE, b"\0")).encrypt(plain, nonce)
    return json.dumps({"_type": "encrypted", "data": b64encode(box).decode()}).encode()


def post(body: bytes, device: str = DEVICE) -> Post:
    return read_post(body, device, lambda: KEY, NOON, BOUNDS)


def test_a_location_is_one_fix() -> None:
    found = post(location()).checked
    assert (found.received, found.kept, found.refused) == (1, 1, {})
    kept = fixes_of([found.packed])
    assert (kept.time[0], kept.lon_e7[0], kept.lat_e7[0]) == (NOON, 241_000_000, 569_500_000)
    assert kept.accuracy[0] == 9


def test_the_same_device_and_time_is_the_same_batch() -> None:
    assert post(location()).batch == post(location(acc=50, batt=3)).batch
    assert post(location()).batch != post(location(tst=NOON // 1_000 - 1)).batch
    assert post(location()).batch != post(location(), device="e" * 32).batch
    assert len(post(location()).batch) == 64


def test_an_encrypted_location_is_the_same_as_a_plain_one() -> None:
    assert post(sealed(location())) == post(location())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"_type": "transition"}', "not-a-location"),
        (b'{"_type": "lwt", "tst": 1}', "not-a-location"),
        (b'{"lat": 1, "lon": 2, "tst": 3}', "not-a-location"),
        (b"", "damaged"),
        (b"[]", "damaged"),
        (b'{"_type": 5}', "damaged"),
        (location(lat=[1]), "damaged"),
        (b'{"_type": "location"' + b" " * 10_000, "too-large"),
        (b"[" * 50, "too-large"),
        (b'{"_type": "encrypted"}', "undecryptable"),
        (b'{"_type": "encrypted", "data": "not base64"}', "undecryptable"),
        (sealed(location(), b"another"), "undecryptable"),
        (sealed(sealed(location())), "not-a-location"),
        (sealed(b"nonsense"), "damaged"),
        (location(lat=91.0), "off-globe"),
        (location(lon=None), "not-a-number"),
        (location(lon=0.0, lat=0.0), "null-island"),
        (location(tst=None), "bad-time"),
        (location(tst=10**400), "bad-time"),
        (location(tst=NOON // 1_000 + 3_600), "future"),
        (location(tst=(NOON - 15 * DAY) // 1_000), "too-old"),
        (location(acc=-4), "bad-accuracy"),
    ],
)
def test_everything_else_is_counted(body: bytes, reason: str) -> None:
    found = post(body).checked
    assert (found.received, found.kept, found.refused) == (1, 0, {reason: 1})


def test_a_device_without_a_key_or_whose_person_is_gone_is_undecryptable() -> None:
    def gone() -> bytes:
        raise GoneError("gone")

    for key in (gone, lambda: None):
        found = read_post(sealed(location()), DEVICE, key, NOON, BOUNDS)
        assert found.checked.refused == {"undecryptable": 1}


@pytest.mark.parametrize(
    "said", [{}, {"acc": None}, {"lon": -179.9999999, "lat": -90.0}, {"lon": 3}]
)
def test_the_short_way_of_sound_locations_says_what_the_rules_say(said: dict[str, object]) -> None:
    body = location(**said)
    known = json.loads(body)
    row = FixRow(known["tst"], known["lon"], known["lat"], known["acc"])
    slow = check_fixes(JsonTable([row], np.zeros(1, dtype=np.int64), ()), NOON)
    assert post(body).checked == slow
    assert slow.kept == 1
