"""On which kind of database a test's world stands; every world's databases are made here.

A test that makes a world, or the fixture that makes it, takes the fixture `kind`: it is then run
on SQLite and on PostgreSQL, and what is made meanwhile is of the kind that is asked for.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import make_url
from tests.emptied import Emptied
from tests.postgres_server import (
    APP,
    OWNER,
    SUPERUSER,
    TEMPLATE,
    Server,
    running_server,
    why_not_here,
)

from fortnight.db import (  # each adds its tables to the metadata
    enrolment_tables,  # noqa: F401 - joins the metadata
    message_tables,  # noqa: F401 - joins the metadata
    office_tables,  # noqa: F401 - joins the metadata
    sending_tables,  # noqa: F401 - joins the metadata
    support_tables,  # noqa: F401 - joins the metadata
)
from fortnight.db.engine import Database, open_postgres, open_sqlite
from fortnight.db.migrate import PEOPLE_FILE, migrate_postgres
from fortnight.db.tables import metadata
from fortnight.jobs.queue import migrate_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import MetaData

    from fortnight.settings import Settings

SQLITE: Final = "sqlite"
POSTGRES: Final = "postgres"
BOTH: Final = "both"
USUAL: Final = "usual"
_ROLES: Final = (APP, OWNER, SUPERUSER)


@dataclass(frozen=True, slots=True)
class PostgresUrls:
    """How each role opens one test's own PostgreSQL database."""

    app: str
    owner: str
    superuser: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for now: SQLite where there is no server."""

    emptied: Emptied | None
    made: dict[str, str] = field(default_factory=dict)  # which folder's, by its name: in order

    @property
    def server(self) -> Server | None:
        return None if self.emptied is None else self.emptied.server

    def new(self, folder: str = "") -> str:
        """Make a database; return its name."""
        assert self.emptied is not None
        name = f"test_{uuid.uuid4().hex}"
        self.emptied.take(name)
        self.made[name] = folder
        return name

    def of_folder(self, folder: str) -> str:
        """Return the name of a folder's database, made where there is none."""
        known = [name for name, whose in self.made.items() if whose == folder]
        return known[0] if known else self.new(folder)

    def drop(self, after: int = 0) -> None:
        """Drop what was made, but for the first ones."""
        for name in list(self.made)[after:]:
            self.forget(name)

    def forget(self, name: str) -> None:
        """Give one database back, unless that was done."""
        if self.emptied is not None and self.made.pop(name, None) is not None:
            self.emptied.give_back(name)


_ASKED: Final[list[Asked]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the tests choose."""
    parser.addoption(
        "--database",
        choices=(USUAL, SQLITE, POSTGRES, BOTH),
        default=USUAL,
        help="on which kind of database worlds of tests stand: usual is both, of browsers one walk",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what stands on the kind that nobody asked for."""
    wanted, walked = config.getoption("--database"), set[str]()
    other = [item for item in items if not _is_asked_for(item, wanted, walked)]
    if other:
        left_out = set(other)
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=other)


def _is_asked_for(item: pytest.Item, wanted: str, walked: set[str]) -> bool:
    kind = getattr(item, "callspec", None) and item.callspec.params.get("kind")  # type: ignore[attr-defined] # not of every item
    if kind is None or wanted in (BOTH, kind):
        return True
    return wanted == USUAL and (kind == SQLITE or _is_usual(item, walked))


def _is_usual(item: pytest.Item, walked: set[str]) -> bool:
    """Tell whether a test is run on PostgreSQL unless somebody says otherwise.

    Most of what a browser does has nothing to do with the database: of its walks one language is
    enough, and of the few tests that take a minute none.
    """
    if item.get_closest_marker("usually_on_sqlite") is not None:
        return False
    if item.get_closest_marker("browser") is None:
        return True
    name = item.nodeid.partition("[")[0]
    is_first = name not in walked
    walked.add(name)
    return is_first and item.get_closest_marker("on_both") is not None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Yield a server whose template is migrated, or skip where there can be none."""
    if why := why_not_here():
        pytest.skip(why)
    with running_server() as server:
        make_template(server)
        yield server


def make_template(server: Server) -> None:
    """Make the database that others are copied from, as `fortnight migrate` does."""
    server.make_database(TEMPLATE)
    migrate_postgres(server.url(OWNER, TEMPLATE), APP)
    migrate_queue(server.url(OWNER, TEMPLATE), APP)


@pytest.fixture(scope="module", params=[SQLITE, POSTGRES])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Have the databases of worlds be of one kind; return which."""
    chosen = str(request.param)
    emptied = request.getfixturevalue("emptied_databases") if chosen == POSTGRES else None
    with asked(emptied):
        yield chosen


