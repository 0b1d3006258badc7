"""A case with a contact on PostgreSQL, and whoever stole the password of the service's role."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors
from tests.reference.vault_world import WORKER, CaseOf, enrolled, met, number, sound_case
from tests.services import NOON, postgres_stores, seeded

from fortnight.db.engine import open_postgres
from fortnight.vault.people import Seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import PostgresUrls
    from tests.services import Clock, Stores

READER = (WORKER.role, WORKER.actor, WORKER.district)
OPEN = "SELECT people.open_access(%s::people.reader, %s, %s, %s, %s, %s::people.seed[], %s)"
GROUP = (
    "SELECT people.open_group(%s, %s::people.reader, %s::people.found_row[], %s::people.seed[], %s)"
)
READ = "SELECT * FROM people.read_access(%s)"
RESOLVE = "SELECT people.open_resolve(%s, %s, %s::people.reader, %s::people.seed, %s)"

_random = seeded(77)


def a_seed() -> Seed:
    return Seed.of(_random.randbytes)


@dataclass(frozen=True, slots=True)
class World:
    """A case with one contact, and one person beside them who agreed to texts."""

    stores: Stores
    urls: PostgresUrls
    case: str
    contact: str
    person: str

    @contextmanager
    def app(self) -> Iterator[psycopg.Connection]:
        """Connect as whoever stole the service's password would."""
        with psycopg.connect(self.urls.app, options="-csearch_path=fortnight") as connection:
            yield connection

    def open_language(
        self, connection: psycopg.Connection, *, now: int = NOON, person: str | None = None
    ) -> str:
        """Open a person's language to tell them something; return the look."""
        seed = a_seed()
        who = [person or self.person]
        connection.execute(OPEN, (READER, "notify", ["language"], None, who, [tuple(seed)], now))
        return seed.look


@contextmanager
def open_world(urls: PostgresUrls, folder: Path, clock: Clock) -> Iterator[World]:
    """Yield a database with people in it, and the way in of the service's role."""
    with closing(open_postgres(urls.app)) as main:
        stores = postgres_stores(main, folder, clock)
        case, _ = sound_case(stores)
        found = met(stores, enrolled(stores, 5))
        (contact,) = stores.vault.group(case, WORKER, [found], stores.clock())
        assert contact is not None
        yield World(stores, urls, case, contact, enrolled(stores, 6, "notify"))


def another_case(stores: Stores) -> str:
    lookup = stores.vault.number_hash(number(2))
    return CaseOf(enrolled(stores, 2), lookup, id="d" * 32).write(stores)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    """Expect a refusal of our own functions or triggers."""
    with pytest.raises(psycopg.Error, match=reason) as caught:
        yield
    assert caught.value.sqlstate == "FN001"


@contextmanager
def no_privilege(reason: str = "permission denied|must be owner") -> Iterator[None]:
    """Expect that the server says no before anything of ours is asked."""
    with pytest.raises(errors.InsufficientPrivilege, match=reason):
        yield


def languages(connection: psycopg.Connection, look: str) -> list[Any]:
    return [row[5] for row in connection.execute(READ, ([look],))]
