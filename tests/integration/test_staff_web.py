"""The office's door over HTTP: cookies, other sites, what is not allowed; on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import select
from tests.endings import add_row, unguarded
from tests.integration.web_service import Doors, doors
from tests.services import MINUTE
from tests.staff_world import FORM, Colleague, colleague
from tests.unit.web_rooms import Client

from fortnight.db.office_tables import case_assignment
from fortnight.db.tables import case_file, metadata
from fortnight.staff.permissions import ROLES, STEPPED_UP, allowed
from fortnight.web.app import create_app
from fortnight.web.office.session import is_own_page
from fortnight.web.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from tests.services import Stores

    from fortnight.web.rows import Route

OFFICE = [route for route in ROUTES if route.permission in {"staff", "browser"}]
CHANGING = [route for route in OFFICE if route.method == "POST"]
OF_STAFF = [route for route in OFFICE if route.permission == "staff"]
OF_RECORDS = [route for route in OF_STAFF if route.relation in {"case", "contact"}]
OWN = "http://localhost:8014"
FOREIGN = "https://elsewhere.example"
SITES = (None, "same-origin", "same-site", "cross-site", "none", "odd")
ORIGINS = (None, OWN, FOREIGN, "null", "http://localhost:9999", "https://localhost:8014")
ATTEMPTS = [
    *(("POST", site, origin, "own") for site, origin in product(SITES, ORIGINS)),
    *(("POST", "cross-site", FOREIGN, cookie) for cookie in ("none", "another")),
    *(
        (method, site, origin, "own")
        for method in ("PUT", "PATCH", "DELETE")
        for site, origin in (("same-origin", OWN), ("cross-site", FOREIGN))
    ),
]
"""Method, Sec-Fetch-Site, Origin and cookie of each attempt on each route."""


@pytest.fixture
def world(stores: Stores) -> Iterator[Doors]:
    with doors(stores) as opened:
        yield opened


@pytest.fixture
def client(world: Doors) -> Client:
    return Client(create_app(world))


def rows_of_all(world: Doors) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table: nothing may differ after what was refused."""
    with world.database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def a_case(world: Doors, assigned_to: Colleague | None = None, **given: object) -> str:
    with unguarded(world.database) as connection:
        row = add_row(connection, case_file, **{"district": "district", **given})
        case_id = str(row["id"])
        if assigned_to is not None:
            add_row(
                connection,
                case_assignment,
                case_id=case_id,
                account=assigned_to.account.id,
                by=assigned_to.account.id,
                until_at=None,
            )
    return case_id


def place(route: Route, case_id: str = "f" * 32) -> str:
    path = route.path.replace("{case_id}", case_id).replace("{contact}", "4711")
    while "{" in path:  # whatever else a path names
        path = path[: path.index("{")] + "x" + path[path.index("}") + 1 :]
    return path


# -- pages of other sites --------------------------------------------------------------------------


def headers_of(
    who: Colleague, site: str | None, origin: str | None, cookie: str, *, token: bool
) -> dict[str, str]:
    headers = {"content-type": FORM}
    if site is not None:
        headers["sec-fetch-site"] = site
    if origin is not None:
        headers["origin"] = origin
    if cookie != "none":
        value = who.secret if cookie == "own" else "another"
        headers["cookie"] = f"session={value}; ceremony={value}"
    if token:
        headers["x-csrf-token"] = who.csrf
    return headers


def test_a_page_of_another_site_changes_nothing(world: Doors, client: Client) -> None:
    lead = colleague(world, "lead", stepped_up=True)
    worker = colleague(world, "case-worker", stepped_up=True)
    case_id = a_case(world, assigned_to=worker)
    before = rows_of_all(world)
    for who, route, (method, site, origin, cookie) in product((worker, lead), CHANGING, ATTEMPTS):
        if method == "POST" and is_own_page(site, origin, {OWN}):
            continue
        headers = headers_of(who, site, origin, cookie, token=True)
        answer = client.ask(method, place(route, case_id), headers=headers)
        assert answer.status_code in {403, 404, 405}, (route, method, site, origin, cookie)
        assert "set-cookie" not in answer.headers
        world.clock.advance(100)  # type: ignore[attr-defined] # allowances are earned again
    assert rows_of_all(world) == before


