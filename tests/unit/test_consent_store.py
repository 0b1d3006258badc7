"""Grants in the database: their entries in the log, and what a withdrawal stops."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.services import NOON, seeded

from fortnight.consent.grant import KINDS
from fortnight.consent.store import Consents
from fortnight.consent.texts import current_text
from fortnight.db.tables import consent_grant, ledger_leaf, message
from fortnight.errors import ConflictError, RefusedError
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from fortnight.db.engine import Database

PERSON, OTHER = "a" * 32, "b" * 32
MESSAGES = [
    ("m1", PERSON, "notify", "queued"),
    ("m2", PERSON, "notify", "sent"),
    ("m3", PERSON, "support", "queued"),
    ("m4", OTHER, "notify", "queued"),
    ("m5", PERSON, "notify", "queued"),
]


@pytest.fixture
def consents(database: Database) -> Consents:
    return Consents(database, seeded().randbytes)


def agree(
    consents: Consents, person: str, kind: str, now: int = NOON, language: str = "en"
) -> None:
    version = current_text(kind, language).version
    consents.give(person, kind, text_version=version, language=language, by="self", now=now)


def rows(database: Database) -> Sequence[Row[tuple[object, ...]]]:
    with database.read() as connection:
        return connection.execute(select(consent_grant)).all()


def leaves(database: Database) -> dict[str, tuple[str, bytes]]:
    with database.read() as connection:
        return {row.id: (row.kind, row.entry) for row in connection.execute(select(ledger_leaf))}


def queue_messages(database: Database) -> None:
    with database.write() as connection:
        for key, person, purpose, state in MESSAGES:
            connection.execute(
                message.insert().values(
                    id=key.ljust(32, "0"),
                    person=person,
                    key=key,
                    template="exposed",
                    template_version="1",
                    language="en",
                    purpose=purpose,
                    sealed=None if state == "sent" else b"words",
                    state=state,
                    made_at=NOON,
                )
            )


def messages(database: Database) -> dict[str, tuple[str, bytes | None]]:
    with database.read() as connection:
        found = connection.execute(select(message.c.key, message.c.state, message.c.sealed))
        return {row.key: (row.state, row.sealed) for row in found}


def test_a_grant_and_its_withdrawal_are_kept_and_opened_by_the_person(consents: Consents) -> None:
    agree(consents, PERSON, "trace.phone")
    consents.withdraw(PERSON, "trace.phone", NOON + 5)
    (row,), entries = rows(consents.database), leaves(consents.database)
    detail = {
        "by": "self",
        "grant": "trace.phone",
        "language": "en",
        "person": PERSON,
        "text": current_text("trace.phone", "en").version,
    }
    (given, entry), (ended, end) = entries[row.leaf], entries[row.withdrawn_leaf]
    assert (given, ended, len(entries)) == ("grant", "withdrawal", 2)
    assert opens(entry, row.salt, detail)
    assert opens(end, row.withdrawn_salt, detail)
    assert (row.given_at, row.withdrawn_at) == (NOON, NOON + 5)


def test_what_is_held_is_said_in_order(consents: Consents) -> None:
    agree(consents, PERSON, "notify")
    agree(consents, PERSON, "trace.visits", NOON + 1, "ru")
    consents.withdraw(PERSON, "notify", NOON + 2)
    agree(consents, PERSON, "notify", NOON + 3)
    held = consents.held(PERSON)
    assert [(one.kind, one.given_at, one.withdrawn_at) for one in held] == [
        ("notify", NOON, NOON + 2),
        ("trace.visits", NOON + 1, None),
        ("notify", NOON + 3, None),
    ]
    assert held[1].text.language == "ru"
    assert consents.held(OTHER) == ()


def test_many_people_are_asked_about_at_once(consents: Consents) -> None:
    people = [f"{k:032x}" for k in range(1_100)]
    for person in people[::500]:
        agree(consents, person, "notify")
    agree(consents, people[1], "support")
    consents.withdraw(people[500], "notify", NOON + 1)
    assert consents.live_people(None, people, "notify") == {people[0], people[1_000]}
    assert consents.holders(None, people, ("notify", "support", "trace.phone")) == {
        "notify": {people[0], people[1_000]},
        "support": {people[1]},
        "trace.phone": set(),
    }
    with consents.database.write() as connection:
        assert consents.live(connection, people[0], "notify")
        assert not consents.live(connection, people[500], "notify")
        assert consents.live_people(connection, [], "notify") == set()


def test_a_withdrawal_stops_the_texts_that_wait_for_that_grant(consents: Consents) -> None:
    queue_messages(consents.database)
    agree(consents, PERSON, "notify")
    agree(consents, PERSON, "support")
    consents.withdraw(PERSON, "notify", NOON + 1)
    assert messages(consents.database) == {
        "m1": ("stopped", None),
        "m2": ("sent", None),
        "m3": ("queued", b"words"),
        "m4": ("queued", b"words"),
        "m5": ("stopped", None),
    }


def test_a_withdrawal_that_cannot_be_written_stops_nothing(consents: Consents) -> None:
    queue_messages(consents.database)
    agree(consents, PERSON, "notify")
    with consents.database.read() as connection:
        taken = bytes.fromhex(connection.scalars(select(ledger_leaf.c.id)).one())
    with pytest.raises(Exception, match="ledger_leaf"):  # its random id is one that is taken
        Consents(consents.database, lambda count: (taken * 2)[:count]).withdraw(
            PERSON, "notify", NOON + 1
        )
    assert messages(consents.database)["m1"] == ("queued", b"words")
    assert consents.live(None, PERSON, "notify")


def test_everything_can_be_withdrawn_at_once(consents: Consents) -> None:
    queue_messages(consents.database)
    for kind in KINDS:
        agree(consents, PERSON, kind)
        agree(consents, OTHER, kind)
    ended = consents.withdraw_all(PERSON, NOON + 9)
    assert {one.kind for one in ended} == set(KINDS)
    assert all(one.withdrawn_at == NOON + 9 for one in ended)
    assert not any(consents.live(None, PERSON, kind) for kind in KINDS)
    assert all(consents.live(None, OTHER, kind) for kind in KINDS)
    assert {
        key for key, (state, _) in messages(consents.database).items() if state == "queued"
    } == {"m4"}
    assert consents.withdraw_all(PERSON, NOON + 10) == ()


def test_what_the_rules_refuse_changes_nothing(consents: Consents) -> None:
    agree(consents, PERSON, "notify")
    before = rows(consents.database), leaves(consents.database)
    with pytest.raises(ConflictError, match="given already"):
        agree(consents, PERSON, "notify", NOON + 1)
    with pytest.raises(ConflictError, match="none is held"):
        consents.withdraw(PERSON, "support", NOON + 1)
    with pytest.raises(RefusedError, match="no text of version"):
        consents.give(PERSON, "support", text_version="old", language="en", by="self", now=NOON)
    with pytest.raises(RefusedError, match="no grant"):
        consents.live(None, PERSON, "research")
    assert (rows(consents.database), leaves(consents.database)) == before


def test_a_clock_set_back_is_no_obstacle_to_leaving(consents: Consents) -> None:
    agree(consents, PERSON, "notify")
    assert consents.withdraw(PERSON, "notify", NOON - 5).withdrawn_at == NOON
    agree(consents, PERSON, "notify", NOON - 4)
    assert consents.withdraw(PERSON, "notify", NOON - 3).withdrawn_at == NOON - 3
    assert not consents.live(None, PERSON, "notify")


def test_of_two_who_say_yes_at_once_one_is_written(database: Database) -> None:
    start, said = Barrier(2), []

    def say_yes(seed: int) -> None:
        start.wait()
        try:
            agree(Consents(database, seeded(seed).randbytes), PERSON, "notify")
        except ConflictError:
            said.append("conflict")

    threads = [Thread(target=say_yes, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["conflict"]
    assert len(rows(database)) == len(leaves(database)) == 1
