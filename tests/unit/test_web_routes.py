"""The table of routes is the routes, and every route keeps what its row says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import pytest
from litestar import get
from litestar.handlers import BaseRouteHandler
from tests.unit.web_rooms import (
    BEARER,
    LABORATORY_KEY,
    OPERATOR,
    OPERATOR_KEY,
    TRACKER,
    Client,
    client_of,
    rooms,
)

from fortnight.db.tables import PURPOSES
from fortnight.web import app as application
from fortnight.web.app import create_app, document
from fortnight.web.routes import DOORS, ROUTES
from fortnight.web.rows import PERMISSIONS, Permission, Purpose, Route

if TYPE_CHECKING:
    from pathlib import Path

AS = {
    "tracker": {"authorization": TRACKER},
    "app": {"authorization": BEARER},
    "operator": {"authorization": f"Bearer {OPERATOR_KEY}"},
    "laboratory": {"authorization": f"Bearer {LABORATORY_KEY}"},
    "anyone": {},
    "near": {},
}
by_path = pytest.mark.parametrize("route", DOORS, ids=[f"{one.method} {one.path}" for one in DOORS])


def place(route: Route) -> str:
    return route.path.replace("{operator_id}", OPERATOR).replace("{path}", "0/000.p/1")


def ask(client: Client, route: Route, headers: dict[str, str]) -> int:
    return client.ask(route.method, place(route), headers=headers).status_code


def test_each_route_of_the_application_has_one_row_and_each_row_a_route(tmp_path: Path) -> None:
    served = [
        (one.path_format, method)
        for one in create_app(rooms(tmp_path)).routes
        for method in one.methods
        if method != "OPTIONS"
    ]
    assert sorted(served) == sorted((route.path, route.method) for route in ROUTES)


def test_a_route_without_a_row_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "secret"

    monkeypatch.setattr(application, "HANDLERS", (*application.HANDLERS, forgotten))
    answer = client_of(rooms(tmp_path)).get("/forgotten")
    assert (answer.status_code, "secret" in answer.text) == (404, False)
    assert isinstance(forgotten, BaseRouteHandler)


def test_rows_use_the_closed_words() -> None:
    assert set(PERMISSIONS) == set(get_args(Permission))
    assert set(get_args(Purpose)) == {*PURPOSES, "none"}
    for route in ROUTES:
        assert route.permission in PERMISSIONS
        assert route.why.endswith(".")
        # whoever touches personal data says for what, and nobody does so without a secret
        assert (route.purpose == "none") <= (route.relation == "nobody")
        nobody = {"anyone", "near", "browser", "visitor"}
        assert (route.permission in nobody) <= (route.purpose == "none")
        known = {"tracker", "app", "named", "operator", "laboratory", "person"}
        assert (route.permission in known) <= (route.purpose != "none")
        assert (route.permission == "staff") == (route.does is not None)
        of_pages = route.path.startswith("/office") and "/static/" not in route.path
        assert (route.permission in {"staff", "browser"}) == of_pages
        of_people = route.path == "/" or route.path.startswith("/portal")
        assert (route.permission in {"visitor", "person"}) == of_people
        assert (route.permission == "person") <= (route.relation == "own")
        # what is done with a record names it, so that whoever asks can be held against it
        assert (route.relation in {"case", "contact"}) == ("{case_id}" in route.path)
        assert (route.relation == "contact") == ("{contact}" in route.path)


@by_path
def test_only_the_right_secret_opens_a_route(tmp_path: Path, route: Route) -> None:
    client = client_of(rooms(tmp_path))
    for permission, headers in AS.items():
        status = ask(client, route, headers)
        if route.permission in {"anyone", "near", permission}:
            assert status not in {401, 403}
        else:
            assert status in {401, 403}


@by_path
def test_a_wrong_secret_opens_nothing(tmp_path: Path, route: Route) -> None:
    client = client_of(rooms(tmp_path))
    for wrong in ("Bearer wrong", "Bearer ", "Basic !", "Basic d3Jvbmc=", "Digest x", "x" * 9_000):
        status = ask(client, route, {"authorization": wrong})
        known = {"tracker", "app", "named", "operator", "laboratory"}
        assert (status == 401) == (route.permission in known)


@by_path
def test_what_is_near_is_not_answered_to_far_addresses(tmp_path: Path, route: Route) -> None:
    client = Client(create_app(rooms(tmp_path)), "203.0.113.7")
    status = ask(client, route, AS.get(route.permission, {}))
    assert (status == 403) == (route.permission == "near")


@by_path
def test_every_route_limits_how_often(tmp_path: Path, route: Route) -> None:
    service = rooms(tmp_path, posts_a_minute=1)
    client = client_of(service)
    answers = [client.ask(route.method, place(route), headers=AS.get(route.permission, {}))]
    while answers[-1].status_code != 429 and len(answers) < 300:
        answers.append(client.ask(route.method, place(route), headers=AS.get(route.permission, {})))
    assert answers[-1].status_code == 429
    service.now += int(answers[-1].headers["retry-after"]) * 1_000
    assert ask(client, route, AS.get(route.permission, {})) != 429


@by_path
def test_every_route_is_documented_with_its_body_and_its_problems(route: Route) -> None:
    documented = json.loads(document())
    operation = documented["paths"][route.path][route.method.lower()]
    assert documented["openapi"].startswith("3.1")
    assert operation["description"]
    assert {"200", "429", "500"} <= set(operation["responses"])
    assert ("requestBody" in operation) == (route.most_bytes != 0)
    secrets = {name for one in operation.get("security", ()) for name in one}
    assert secrets == {
        "tracker": {"device", "tracker"},
        "app": {"device"},
        "operator": {"operator"},
        "laboratory": {"laboratory"},
    }.get(route.permission, set())


def test_the_document_has_no_path_that_is_not_in_the_table() -> None:
    documented = json.loads(document())["paths"]
    listed = {(path, method.upper()) for path, of in documented.items() for method in of}
    assert listed == {(route.path, route.method) for route in DOORS}
