"""What a page of another site could have a browser send: all of it, to every route that writes.

Sec-Fetch-Site x Origin x cookie x method, none left out. Whatever is sent holds the right token of
the session's forms, which no other site knows: what refuses is where it came from. Whether
anything changed is told by a digest of every table.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from sqlalchemy import insert
from tests.asked import Question, ask_all
from tests.databases import people_of
from tests.services import seeded
from tests.staff_world import FORM, Colleague, colleague
from tests.whole_service import opened, settings_in

from fortnight.case.cases import NewCase
from fortnight.case.named import NewNamed
from fortnight.db.office_tables import case_assignment
from fortnight.db.tables import metadata
from fortnight.vault.purposes import Reader
from fortnight.vault.tables import people_metadata
from fortnight.web import door
from fortnight.web.app import create_app
from fortnight.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from litestar import Litestar

    from fortnight.db.engine import Database
    from fortnight.service import Service
    from fortnight.web.rows import Route

DAY: Final = 86_400_000
WRITING: Final = tuple(
    route for route in ROUTES if route.method != "GET" and route.permission in {"staff", "browser"}
)
READING: Final = tuple(
    route for route in ROUTES if route.method == "GET" and route.permission == "staff"
)
SITES: Final = ("same-origin", "same-site", "cross-site", "none", "")
ORIGINS: Final = ("own", "https://elsewhere.example", "null", "")
COOKIES: Final = ("real", "absent", "forged", "of another session")
METHODS: Final = ("POST", "PUT", "PATCH", "DELETE", "GET")
OURS: Final = {("same-origin", "own"), ("same-origin", ""), ("none", "own"), ("", "own")}
"""What a browser says of a page of ours; one that is older than Sec-Fetch-Site says Origin."""
REFUSED: Final = 403
_LOOKED: Final = frozenset({"look", "ledger_leaf"})
_MULTIPART: Final = "multipart/form-data; boundary=edge"


@dataclass(frozen=True)
class World:
    """A service with a case, whoever may do everything with it, and a colleague of theirs."""

    service: Service
    app: Litestar
    people: Database
    who: dict[str, Colleague]
    case_id: str
    contact: str

    def state(self, *, but: frozenset[str] = frozenset()) -> str:
        """Return a digest of every row of every table."""
        digest = sha256()
        for database, tables in ((self.service.database, metadata), (self.people, people_metadata)):
            names = sorted(set(tables.tables) - but)
            read = _digests if database.is_postgres else _rows
            for row in read(database, names, "fortnight" if tables is metadata else "people"):
                digest.update(row.encode())
        return digest.hexdigest()

    def holder(self, route: Route) -> Colleague:
        """Return somebody who may use a route."""
        does = route.does or ""
        if does in {"account.manage", "settings.manage"}:
            return self.who["administrator"]
        return self.who["data-protection" if does == "review.answer" else "lead"]

    def path(self, route: Route) -> str:
        named = {"{case_id}": self.case_id, "{contact}": self.contact, "{upload_id}": "0" * 32}
        path = route.path
        for name, value in named.items():
            path = path.replace(name, value)
        return path


def _rows(database: Database, tables: Sequence[str], _: str) -> Iterator[str]:
    with database.read() as connection:
        for table in tables:
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608 - our own
            yield from (table, *sorted(str(tuple(row)) for row in rows))


def _digests(database: Database, tables: Sequence[str], schema: str) -> Iterator[str]:
    """Yield a digest of each table, made by the server: all in one question."""
    whole = "md5(string_agg(md5(row::text), '' ORDER BY md5(row::text)))"
    each = (f"SELECT '{one}', {whole} FROM {schema}.{one} AS row" for one in tables)  # noqa: S608 - as above
    with database.read() as connection:
        rows = connection.exec_driver_sql(" UNION ALL ".join(each))
        yield from (str(tuple(row)) for row in rows)


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = world_folders.mktemp("cross-site")
    now = round(time.time() * 1_000)
    settings = settings_in(folder, now)
    with (
        pytest.MonkeyPatch.context() as patch,
        opened(settings, lambda: now, seeded().randbytes) as service,
    ):
        # More is asked in a moment than anybody may; what limits do is tested elsewhere.
        patch.setattr(door, "_check_rate", lambda *_: None)
        people = people_of(settings)
        yield _filled(service, people)
        people.close()


def _filled(service: Service, people: Database) -> World:
    now = service.clock()
    roles = ("administrator", "data-protection")
    who = {role: colleague(service, role) for role in roles}
    who |= {"lead": colleague(service, "lead", stepped_up=True)}
    who |= {"other": colleague(service, "lead", stepped_up=True)}
    lead = who["lead"].account.id
    reader = Reader("lead", lead, service.settings.district)
    laboratory = service.laboratories.register("Laboratory", now)
    token = service.laboratories.issue(laboratory.key, "test", "+37120000001", now)
    new = NewCase(token, "+37120000001", "covid-19", now // DAY - 3, now // DAY, now)
    case_id = service.cases.open(new, reader, now)
    day = now // DAY - 1
    said = NewNamed(case_id, "Name", "", "", day, day, "work", None, False, False)
    contact = service.work.named.add(said, lead, reader, now)
    row = {"id": case_id, "case_id": case_id, "account": lead, "by": lead, "from_at": now}
    with service.database.write() as connection:
        connection.execute(insert(case_assignment).values(row))
    return World(service, create_app(service), people, who, case_id, contact)


# -- what is sent ------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _body(now: int, other: str, route: Route, token: str) -> tuple[str, bytes]:
    """Return a form that would be taken, if it came from our own page."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now / 1_000 - 86_400))
    fields = {
        "csrf": token,
        "text": "A note",
        "kind": "dismiss",
        "reason": "They were not there",
        "name": f"Name {route.path}",
        "login": "login",
        "role": "case-worker",
        "number": "",
        "first": day,
        "last": day,
        "setting": "work",
        "outcome": "no-answer",
        "language": "en",
        "code": "000000",
        "to": other,
        "note": "What has to be known",
        "sure": "yes",
        "start": f"{day}T10:00",
        "end": f"{day}T11:00",
    }
    fields["number"] = "+37120000002"
    if not route.streams:
        return FORM, urlencode(fields).encode()
    head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}'
    parts = [
        head.format("csrf", "", token),
        head.format("file", '; filename="a.csv"', "token,number,disease,test_date\r\nx,y,z,w\r\n"),
    ]
    whole = "".join(f"--edge\r\n{part}\r\n" for part in parts) + "--edge--\r\n"
    return _MULTIPART, whole.encode()


