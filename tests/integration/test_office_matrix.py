"""Every route of the office, by role and by relation, asked of the whole service: no mismatch.

What has to come out is read from the table of permissions; the routes from the table of routes,
so a route that is added tomorrow is tried tomorrow. Forms are sent with another session's token:
whoever may is told that (403), after the door has judged, and nothing is changed.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pytest
from litestar.testing import TestClient
from sqlalchemy import func, insert, select, update
from tests.services import seeded
from tests.staff_world import Colleague, colleague
from tests.whole_service import opened, settings_in

from fortnight.case.cases import NewCase
from fortnight.case.named import NewNamed
from fortnight.db.office_tables import ROLES, case_assignment, decision, staff_conflict
from fortnight.db.tables import case_file
from fortnight.staff.permissions import RELATIONS, STEPPED_UP, allowed
from fortnight.vault.purposes import Reader
from fortnight.web import door
from fortnight.web.app import create_app
from fortnight.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx
    from litestar import Litestar

    from fortnight.service import Service
    from fortnight.staff.relations import Nearness
    from fortnight.web.rows import Route

DAY: Final = 86_400_000
UNKNOWN: Final = "0" * 32
NO_CONTACT: Final = "0" * 16
NOT_FOUND, REFUSED, ELSEWHERE = 404, 403, 303
STAFF: Final = tuple(route for route in ROUTES if route.permission == "staff")
OF_RECORDS: Final = tuple(route for route in STAFF if route.relation in {"case", "contact"})
ONLY_WITH_PROVIDER: Final = "/office/step-up/provider"
_ELSE: Final = re.compile(r"\{(?!case_id\}|contact\})")
_CASES: Final = ("assigned", "own-district", "other-district", "closed", "self", "conflict")
_OWN_NUMBER: Final = "+3712900{place:04d}"


@dataclass(frozen=True)
class Known:
    """Whom the calls tie to somebody: as the vault answers, without the calls."""

    by_contact: dict[str, Nearness]

    def near(self, _number: bytes, _case: str) -> dict[str, Nearness]:
        return self.by_contact


@dataclass(frozen=True)
class Record:
    """A case, and somebody whom it named."""

    case_id: str
    contact: str


@dataclass
class World:
    """A service, one colleague of each role, and for each a case of each relation."""

    service: Service
    client: TestClient[Litestar]
    who: dict[str, Colleague]
    records: dict[tuple[str, str], Record]

    def ask(
        self, route: Route, who: Colleague | None, case_id: str = UNKNOWN, contact: str = NO_CONTACT
    ) -> httpx.Response:
        path = route.path.replace("{case_id}", case_id).replace("{contact}", contact)
        path = re.sub(r"\{\w+\}", UNKNOWN, path)
        headers = {} if who is None else {**who.headers, "x-csrf-token": "of-another-session"}
        if who is None and route.method == "POST":
            headers = {"sec-fetch-site": "same-origin"}
        return self.client.request(route.method, path, headers=headers, follow_redirects=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("matrix")
    now = round(time.time() * 1_000)
    with (
        pytest.MonkeyPatch.context() as patch,
        opened(settings_in(folder, now), lambda: now, seeded().randbytes) as whole,
    ):
        # More is asked in a moment than anybody may; what limits do is tested elsewhere.
        patch.setattr(door, "_check_rate", lambda *_: None)
        known = Known({})
        relations = replace(whole.staff.relations, ties=known)
        service = replace(whole, staff=replace(whole.staff, relations=relations))
        with TestClient(create_app(service)) as client:
            yield _filled(World(service, client, {}, {}), known)


def _filled(world: World, known: Known) -> World:
    laboratory = world.service.laboratories.register("Laboratory", world.service.clock())
    for place, role in enumerate(ROLES):
        own = _OWN_NUMBER.format(place=place)
        who = colleague(world.service, role, number=own)
        world.who[role] = who
        for relation in (*_CASES, "tied", "self-contact"):
            number = own if relation == "self" else f"+3712{len(world.records):07d}"
            case_id = _case(world.service, laboratory.key, number, relation)
            record = Record(case_id, _contact(world.service, case_id))
            world.records[role, relation] = record
            _relate(world.service, who, record, relation)
            if relation in {"tied", "self-contact"}:
                known.by_contact[record.contact] = "tied" if relation == "tied" else "self"
    return world


def _case(service: Service, key: str, number: str, relation: str) -> str:
    now = service.clock()
    district = "elsewhere" if relation == "other-district" else service.settings.district
    token = service.laboratories.issue(key, f"{number} {relation}", number, now)
    new = NewCase(token, number, "covid-19", now // DAY - 3, now // DAY, now)
    return service.cases.open(new, Reader("lead", "matrix", district), now)


def _contact(service: Service, case_id: str) -> str:
    now = service.clock()
    day = now // DAY - 1
    new = NewNamed(
        case_id=case_id,
        name="Somebody whom the case named",
        number="+37129999999",
        notes="",
        first_day=day,
        last_day=day,
        setting="work",
        household=None,
        pregnant=False,
        weak_immunity=False,
    )
    account = service.staff.accounts.list()[0].id
    reader = Reader("lead", account, service.settings.district)
    return service.work.named.add(new, account, reader, now)


def _relate(service: Service, who: Colleague, record: Record, relation: str) -> None:
    """Assign every case but that of nobody: what forbids has to win over what allows."""
    now, account = service.clock(), who.account.id
    with service.database.write() as connection:
        if relation != "own-district":
            row = {"id": record.case_id, "case_id": record.case_id, "account": account}
            connection.execute(insert(case_assignment).values(by=account, from_at=now, **row))
        if relation == "conflict":
            declared = {"account": account, "case_id": record.case_id, "declared_at": now}
            connection.execute(insert(staff_conflict).values(declared))
        if relation == "closed":
            ended = {"state": "closed", "agreed_at": now, "closed_at": now}
            connection.execute(
                update(case_file).where(case_file.c.id == record.case_id).values(ended)
            )


def judged(route: Route, role: str, relation: str, answer: httpx.Response) -> str | None:
    """Return what is wrong with an answer; None where it is what the table says."""
    may = allowed(role, route.does or "", relation)
    named = f"{route.method} {route.path} {role} {relation}: {answer.status_code}"
    if not may:
        return None if answer.status_code == NOT_FOUND else f"{named}, has to be closed"
    if route.path == ONLY_WITH_PROVIDER or _ELSE.search(route.path):
        return None  # open to them, and there is no such thing
    if route.does in STEPPED_UP:
        return None if answer.status_code == ELSEWHERE else f"{named}, has to ask for the passkey"
    if route.streams:  # it reads the body itself; to whom it is closed, the door has said
        return None if answer.status_code != NOT_FOUND else f"{named}, has to be open"
    if route.method == "POST":
        return None if answer.status_code == REFUSED else f"{named}, has to refuse the token"
    return None if answer.status_code < NOT_FOUND else f"{named}, has to be open"


def bare(answer: httpx.Response) -> tuple[int, Mapping[str, str], bytes]:
    """Return all that somebody could tell two answers apart by, but the time."""
    headers = {name: text for name, text in answer.headers.items() if name != "date"}
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("role", ROLES)
def test_no_route_answers_otherwise_than_the_table_says(world: World, role: str) -> None:
    wrong = []
    for route in STAFF:
        if route.relation not in {"case", "contact"}:
            wrong.append(judged(route, role, "none", world.ask(route, world.who[role])))
            continue
        relations = (*_CASES, "tied", "self-contact") if route.relation == "contact" else _CASES
        for relation in relations:
            record = world.records[role, relation]
            answer = world.ask(route, world.who[role], record.case_id, record.contact)
            expected = "self" if relation == "self-contact" else relation
            wrong.append(judged(route, role, expected, answer))
    assert [one for one in wrong if one] == []


def test_every_relation_is_tried() -> None:
    assert {"none", "tied", *_CASES} == set(RELATIONS)
    assert len(STAFF) > 40
    assert all(route.does for route in STAFF)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_allowed_is_byte_for_byte_what_is_not_there(world: World, role: str) -> None:
    seen: dict[str, set[str]] = {}
    for route in OF_RECORDS:
        nothing = bare(world.ask(route, world.who[role]))
        assert nothing[0] == NOT_FOUND
        for other in ROLES:  # also the records of all others: ids swapped
            for relation in (*_CASES, "tied"):
                record = world.records[other, relation]
                contact = record.contact
                answer = world.ask(route, world.who[role], record.case_id, contact)
                if answer.status_code == NOT_FOUND:
                    assert bare(answer) == nothing, (route.path, other, relation)
                    seen.setdefault(route.path, set()).add(relation)
    assert "other-district" in set.intersection(*seen.values())


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_whatever_they_ask(world: World) -> None:
    record = world.records["case-worker", "assigned"]
    for route in STAFF:
        asked = [world.ask(route, None, record.case_id, record.contact), world.ask(route, None)]
        for answer in asked:
            assert answer.status_code == ELSEWHERE, route.path
            assert answer.headers["location"].startswith("/office/sign-in"), route.path
            assert answer.content == b""


def test_all_of_it_changed_nothing(world: World) -> None:
    with world.service.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(decision)) == 0
        states = set(connection.scalars(select(case_file.c.state).distinct()))
    assert states == {"opened", "closed"}
