"""Operators' deliveries: all of it right or nothing written, and of strangers never a byte."""

from __future__ import annotations

import base64
import csv
import io
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, select
from tests.arrivals_world import enrolled, fixes_of, stored
from tests.services import DAY, NOON, Stores, seeded

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.operators import Deliveries
from fortnight.db.tables import alarm, arrival, delivery, ledger_leaf, operator
from fortnight.errors import ConflictError, RefusedError
from fortnight.evidence.celljoin import ACCURACY_OF_RANGE
from fortnight.evidence.packed import unpack_ties
from fortnight.evidence.schema import SOURCES
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, Any]]

OPERATOR = "0" * 31 + "1"
ANNA, BORIS, CLARA = "+37120000001", "+37120000002", "+37120000003"
STRANGER = "+37126543210"


@pytest.fixture
def deliveries(stores: Stores) -> Deliveries:
    row = {"id": OPERATOR, "name": "A network", "key_hash": b"k" * 32, "made_at": NOON}
    with stores.database.write() as connection:
        connection.execute(insert(operator).values(row))
    bounds = Bounds(max_bytes=1 << 24, max_rows=100_000)
    secret = b"s" * 32
    random = seeded(9).randbytes
    return Deliveries(
        stores.database, stores.vault, stores.consents, random, bounds, secret, "Riga"
    )