def test_a_form_without_the_token_of_its_session_changes_nothing(
    world: Doors, client: Client
) -> None:
    lead = colleague(world, "lead", stepped_up=True)
    worker = colleague(world, "case-worker", stepped_up=True)
    case_id = a_case(world, assigned_to=worker)
    before = rows_of_all(world)
    for who, route in product((worker, lead), [one for one in CHANGING if one in OF_STAFF]):
        for token in (None, "", "0" * 64, lead.csrf if who is worker else worker.csrf):
            headers = headers_of(who, "same-origin", OWN, "own", token=False)
            body = b"" if token is None else f"csrf={token}".encode()
            answer = client.ask("POST", place(route, case_id), headers=headers, content=body)
            assert answer.status_code in {303, 403, 404, 415, 422}, route
            world.clock.advance(20)  # type: ignore[attr-defined] # too short for a sign of life
    assert rows_of_all(world) == before


def test_what_a_browser_says_of_a_page_of_ours() -> None:
    for site, origin in product(SITES, ORIGINS):
        own = is_own_page(site, origin, {OWN})
        if own:
            assert origin in (None, OWN)
            assert site in (None, "none", "same-origin")
        if (site, origin) in {("same-origin", OWN), ("same-origin", None), (None, OWN)}:
            assert own
    assert not is_own_page(None, None, {OWN})


# -- who is let in ---------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(world: Doors, client: Client) -> None:
    case_id = a_case(world)
    cookies = ("", "session=", "session=x", "session=" + "x" * 5_000, 'session="', "a=b;;=")
    for route, cookie in product(OF_STAFF, cookies):
        headers = {"sec-fetch-site": "same-origin", "cookie": cookie, "content-type": FORM}
        answer = client.ask(route.method, place(route, case_id), headers=headers)
        assert answer.status_code == 303, (route, cookie)
        assert answer.headers["location"].startswith("/office/sign-in?next=/office"), route
        world.clock.advance(100)  # type: ignore[attr-defined] # allowances are earned again


def test_a_session_that_is_over_is_sent_to_the_sign_in(world: Doors, client: Client) -> None:
    lead = colleague(world, "lead")
    assert client.get("/office/step-up", lead.headers).status_code == 200
    world.clock.advance(15 * MINUTE)  # type: ignore[attr-defined] # the tests' own clock
    assert client.get("/office/step-up", lead.headers).status_code == 303


def test_a_session_is_over_after_eight_hours_of_work(world: Doors, client: Client) -> None:
    lead = colleague(world, "lead")
    for _ in range(8 * 6 - 1):
        world.clock.advance(10 * MINUTE)  # type: ignore[attr-defined] # the tests' own clock
        assert client.get("/office/step-up", lead.headers).status_code == 200
    world.clock.advance(10 * MINUTE)  # type: ignore[attr-defined] # as above
    assert client.get("/office/step-up", lead.headers).status_code == 303


