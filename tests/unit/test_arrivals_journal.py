"""The journal: durable before it is acknowledged, exactly once, and never without a grant."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy.exc import IntegrityError
from tests.arrivals_world import (
    BOUNDS,
    agree,
    enrolled,
    fix,
    fixes_of,
    message,
    receipts,
    stored,
    times_stored,
)
from tests.services import HOUR, NOON, Stores

from fortnight.arrivals.journal import Journal
from fortnight.arrivals.rows import encounters_of_json, fixes_of_json, visits_of_json
from fortnight.errors import DatabaseError, GoneError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from fortnight.arrivals.checked import Checked
    from fortnight.consent.store import Consents

ANNA, BORIS = "+37120000001", "+37120000002"


@pytest.fixture
def journal(stores: Stores) -> Iterator[Journal]:
    opened = Journal(stores.database, stores.vault, stores.consents, stores.clock)
    yield opened
    opened.close()


def checked(*places: int, **said: object) -> Checked:
    rows = [fix(place, **said) for place in places]
    return fixes_of_json(message("fixes", rows), BOUNDS, NOON).checked


def test_what_is_acknowledged_is_there_sealed_and_says_when_it_came(
    stores: Stores, journal: Journal
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    found = fixes_of_json(message("fixes", [fix(0), fix(1), fix(lon=None)]), BOUNDS, NOON).checked
    receipt = journal.put(person, "fixes", "phone", "b1", found)
    assert json.loads(receipt.answer) == {
        "batch": "b1",
        "received": 3,
        "kept": 2,
        "refused": {"not-a-number": 1},
        "examples": [{"row": 2, "reason": "not-a-number"}],
    }
    ((owner, data),) = stored(stores)
    assert owner == person
    assert fixes_of([data]).time.tolist() == [NOON, NOON - 1_000]


def test_the_same_batch_is_stored_once_and_answered_with_the_same_bytes(
    stores: Stores, journal: Journal
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    first = journal.put(person, "fixes", "phone", "b1", checked(0))
    again = journal.put(person, "fixes", "phone", "b1", checked(0, 1, 2))
    assert (first.repeated, again.repeated) == (False, True)
    assert first.answer == again.answer
    assert times_stored(stores) == [NOON]


def test_a_batch_is_the_same_only_of_one_person_and_one_kind(
    stores: Stores, journal: Journal
) -> None:
    anna = enrolled(stores, ANNA, "trace.phone", "trace.visits", "trace.bluetooth")
    boris = enrolled(stores, BORIS, "trace.phone")
    visits = visits_of_json(message("visits", [{"venue": "v", "start": NOON}]), BOUNDS, NOON)
    heard = [{"seen": "ab" * 16, "time": NOON, "attenuation": 50}]
    encounters = encounters_of_json(message("encounters", heard), BOUNDS, NOON)
    journal.put(anna, "fixes", "phone", "b1", checked(0))
    journal.put(anna, "visits", "phone", "b1", visits.checked)
    journal.put(anna, "encounters", "phone", "b1", encounters.checked)
    journal.put(boris, "fixes", "upload", "b1", checked(0))
    kinds = ("fixes", "visits", "encounters")
    assert [len(stored(stores, kind)) for kind in kinds] == [2, 1, 1]


def test_a_batch_of_which_nothing_was_kept_is_acknowledged_and_stores_no_rows(
    stores: Stores, journal: Journal
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    receipt = journal.put(person, "fixes", "phone", "b1", checked(0, lon=None))
    assert json.loads(receipt.answer)["kept"] == 0
    assert stored(stores) == []
    assert receipts(stores) == 1


@pytest.mark.parametrize("grants", [(), ("trace.operator", "trace.visits", "notify")])
def test_without_the_grant_for_this_source_nothing_is_written(
    stores: Stores, journal: Journal, grants: tuple[str, ...]
) -> None:
    person = enrolled(stores, ANNA, *grants)
    with pytest.raises(RefusedError, match=r"trace\.phone"):
        journal.put(person, "fixes", "phone", "b1", checked(0))
    assert stored(stores) == []
    assert receipts(stores) == 0


def test_a_withdrawn_grant_refuses_even_a_repeat_until_it_is_given_again(
    stores: Stores, journal: Journal
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    first = journal.put(person, "fixes", "phone", "b1", checked(0))
    stores.consents.withdraw(person, "trace.phone", stores.clock())
    for batch in ("b1", "b2"):
        with pytest.raises(RefusedError, match=r"trace\.phone"):
            journal.put(person, "fixes", "phone", batch, checked(1))
    assert times_stored(stores) == [NOON]
    stores.clock.advance(HOUR)
    agree(stores, person, "trace.phone")
    assert journal.put(person, "fixes", "phone", "b1", checked(0)).answer == first.answer


def test_a_person_whose_key_is_gone_stores_nothing(stores: Stores, journal: Journal) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    stores.vault.destroy_key(person)
    with pytest.raises(GoneError):
        journal.put(person, "fixes", "phone", "b1", checked(0))
    assert receipts(stores) == 0


@pytest.mark.parametrize("batch", ["", "x" * 65, "two words", "é", "line\n"])
def test_an_id_that_is_none_is_refused(stores: Stores, journal: Journal, batch: str) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    with pytest.raises(RefusedError, match="1 to 64"):
        journal.put(person, "fixes", "phone", batch, checked(0))


def test_nobody_can_agree_to_ties_from_a_phone(stores: Stores, journal: Journal) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    nothing = checked()
    with pytest.raises(ValueError, match="other rows"):
        journal.put(person, "ties", "phone", "b1", nothing)
    with pytest.raises(RefusedError, match="No grant covers"):
        journal.put(person, "fixes", "rumour", "b1", nothing)


def test_a_closed_journal_takes_nothing_and_says_so(stores: Stores) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    journal = Journal(stores.database, stores.vault, stores.consents, stores.clock)
    journal.close()
    journal.close()
    with pytest.raises(RefusedError, match="stopping"):
        journal.put(person, "fixes", "phone", "b1", checked(0))


class HeldConsents:
    """Grants that are asked for once a transaction: where tests hold the writer, and count it."""

    def __init__(self, consents: Consents) -> None:
        self.consents = consents
        self.asked: list[set[str]] = []
        self.bad: str | None = None  # asking for this person fails
        self.inside, self.go = Event(), Event()
        self.go.set()

    def live_people(
        self, connection: Connection | None, people: Iterable[str], kind: str
    ) -> set[str]:
        some = set(people)
        self.asked.append(some)
        self.inside.set()
        assert self.go.wait(30)
        if self.bad in some:
            raise IntegrityError("INSERT", {"person": self.bad}, ValueError("bad"))
        return self.consents.live_people(connection, some, kind)


@pytest.fixture
def held(stores: Stores) -> HeldConsents:
    return HeldConsents(stores.consents)


@pytest.fixture
def slow(stores: Stores, held: HeldConsents) -> Iterator[Journal]:
    """Yield a journal whose writer can be held."""
    opened = Journal(stores.database, stores.vault, cast("Consents", held), stores.clock)
    yield opened
    opened.close()


@contextmanager
def writer_held(stores: Stores, journal: Journal, held: HeldConsents) -> Iterator[None]:
    """Hold the writer inside one transaction until ``held.go`` is set, at the end at the latest."""
    person = enrolled(stores, "+37129999999", "trace.phone")
    held.go.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(journal.put, person, "fixes", "phone", "held", checked(0))
        assert held.inside.wait(30)
        held.asked.clear()
        try:
            yield
        finally:
            held.go.set()
        first.result(30)


def queued(journal: Journal) -> int:
    return journal._queue.qsize()  # noqa: SLF001 - that they wait together is what is tested


def wait_for(journal: Journal, count: int) -> None:
    while queued(journal) < count:
        pass


def test_what_waits_together_is_committed_together(
    stores: Stores, slow: Journal, held: HeldConsents
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    with ThreadPoolExecutor(40) as pool, writer_held(stores, slow, held):
        waiting = [
            pool.submit(slow.put, person, "fixes", "phone", f"b{n}", checked(n)) for n in range(40)
        ]
        wait_for(slow, 40)
        held.go.set()
        assert [one.result(30).repeated for one in waiting] == [False] * 40
    assert held.asked == [{person}]
    assert len(stored(stores)) == 41


def test_repeats_that_wait_together_are_stored_once(
    stores: Stores, slow: Journal, held: HeldConsents
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    slow.put(person, "fixes", "phone", "old", checked(9))
    held.inside.clear()
    with ThreadPoolExecutor(5) as pool, writer_held(stores, slow, held):
        waiting = [
            pool.submit(slow.put, person, "fixes", "phone", name, checked(len(name)))
            for name in ("new", "old", "new", "other", "old")
        ]
        wait_for(slow, 5)
        held.go.set()
        outcomes = [one.result(30) for one in waiting]
    assert [one.repeated for one in outcomes].count(False) == 2
    assert len({one.answer for one in outcomes}) == 3
    assert len(stored(stores)) == 4


def test_one_bad_batch_does_not_take_the_others_with_it(
    stores: Stores, slow: Journal, held: HeldConsents
) -> None:
    anna, boris = enrolled(stores, ANNA, "trace.phone"), enrolled(stores, BORIS, "trace.phone")
    stranger = enrolled(stores, "+37120000003")
    held.bad = boris
    with ThreadPoolExecutor(4) as pool, writer_held(stores, slow, held):
        waiting = [
            pool.submit(slow.put, person, "fixes", "phone", name, checked(0))
            for person, name in ((anna, "b1"), (boris, "b1"), (stranger, "b1"), (anna, "b2"))
        ]
        wait_for(slow, 4)
        held.go.set()
        assert waiting[0].result(30).repeated is False
        assert waiting[3].result(30).repeated is False
        with pytest.raises(DatabaseError, match="Send it again") as told:
            waiting[1].result(30)
        with pytest.raises(RefusedError, match=r"trace\.phone"):
            waiting[2].result(30)
    assert boris not in str(told.value)
    assert len(stored(stores)) == 3


def test_closing_writes_what_waits(stores: Stores, held: HeldConsents) -> None:
    person = enrolled(stores, ANNA, "trace.phone")
    slow = Journal(stores.database, stores.vault, cast("Consents", held), stores.clock)
    with ThreadPoolExecutor(11) as pool, writer_held(stores, slow, held):
        waiting = [
            pool.submit(slow.put, person, "fixes", "phone", f"b{n}", checked(n)) for n in range(10)
        ]
        wait_for(slow, 10)
        closing = pool.submit(slow.close)
        wait_for(slow, 11)
        held.go.set()
        closing.result(30)
        assert all(not one.result(30).repeated for one in waiting)
    assert len(stored(stores)) == 11


def test_tasks_of_a_loop_are_told_each_their_own(stores: Stores, journal: Journal) -> None:
    anna = enrolled(stores, ANNA, "trace.phone")
    stranger = enrolled(stores, BORIS)

    async def run() -> list[object]:
        puts = [
            journal.put_async(who, "fixes", "phone", f"b{n}", checked(n))
            for n in range(30)
            for who in (anna, stranger)
        ]
        return list(await asyncio.gather(*puts, return_exceptions=True))

    outcomes = asyncio.run(run())
    assert [isinstance(one, RefusedError) for one in outcomes] == [False, True] * 30
    assert len(stored(stores)) == 30


def test_a_task_that_gave_up_disturbs_nobody(
    stores: Stores, slow: Journal, held: HeldConsents
) -> None:
    person = enrolled(stores, ANNA, "trace.phone")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        with writer_held(stores, slow, held):
            lost = loop.create_task(slow.put_async(person, "fixes", "phone", "lost", checked(5)))
            kept = loop.create_task(slow.put_async(person, "fixes", "phone", "kept", checked(1)))
            await asyncio.sleep(0)
            lost.cancel()
            await asyncio.sleep(0)
            held.go.set()
            assert (await kept).repeated is False

    asyncio.run(run())
    assert times_stored(stores) == [NOON - 1_000, NOON]