def in_csv(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def in_parquet(rows: Rows) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return sink.getvalue()


def manifest(
    files: Mapping[str, tuple[bytes, int]], batch: str = "march", **changed: object
) -> bytes:
    listed = [
        {"name": name, "rows": count, "sha256": sha256(data).hexdigest(), **changed}
        for name, (data, count) in files.items()
    ]
    return json.dumps({"batch": batch, "files": listed}).encode()


def deliver(
    deliveries: Deliveries,
    files: Mapping[str, tuple[bytes, int]],
    batch: str = "march",
    now: int = NOON,
) -> dict[str, Any]:
    coming = deliveries.begin(OPERATOR, manifest(files, batch), now)
    for name, (data, _) in files.items():
        coming.part(name, data)
    answer: dict[str, Any] = json.loads(coming.finish(now))
    return answer


def place(number: str, seconds: int = 0, **said: object) -> dict[str, object]:
    known = {"number": number, "time": NOON - 1_000 * seconds, "lon": 24.1, "lat": 56.9}
    return {**known, "accuracy": 500, **said}


def alarms(stores: Stores) -> list[dict[str, int]]:
    with stores.database.read() as connection:
        rows = connection.execute(select(alarm.c.kind, alarm.c.subject, alarm.c.detail)).all()
        told = connection.scalars(select(ledger_leaf.c.id).where(ledger_leaf.c.kind == "alarm"))
        assert len(told.all()) == len(rows)
    assert {(row.kind, row.subject) for row in rows} <= {("strangers-in-delivery", OPERATOR)}
    return [json.loads(row.detail) for row in rows]


@pytest.mark.parametrize("written", [in_csv, in_parquet])
def test_rows_of_those_who_agreed_are_stored_and_no_others(
    stores: Stores,
    deliveries: Deliveries,
    written: Any,  # noqa: ANN401 - one of two functions
) -> None:
    anna = enrolled(stores, ANNA, "trace.operator")
    enrolled(stores, BORIS, "trace.phone")
    rows = [place(ANNA), place(BORIS), place(STRANGER), place(ANNA.lstrip("+"), 60)]
    answer = deliver(deliveries, {"fixes": (written(rows), 4)})
    assert answer == {
        "batch": "march",
        "received": 4,
        "accepted": 4,
        "refused": {},
        "files": [{"name": "fixes", "rows": 4}],
    }
    ((owner, data),) = stored(stores)
    assert owner == anna
    assert sorted(fixes_of([data]).time.tolist()) == [NOON - 60_000, NOON]
    assert alarms(stores) == [{"received": 4, "strangers": 2}]


def test_the_receipt_is_the_same_whoever_is_enrolled(
    stores: Stores, deliveries: Deliveries
) -> None:
    files = mixed_files()
    before = deliver(deliveries, files, "one")
    enrolled(stores, ANNA, "trace.operator", "trace.ties")
    enrolled(stores, BORIS, "trace.operator", "trace.ties")
    after = deliver(deliveries, files, "two")
    assert before.pop("batch") != after.pop("batch")
    assert before == after
    assert before["received"] == before["accepted"] + sum(before["refused"].values())
    assert len(stored(stores)) == 3  # a fix and two uses of cells
    assert len(stored(stores, "ties")) == 1


def mixed_files() -> dict[str, tuple[bytes, int]]:
    fixes = [place(ANNA), place(STRANGER, lon=200), place(BORIS, lat=None), place("x")]
    events = [
        {"number": number, "time": NOON, "cell": cell}
        for number, cell in ((ANNA, "a"), (BORIS, "a"), (STRANGER, "b"), (CLARA, "b"), (ANNA, ""))
    ]
    sites = [{"cell": "a", "lon": 24, "lat": 57, "range": 1_000}, {"cell": "c", "lon": 0, "lat": 0}]
    ties = [tie(ANNA, BORIS), tie(ANNA, STRANGER), tie(ANNA, ANNA), tie(ANNA, BORIS, kind="fax")]
    parts = {"fixes": fixes, "events": events, "sites": sites, "ties": ties}
    return {name: (in_csv(rows), len(rows)) for name, rows in parts.items()}


def tie(one: str, other: str, **said: object) -> dict[str, object]:
    return {"number": one, "other": other, "time": NOON, "kind": "call", "seconds": 60, **said}


def test_uses_of_cells_become_fixes_at_the_site(stores: Stores, deliveries: Deliveries) -> None:
    enrolled(stores, ANNA, "trace.operator")
    events = in_csv([{"number": ANNA, "time": "2026-03-01T12:00:00Z", "cell": "a"}])
    sites = in_csv([{"cell": "a", "lon": 24.5, "lat": 57.5, "range": 2_000}])
    deliver(deliveries, {"events.csv": (events, 1), "sites.csv": (sites, 1)})
    ((_, data),) = stored(stores)
    kept = fixes_of([data])
    assert (kept.time[0], kept.lon_e7[0], kept.lat_e7[0]) == (NOON, 245_000_000, 575_000_000)
    assert kept.accuracy[0] == pytest.approx(2_000 * ACCURACY_OF_RANGE)
    assert SOURCES[kept.source[0]] == "cell"


@pytest.mark.parametrize(
    ("grants", "count"),
    [
        ({ANNA: "trace.ties", BORIS: "trace.ties"}, 1),
        ({ANNA: "trace.ties", BORIS: "trace.operator"}, 0),
        ({ANNA: "trace.operator", BORIS: "trace.ties"}, 0),
        ({ANNA: "trace.ties"}, 0),
    ],
)
def test_a_tie_needs_the_grants_of_both(
    stores: Stores, deliveries: Deliveries, grants: dict[str, str], count: int
) -> None:
    people = {number: enrolled(stores, number, kind) for number, kind in grants.items()}
    deliver(deliveries, {"ties": (in_csv([tie(ANNA, BORIS, kind="SMS")]), 1)})
    found = stored(stores, "ties")
    assert len(found) == count
    assert len(alarms(stores)) == 1 - count
    for owner, data in found:
        assert owner == people[ANNA]
        kept, _ = unpack_ties([data])
        assert bytes(kept.other[0]).hex() == people[BORIS]
        assert (kept.start[0], kept.kind[0], kept.seconds[0]) == (NOON, 1, 0)


def test_a_withdrawn_grant_between_file_and_end_lets_the_rows_go(
    stores: Stores, deliveries: Deliveries
) -> None:
    anna = enrolled(stores, ANNA, "trace.operator", "trace.ties")
    boris = enrolled(stores, BORIS, "trace.operator", "trace.ties")
    fixes, ties = in_csv([place(ANNA), place(BORIS)]), in_csv([tie(ANNA, BORIS)])
    files = {"fixes": (fixes, 2), "ties": (ties, 1)}
    coming = deliveries.begin(OPERATOR, manifest(files), NOON)
    coming.part("fixes", fixes)
    coming.part("ties", ties)
    for kind in ("trace.operator", "trace.ties"):
        stores.consents.withdraw(boris, kind, NOON)
    coming.finish(NOON)
    assert [owner for owner, _ in stored(stores)] == [anna]
    assert stored(stores, "ties") == []


def test_a_mismatch_imports_nothing_and_says_what_was_expected_and_found(
    stores: Stores, deliveries: Deliveries
) -> None:
    enrolled(stores, ANNA, "trace.operator")
    good, bad = in_csv([place(ANNA)]), in_csv([place(ANNA, 1)])
    cases = {
        "hash": manifest({"good": (good, 1), "bad": (good, 1)}),
        "rows": manifest({"good": (good, 1), "bad": (bad, 2)}),
    }
    for what, promised in cases.items():
        coming = deliveries.begin(OPERATOR, promised, NOON)
        coming.part("good", good)
        with pytest.raises(ConflictError) as told:
            coming.part("bad", bad)
        said = str(told.value)
        assert said.startswith("bad: ")
        for word in {
            "hash": (sha256(good).hexdigest(), sha256(bad).hexdigest()),
            "rows": ("has 1 rows", "says 2"),
        }[what]:
            assert word in said
        with pytest.raises(ConflictError, match="over"):
            coming.finish(NOON)
    assert nothing_written(stores)


def nothing_written(stores: Stores) -> bool:
    with stores.database.read() as connection:
        tables = (arrival, delivery, alarm)
        return not any(connection.execute(select(table)).all() for table in tables)


def test_a_file_that_did_not_come_or_was_not_named_imports_nothing(
    stores: Stores, deliveries: Deliveries
) -> None:
    enrolled(stores, ANNA, "trace.operator")
    data = in_csv([place(ANNA)])
    promised = manifest({"one": (data, 1), "two": (data, 1)})
    coming = deliveries.begin(OPERATOR, promised, NOON)
    coming.part("one", data)
    with pytest.raises(ConflictError, match="two: it is in the manifest"):
        coming.finish(NOON)
    for twice in ("one", "three"):
        coming = deliveries.begin(OPERATOR, promised, NOON)
        coming.part("one", data)
        with pytest.raises(ConflictError, match="does not name"):
            coming.part(twice, data)
    assert nothing_written(stores)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"number,time\n",
        b"PAR1 and then nothing",
        b"number,time,lon,lat\n\xff,1,2,3\n",
        b"number,time,lon,lat,lat\n1,2,3,4,5\n",
        in_parquet([{"number": ANNA, "time": NOON, "lon": [1.0], "lat": 2.0}]),
    ],
)
def test_a_file_that_is_no_table_imports_nothing_and_shows_nothing(
    stores: Stores, deliveries: Deliveries, data: bytes
) -> None:
    coming = deliveries.begin(OPERATOR, manifest({"f": (data, 1)}), NOON)
    with pytest.raises(ConflictError, match="f: ") as told:
        coming.part("f", data)
    assert told.value.__cause__ is None
    assert ANNA not in str(told.value)
    assert nothing_written(stores)


