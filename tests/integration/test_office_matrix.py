"""Every route of the office, by role, relation and consent, asked of the whole service.

What has to come out is read from the table of permissions; the routes from the table of routes,
so a route that is added tomorrow is tried tomorrow. Forms are sent with another session's token:
whoever may is told that (403), after the door has judged, and nothing is changed. What somebody
agreed to opens no door, and closes none to who works on the case: what is done behind the door is
another matter, and the last test's.
"""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from tests.asked import Question, ask_all
from tests.matrix_world import (
    CONSENTS,
    OF_CASES,
    OF_CONTACTS,
    Known,
    Matrix,
    Record,
    matrix_in,
)
from tests.services import seeded
from tests.whole_service import WORKER, opened, settings_in

from fortnight.db.office_tables import ROLES, decision
from fortnight.db.tables import case_file, message
from fortnight.errors import RefusedError
from fortnight.staff.permissions import RELATIONS, STEPPED_UP, allowed
from fortnight.web import door
from fortnight.web.app import create_app
from fortnight.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from litestar import Litestar
    from tests.asked import Answered
    from tests.staff_world import Colleague

    from fortnight.service import Service
    from fortnight.web.rows import Route

UNKNOWN: Final = "0" * 32
NO_CONTACT: Final = "0" * 16
NOT_FOUND, REFUSED, ELSEWHERE, CONFLICT = 404, 403, 303, 409
STAFF: Final = tuple(route for route in ROUTES if route.permission == "staff")
OF_RECORDS: Final = tuple(route for route in STAFF if route.relation in {"case", "contact"})
ONLY_WITH_PROVIDER: Final = "/office/step-up/provider"
_ELSE: Final = re.compile(r"\{(?!case_id\}|contact\})")


@dataclass(frozen=True)
class World:
    """A service that is asked in this process, and whom the matrix is about."""

    service: Service
    app: Litestar
    matrix: Matrix

    def ask(self, questions: Iterable[Question]) -> list[Answered]:
        return ask_all(self.app, questions)


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = world_folders.mktemp("matrix")
    now = round(time.time() * 1_000)
    with ExitStack() as stack:
        settings = replace(settings_in(folder, now), district=WORKER.district)
        whole = stack.enter_context(opened(settings, lambda: now, seeded().randbytes))
        # More is asked in a moment than anybody may; what limits do is tested elsewhere.
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(door, "_check_rate", lambda *_: None)
        known = Known({})
        relations = replace(whole.staff.relations, ties=known)
        service = replace(whole, staff=replace(whole.staff, relations=relations))
        yield World(service, create_app(service), matrix_in(service, known))


def question(route: Route, who: Colleague | None, record: Record | None = None) -> Question:
    """Ask for a route's page or send its form, of a record or of one that is not there."""
    about = record or Record(UNKNOWN, NO_CONTACT)
    path = route.path.replace("{case_id}", about.case_id).replace("{contact}", about.contact)
    path = re.sub(r"\{\w+\}", UNKNOWN, path)
    headers = {} if who is None else {**who.headers, "x-csrf-token": "of-another-session"}
    if who is None and route.method == "POST":
        headers = {"sec-fetch-site": "same-origin"}
    return Question(route.method, path, headers)


# -- what has to come out ----------------------------------------------------------------------


def judged(route: Route, role: str, relation: str, answer: Answered) -> str | None:
    """Return what is wrong with an answer; None where it is what the table says."""
    may = allowed(role, route.does or "", relation)
    named = f"{route.method} {route.path} {role} {relation}: {answer.status}"
    if not may:
        return None if answer.status == NOT_FOUND else f"{named}, has to be closed"
    if route.path == ONLY_WITH_PROVIDER or _ELSE.search(route.path):
        return None  # open to them, and there is no such thing
    if route.does in STEPPED_UP:
        return None if answer.status == ELSEWHERE else f"{named}, has to ask for the passkey"
    if route.streams:  # it reads the body itself; to whom it is closed, the door has said
        return None if answer.status != NOT_FOUND else f"{named}, has to be open"
    if route.method == "POST":
        return None if answer.status == REFUSED else f"{named}, has to refuse the token"
    return None if answer.status < NOT_FOUND else f"{named}, has to be open"


