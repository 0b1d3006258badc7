"""Whatever is sent: no error but a refusal, received = kept + refused, the sound rows kept."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.arrivals_world import BOUNDS, fix, fixes_of, message, stream
from tests.services import NOON

from fortnight.arrivals.owntracks import read_post
from fortnight.arrivals.rows import (
    encounters_of_json,
    fixes_of_arrow,
    fixes_of_json,
    visits_of_json,
)
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.arrivals.bounds import Bounds
    from fortnight.arrivals.rows import Decoded

    Decoder = Callable[[bytes, Bounds, int], Decoded]

DECODERS: dict[str, Decoder] = {
    "fixes": fixes_of_json,
    "visits": visits_of_json,
    "encounters": encounters_of_json,
}
NAMES = [
    "time", "lon", "lat", "accuracy", "source", "venue", "room", "start", "end", "seen",
    "attenuation", "rssi", "_type", "tst", "acc", "data",
]  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(NOON - 10**9, NOON + 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-180, 180)
    | st.text(max_size=40)
    | st.sampled_from(["location", "encrypted", "ab" * 16, "2026-03-01T12:00:00Z", "1e5", "∞"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
rows = st.lists(objects | values, max_size=12)
sound = st.lists(st.integers(0, 10_000).map(fix), max_size=12)


def consistent(found: Decoded) -> bool:
    checked = found.checked
    return checked.received == checked.kept + sum(checked.refused.values())


@pytest.mark.parametrize("kind", list(DECODERS))
@given(rows)
def test_random_rows_are_counted_every_one(kind: str, rows: list[Any]) -> None:
    found = DECODERS[kind](message(kind, rows), BOUNDS, NOON)
    assert consistent(found)
    assert found.checked.received == len(rows)


@given(st.data())
def test_the_sound_rows_are_kept_whatever_stands_between(data: st.DataObject) -> None:
    good: list[Any] = data.draw(sound)
    bad = data.draw(st.lists(values.filter(lambda one: not isinstance(one, dict)), max_size=8))
    mixed = data.draw(st.permutations(good + bad))
    found = fixes_of_json(message("fixes", mixed), BOUNDS, NOON).checked
    assert (found.kept, found.received) == (len(good), len(mixed))
    kept = fixes_of([found.packed]).time.tolist()
    assert sorted(kept) == sorted(row["time"] for row in good)


@given(sound, st.data())
def test_damaged_json_is_refused_or_counted(good: list[Any], data: st.DataObject) -> None:
    body = bytearray(message("fixes", good))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        if data.draw(st.booleans()):
            body[place] = data.draw(st.integers(0, 255))
        else:
            del body[place:]
            body += b"}"
    with contextlib.suppress(RefusedError):
        assert consistent(fixes_of_json(bytes(body), BOUNDS, NOON))


@settings(max_examples=300)
@given(st.data())
def test_damaged_arrow_is_refused_or_counted(data: st.DataObject) -> None:
    columns = {
        "time": [NOON - place for place in range(20)],
        "lon": [24.0] * 20,
        "lat": [56.0] * 20,
        "source": ["gnss", "wifi"] * 10,
    }
    body = bytearray(stream(columns))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del body[data.draw(st.integers(0, len(body))) :]
    with contextlib.suppress(RefusedError):
        assert consistent(fixes_of_arrow(bytes(body), BOUNDS, NOON))


@given(objects | values | st.binary(max_size=60), st.binary(max_size=40))
def test_a_phone_never_hears_an_error(said: object, key: bytes) -> None:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    found = read_post(body, "d" * 32, lambda: key, NOON, BOUNDS).checked
    assert found.received == found.kept + sum(found.refused.values()) == 1


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_or_counted(body: bytes) -> None:
    for decode in (*DECODERS.values(), fixes_of_arrow):
        with contextlib.suppress(RefusedError):
            assert consistent(decode(body, BOUNDS, NOON))