def test_lines_that_are_no_rows_are_counted(stores: Stores, deliveries: Deliveries) -> None:
    enrolled(stores, ANNA, "trace.operator")
    data = in_csv([place(ANNA)]) + b"only,three,cells\n" + in_csv([place(ANNA, 9)]).split(b"\n")[1]
    answer = deliver(deliveries, {"f": (data, 3)})
    assert (answer["received"], answer["accepted"], answer["refused"]) == (3, 2, {"damaged": 1})


def test_the_same_delivery_again_is_stored_once_and_has_the_same_receipt(
    stores: Stores, deliveries: Deliveries
) -> None:
    enrolled(stores, ANNA, "trace.operator")
    files = {"f": (in_csv([place(ANNA), place(ANNA, 13 * 86_400), place(STRANGER)]), 3)}
    first = deliver(deliveries, files)
    again = deliver(deliveries, files, now=NOON + 5 * DAY)
    assert again == first
    assert len(stored(stores)) == 1
    assert len(alarms(stores)) == 1
    other = manifest({"f": (in_csv([place(ANNA, 1)]), 1)})
    with pytest.raises(ConflictError, match="Another delivery"):
        deliveries.begin(OPERATOR, other, NOON)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b'{"batch": "b", "files": []}',
        b'{"batch": "two words", "files": [{"name": "f", "rows": 1, "sha256": "%s"}]}',
        b'{"batch": "b", "files": [{"name": "../f", "rows": 1, "sha256": "%s"}]}',
        b'{"batch": "b", "files": [{"name": "f", "rows": -1, "sha256": "%s"}]}',
        b'{"batch": "b", "files": [{"name": "f", "rows": 100001, "sha256": "%s"}]}',
        b'{"batch": "b", "files": [{"name": "f", "rows": 1, "sha256": "abc"}]}',
        b'{"batch": "b", "files": [{"name": "f", "rows": 1, "sha256": "%s", "more": 1}]}',
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(deliveries: Deliveries, document: bytes) -> None:
    with pytest.raises(RefusedError):
        deliveries.begin(OPERATOR, document.replace(b"%s", b"0" * 64), NOON)