@pytest.fixture(scope="session")
def emptied_databases(postgres_server: Server) -> Iterator[Emptied]:
    """Yield what gives the server's databases from one test to the next."""
    made = Emptied(postgres_server)
    yield made
    made.end()


@contextmanager
def asked(emptied: Emptied | None) -> Iterator[None]:
    """Have databases be made on a server, or as files where there is none."""
    _ASKED.append(Asked(emptied))
    try:
        yield
    finally:
        _ASKED.pop().drop()


@pytest.fixture(autouse=True)
def _dropped_after_each_test() -> Iterator[None]:
    """Drop what one test has made; what its module has made stays."""
    kept = len(_ASKED[-1].made) if _ASKED else 0
    yield
    if _ASKED:
        _ASKED[-1].drop(after=kept)


def _now() -> Asked:
    assert _ASKED, "this test makes a database: it, or the fixture that does so, takes `kind`"
    return _ASKED[-1]


def is_sqlite() -> bool:
    """Tell whether what is made now is to be SQLite."""
    return _now().server is None


def url_of(folder: Path) -> str:
    """Return the URL of a folder's own migrated database; nothing where it is to be SQLite."""
    now = _now()
    return "" if now.server is None else now.server.url(APP, now.of_folder(str(folder)))


@contextmanager
def new_main(path: Path) -> Iterator[Database]:
    """Open an empty main database, on SQLite in this file; at the end it is dropped."""
    now = _now()
    if now.server is None:
        opened = new_sqlite(path)
        yield opened
        opened.close()
        return
    name = now.new()
    opened = open_postgres(now.server.url(APP, name))
    try:
        yield opened
    finally:
        opened.close()
        now.forget(name)


def people_of(settings: Settings) -> Database:
    """Open the tables of people of a service, as whoever holds its files has them."""
    if settings.is_embedded:
        return open_sqlite(settings.home / PEOPLE_FILE)
    plain = make_url(settings.database_url).set(username=SUPERUSER)
    engine = open_postgres(plain.render_as_string()).engine
    return Database(engine.execution_options(schema_translate_map={None: "people"}))


def new_sqlite(path: Path, tables: MetaData = metadata) -> Database:
    """Open a new file with every table: a copy of the first one that this process made."""
    path.write_bytes(_blank(tables, len(tables.tables)))
    return open_sqlite(path)


@cache
def _blank(tables: MetaData, _: int) -> bytes:
    """Return a file with these tables and no row; their number is asked as more may be imported."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / "blank.db"
        database = open_sqlite(made)
        with database.write() as connection:
            tables.create_all(connection)
        database.close()  # the last to close takes the write-ahead log into the file
        return made.read_bytes()


@pytest.fixture
def postgres_urls(postgres_server: Server) -> Iterator[PostgresUrls]:
    """Yield the URLs of a fresh, migrated PostgreSQL database, whatever kind is asked for.

    No test had it before: its schema and its files may be looked at and changed.
    """
    name = f"test_{uuid.uuid4().hex}"
    postgres_server.make_database(name, template=TEMPLATE)
    yield PostgresUrls(*(postgres_server.url(role, name) for role in _ROLES))
    postgres_server.drop_database(name)


def urls_of(database: Database) -> PostgresUrls:
    """Return how each role opens a PostgreSQL database that is open."""
    plain = database.engine.url.set(drivername="postgresql")
    return PostgresUrls(*(plain.set(username=role).render_as_string() for role in _ROLES))


@pytest.fixture
def world_folder(kind: str, tmp_path: Path) -> Path:
    """Return a new folder for a world of each kind of database."""
    assert kind
    return tmp_path


@pytest.fixture(scope="module")
def world_folders(kind: str, tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    """Return what makes folders for worlds of each kind that a whole module looks at."""
    assert kind
    return tmp_path_factory