def cells(route: Route) -> Iterator[tuple[str, str]]:
    """Yield each relation and consent that a route is asked with."""
    if route.relation == "contact":
        yield from ((relation, consent) for relation in OF_CONTACTS for consent in CONSENTS)
    elif route.relation == "case":  # whether the contact wants texts is nothing to the case alone
        yield from ((relation, consent) for relation in OF_CASES for consent in CONSENTS[::2])
    else:
        yield "none", ""


@pytest.mark.parametrize("role", ROLES)
def test_no_route_answers_otherwise_than_the_table_says(world: World, role: str) -> None:
    who, records = world.matrix.who[role], world.matrix.records
    asked = [(route, *cell) for route in STAFF for cell in cells(route)]
    answers = world.ask(
        question(route, who, records.get((role, relation, consent)))
        for route, relation, consent in asked
    )
    wrong = []
    for (route, relation, consent), answer in zip(asked, answers, strict=True):
        expected = "self" if relation == "self-contact" else relation
        wrong.append((judged(route, role, expected, answer), consent))
    assert [one for one in wrong if one[0]] == []
    assert len(asked) > 700


def test_every_relation_is_tried() -> None:
    assert {*OF_CONTACTS, "none"} - {"self-contact"} == set(RELATIONS)
    asked = {route.relation for route in STAFF}
    assert asked == {"nobody", "case", "contact"}


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_allowed_is_byte_for_byte_what_is_not_there(world: World, role: str) -> None:
    """Ids swapped: each relation's records, their own and in turn each colleague's."""
    who, records = world.matrix.who[role], world.matrix.records
    seen: dict[str, set[str]] = {}
    for place, route in enumerate(OF_RECORDS):
        others = (role, ROLES[place % len(ROLES)])
        swapped = [
            (other, relation, CONSENTS[(place + turn) % len(CONSENTS)])
            for turn, relation in enumerate((*OF_CASES, "tied"))
            for other in others
        ]
        asked = [question(route, who), *(question(route, who, records[one]) for one in swapped)]
        nothing, *answers = world.ask(asked)
        assert nothing.status == NOT_FOUND
        for (other, relation, _), answer in zip(swapped, answers, strict=True):
            if answer.status == NOT_FOUND:
                assert answer == nothing, (route.path, other, relation)
                seen.setdefault(route.path, set()).add(relation)
    assert "other-district" in set.intersection(*seen.values())


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_whatever_they_ask(world: World) -> None:
    record = world.matrix.records["case-worker", "assigned", CONSENTS[0]]
    for route in STAFF:
        for answer in world.ask([question(route, None, record), question(route, None)]):
            assert answer.status == ELSEWHERE, route.path
            assert answer.header("location").startswith("/office/sign-in"), route.path
            assert answer.content == b""


def test_all_of_it_changed_nothing(world: World) -> None:
    with world.service.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(decision)) == 0
        states = set(connection.scalars(select(case_file.c.state).distinct()))
    assert states == {"opened", "traced", "closed"}


@pytest.mark.parametrize("consent", CONSENTS)
def test_behind_the_door_consent_decides(world: World, consent: str) -> None:
    """The worker on the case may ask for each step; what nobody agreed to is not done."""
    service, model, who = world.service, world.matrix.models[consent], world.matrix.who["lead"]
    yes, told = consent.split(", ")
    case = f"/office/cases/{model.case_id}"
    met = f"{case}/contacts/{model.contact}"
    tell = urlencode({"kind": "tell", "reason": "They met for an hour"}).encode()
    steps = [
        Question("POST", f"{met}/decide", who.headers, tell),
        Question("POST", f"{met}/reach", who.headers),
        Question("POST", f"{case}/trace", who.headers),
    ]
    decide, reach, trace = (one.status for one in world.ask(steps))
    assert (decide, reach) == (ELSEWHERE, 200)  # whoever wants no texts, or was named, is called
    is_named = yes == "no yes"  # nobody but the interview knows of them: nobody is texted
    texts = select(message.c.state).where(
        message.c.case_id == model.case_id, message.c.key.startswith("told ")
    )
    with service.database.read() as connection:
        states = connection.scalars(texts).all()
    assert states == ([] if is_named else ["queued" if told == "texts" else "stopped"])
    assert trace == (CONFLICT if is_named else ELSEWHERE)
    if yes == "yes withdrawn":
        with pytest.raises(RefusedError):
            service.vault.own(model.case_id, WORKER, [0], service.clock())