def test_a_delivery_leaves_an_entry_in_the_log_that_it_opens(
    stores: Stores, deliveries: Deliveries
) -> None:
    deliver(deliveries, {"f": (in_csv([place(STRANGER)]), 1)})
    with stores.database.read() as connection:
        row = connection.execute(
            select(delivery, ledger_leaf.c.entry).join(
                ledger_leaf, ledger_leaf.c.id == delivery.c.leaf
            )
        ).one()
    detail = {"batch": "march", "operator": OPERATOR, "rows": 1, "sha256": row.sha256}
    assert opens(row.entry, row.salt, detail)


def test_nothing_of_strangers_is_written_anywhere(stores: Stores, deliveries: Deliveries) -> None:
    people = [enrolled(stores, f"+3712{n:07}", "trace.operator", "trace.ties") for n in range(30)]
    strangers = [f"+3716{n:07}" for n in range(970)]
    numbers = [f"+3712{n:07}" for n in range(30)] + strangers
    fixes = [place(number, n, lon=13.123457) for n, number in enumerate(numbers)]
    events = [{"number": number, "time": NOON, "cell": "mast-77"} for number in numbers]
    sites = [{"cell": "mast-77", "lon": 24, "lat": 57}]
    ties = [tie(one, other) for one, other in zip(numbers, numbers[500:], strict=False)]
    parts = {"fixes": fixes, "events": events, "sites": sites, "ties": ties}
    files = {name: (in_csv(rows), len(rows)) for name, rows in parts.items()}
    answer = deliver(deliveries, files)
    assert answer["accepted"] == answer["received"] == 2_501
    assert {owner for owner, _ in stored(stores)} == set(people)
    assert alarms(stores) == [{"received": 2_501, "strangers": 970 + 970 + 500}]
    stores.database.close()
    for path in stores.folder.rglob("*"):
        held = path.read_bytes() if path.is_file() else b""
        for number in strangers:
            assert number.encode() not in held
            assert number.lstrip("+").encode() not in held
        assert b"mast-77" not in held


def test_the_list_names_who_agreed_is_signed_and_everybody_on_it_can_see_the_look(
    stores: Stores, deliveries: Deliveries
) -> None:
    anna = enrolled(stores, ANNA, "trace.operator")
    boris = enrolled(stores, BORIS, "trace.operator", "trace.ties")
    clara = enrolled(stores, CLARA, "trace.phone")
    document = json.loads(deliveries.subscriber_list(OPERATOR, NOON))
    assert json.loads(document["signed"]) == {
        "made_at": NOON,
        "numbers": {"trace.operator": [ANNA, BORIS], "trace.ties": [BORIS]},
        "operator": OPERATOR,
        "v": 1,
    }
    key = Ed25519PublicKey.from_public_bytes(deliveries.subscribers().public_key())
    signature = base64.b64decode(document["signature"])
    key.verify(signature, document["signed"].encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, document["signed"].replace(ANNA, CLARA).encode())
    looks = {who: stores.vault.looks_at(who) for who in (anna, boris, clara)}
    assert [len(found) for found in looks.values()] == [1, 1, 0]
    assert looks[anna][0].role == "operator"


def test_a_list_of_nobody_is_a_list(deliveries: Deliveries) -> None:
    document = json.loads(deliveries.subscriber_list(OPERATOR, NOON))
    assert json.loads(document["signed"])["numbers"] == {"trace.operator": [], "trace.ties": []}