def _question(
    world: World, route: Route, method: str, origin: tuple[str, str], cookie: str, token: str
) -> Question:
    holder = world.holder(route)
    other = world.who["other"]
    secrets = {"real": holder.secret, "forged": "x" * 43, "of another session": other.secret}
    site, named = origin
    kind, body = _body(world.service.clock(), world.who["other"].account.id, route, token)
    headers = {
        "sec-fetch-site": site,
        "origin": world.service.settings.origin if named == "own" else named,
        "cookie": f"session={secrets[cookie]}" if cookie in secrets else "",
        "content-type": kind,
    }
    sent = {name: value for name, value in headers.items() if value}
    return Question(method, world.path(route), sent, b"" if method == "GET" else body)


# -- what may not happen -----------------------------------------------------------------------


def test_nothing_is_changed_for_a_page_of_another_site(world: World) -> None:
    """Every cell but those of our own page, with the right token of the session."""
    before = world.state(but=_LOOKED)
    cells = [one for one in product(SITES, ORIGINS) if one not in OURS]
    asked = 0
    for route in WRITING:
        token = world.holder(route).csrf
        questions = [
            _question(world, route, method, cell, cookie, token)
            for cell, cookie, method in product(cells, COOKIES, METHODS)
        ]
        answers = ask_all(world.app, questions)
        posts = [one for one, said in zip(answers, questions, strict=True) if said.method == "POST"]
        assert {one.status for one in posts} == {REFUSED}, route.path
        assert world.state(but=_LOOKED) == before, route.path
        asked += len(answers)
    assert asked == len(WRITING) * len(cells) * len(COOKIES) * len(METHODS)


def test_nothing_is_changed_for_our_own_page_without_session_or_token(world: World) -> None:
    """The cells of our own page: no session, a made-up one, another's, and a wrong token."""
    before = world.state(but=_LOOKED)
    for route in WRITING:
        if route.permission == "browser":
            continue  # before anybody is signed in; ceremonies are tested on their own
        token = world.holder(route).csrf
        tried = [(*one, token) for one in product(COOKIES, METHODS) if one != ("real", "POST")]
        tried += [("real", "POST", wrong) for wrong in ("", "0" * 64)]
        questions = [
            _question(world, route, method, cell, cookie, sent)
            for cell in sorted(OURS)
            for cookie, method, sent in tried
        ]
        ask_all(world.app, questions)
        assert world.state(but=_LOOKED) == before, route.path


def test_pages_that_are_read_change_nothing_but_that_somebody_looked(world: World) -> None:
    before = world.state(but=_LOOKED)
    questions = [
        _question(world, route, "GET", cell, cookie, "")
        for route in READING
        for cell, cookie in product(product(SITES, ORIGINS), COOKIES)
    ]
    ask_all(world.app, questions)
    assert world.state(but=_LOOKED) == before


def test_the_same_requests_from_our_own_page_do_change_it(world: World) -> None:
    """Or nothing of the above would mean anything: what is sent is what the forms send."""
    changed = set()
    last = ("withdraw", "close", "conflict", "sign-out")
    order = sorted(WRITING, key=lambda route: any(route.path.endswith(end) for end in last))
    for route in order:
        if route.permission == "browser":
            continue
        before = world.state()
        token = world.holder(route).csrf
        said = _question(world, route, "POST", ("same-origin", "own"), "real", token)
        (answer,) = ask_all(world.app, [said])
        assert b"page of another site" not in answer.content, route.path
        if world.state() != before:
            changed.add(route.path.rpartition("/")[2])
    assert {"note", "named", "call", "decide", "open", "hide", "accounts", "sign-out"} <= changed
    assert {"laboratories", "operators", "agree", "hand-over"} <= changed


def test_every_route_that_writes_is_a_post() -> None:
    assert {route.method for route in WRITING} == {"POST"}
    assert len(WRITING) > 35