def plain(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.content, sorted(answer.headers.items())


def test_what_is_not_allowed_is_answered_like_what_is_not_there(
    world: Doors, client: Client
) -> None:
    """Every route, role and relation against the table of permissions, byte for byte."""
    own_number = "+37120000009"
    for role in [one for one in ROLES if one not in {"laboratory", "operator"}]:
        one = colleague(world, role, number=own_number, stepped_up=True)
        cases = {
            "assigned": a_case(world, assigned_to=one),
            "own-district": a_case(world),
            "other-district": a_case(world, district="south"),
            "closed": a_case(world, state="closed"),
            "self": a_case(world, number_hash=world.vault.number_hash(own_number)),
        }
        nothing = plain(client.get("/office/nothing/here", one.headers))
        assert nothing[0] == 404
        for route in [one for one in OF_STAFF if "provider" not in one.path]:
            assert route.does is not None
            for relation, case_id in cases.items():
                is_record = route.relation in {"case", "contact"}
                expected = allowed(role, route.does, relation if is_record else "none")
                if expected and route.method == "POST":
                    continue  # it would be done; the pages' own tests do it
                answer = client.ask(route.method, place(route, case_id), headers=one.headers)
                if expected:
                    names_more = "{" in route.path.replace("{case_id}", "")
                    assert names_more or plain(answer) != nothing, (role, route.path, relation)
                else:
                    assert plain(answer) == nothing, (role, route.path, relation)
                world.clock.advance(100)  # type: ignore[attr-defined] # allowances


def test_ids_that_are_none_get_the_same_answer(world: Doors, client: Client) -> None:
    lead = colleague(world, "lead", stepped_up=True)
    south = a_case(world, district="south")
    for route in OF_RECORDS:
        answers = {
            repr(plain(client.ask(route.method, place(route, case_id), headers=lead.headers)))
            for case_id in ("f" * 32, "0" * 32, "x", "%27--", south)
        }
        assert len(answers) == 1, route
        world.clock.advance(100)  # type: ignore[attr-defined] # allowances are earned again


def test_what_takes_data_out_asks_once_more_who_it_is(world: Doors, client: Client) -> None:
    for route in [one for one in OF_STAFF if one.does in STEPPED_UP]:
        lead = colleague(world, "lead")
        answer = client.ask(route.method, place(route, a_case(world)), headers=lead.headers)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (
            303,
            "/office/step-up",
        )


# -- cookies and pages -----------------------------------------------------------------------------


def test_pages_hold_nothing_that_runs_and_nothing_foreign(world: Doors, client: Client) -> None:
    lead = colleague(world, "lead")
    for path in ("/office/sign-in", "/office/invitation", "/office/step-up", "/office/none"):
        answer = client.get(path, lead.headers)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<style" not in answer.text
        assert " on" not in {part[:3] for part in answer.text.split("<")[1:]}
        assert "//" not in answer.text.replace(OWN, "").replace("<!--", "")


def test_the_way_back_after_the_sign_in_is_a_path_of_ours(client: Client) -> None:
    for asked, expected in {
        "/office/cases/1": "/office/cases/1",
        "//elsewhere.example": "/office",
        "https://elsewhere.example/office": "/office",
        "/office//elsewhere.example": "/office",
        "/office\\elsewhere": "/office",
        "/officer": "/office",
        '/office"><script>': "/office",
    }.items():
        text = client.get(f"/office/sign-in?next={quote(asked)}").text
        assert f'data-next="{expected}"' in text


def test_signing_out_ends_the_session_in_the_database(world: Doors, client: Client) -> None:
    lead = colleague(world, "lead")
    answer = client.ask("POST", "/office/sign-out", headers=lead.headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get("/office/step-up", lead.headers).status_code == 303


def test_over_tls_the_cookie_is_for_this_host_alone(stores: Stores) -> None:
    with doors(stores, public_url="https://office.example") as world:
        client = Client(create_app(world))
        headers = {"sec-fetch-site": "same-origin", "origin": "https://office.example"}
        answer = client.ask("POST", "/office/sign-in/options", headers=headers)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-ceremony=")
        for rule in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
            assert rule.lower() in cookie.lower()
        assert "domain" not in cookie.lower()
        lead = colleague(world, "lead")
        plain_name = {**lead.headers, "cookie": f"session={lead.secret}"}
        assert client.get("/office/step-up", plain_name).status_code == 303
        own_name = {**lead.headers, "cookie": f"__Host-session={lead.secret}"}
        assert client.get("/office/step-up", own_name).status_code == 200


def test_on_this_machine_the_cookie_is_kept_from_scripts_and_other_sites(client: Client) -> None:
    answer = client.ask("POST", "/office/sign-in/options", headers={"origin": OWN})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("ceremony=")
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    asked = json.loads(answer.content)
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/office/sign-in/answer", b'{"answer": {"id": "x"}}'),
        ("/office/sign-in/answer", b'{"answer": "x"}'),
        ("/office/sign-in/answer", b"{}"),
        ("/office/sign-in/answer", b"\xff"),
        ("/office/invitation/options", b'{"code": "wrong"}'),
        ("/office/invitation/answer", b'{"code": "wrong", "answer": {}}'),
    ],
)
def test_answers_that_are_none_open_nothing(client: Client, path: str, body: bytes) -> None:
    begun = client.ask("POST", "/office/sign-in/options", headers={"origin": OWN})
    cookie = begun.headers["set-cookie"].split(";")[0]
    headers = {
        "origin": OWN,
        "cookie": cookie,
        "content-type": "application/json",
        "accept": "application/json",
    }
    answer = client.ask("POST", path, headers=headers, content=body)
    assert answer.status_code in {403, 422}
    assert "set-cookie" not in answer.headers


def test_without_an_identity_provider_its_routes_are_not_there(
    world: Doors, client: Client
) -> None:
    lead = colleague(world, "lead")
    nothing = plain(client.get("/office/none", lead.headers))
    for route in OFFICE:
        if "provider" in route.path:
            assert plain(client.get(route.path, lead.headers)) == nothing
    assert replace(world.settings).oidc_issuer == ""
