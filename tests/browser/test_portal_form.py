"""Every page of the portal on a phone, in three languages: to be read, heard, and light."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

import httpx
import pytest
from tests.browser.phone import LOCALES, in_hand
from tests.browser.phone_world import Staffed, exposed, staffed_in

from fortnight.web.portal.routes import PORTAL_ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, StorageState

pytestmark = pytest.mark.browser
NUMBER: Final = "+37120000002"
PIN: Final = "730184"
NOT_PAGES: Final = (
    "/",
    "/portal",  # looked at by itself, before anybody came in
    "/portal/language/{language}",
    "/portal/looks/{look}/proof/{step}",  # a file
    "/portal/others/choices",  # the page of choices once more, for whom somebody cares
)
ENDS: Final = ("/portal/leave", "/portal/leave-all", "/portal/unlock/over")
SCRIPTS: Final = ("/options", "/answer")
"""What a script of ours alone sends, and is answered."""
NONSENSE: Final = dict.fromkeys(
    (
        "number", "code", "pin", "again", "digits", "kind", "act", "version", "language", "need",
        "follow_up", "look", "app", "device", "which", "start", "until", "place", "radius", "month",
        "venue", "room", "visit", "name", "who", "lat", "lon", "home", "symptom",
    ),
    "nonsense",
)  # fmt: skip
LETTERS: Final = {"ru": "[а-яё]", "ar": "[ء-ي]"}  # noqa: RUF001 - Russian


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staffed]:
    with staffed_in(tmp_path_factory.mktemp("portal")) as made:
        yield made


@pytest.fixture(scope="module")
def came_in(world: Staffed, browser_without_webgl: Browser) -> StorageState:
    """Return the cookies of somebody who came in, chose a PIN, and was told of an exposure."""
    with in_hand(browser_without_webgl, world.town) as phone:
        phone.come_in(NUMBER)
        phone.show_pin(PIN)
        exposed(world, NUMBER)
        return phone.page.context.storage_state()


def _addresses(permission: str) -> list[str]:
    return [
        route.path
        for route in PORTAL_ROUTES
        if route.method == "GET" and route.permission == permission and route.path not in NOT_PAGES
    ]


def _named(path: str) -> str:
    return path.removeprefix("/portal/").replace("/", "-") or "start"


@pytest.mark.parametrize("language", LOCALES)
def test_every_page_is_read_heard_and_light_on_a_phone(
    world: Staffed, came_in: StorageState, browser_without_webgl: Browser, language: str
) -> None:
    with in_hand(browser_without_webgl, world.town, language) as phone:
        phone.open("/portal")
        phone.check("first")
        for path in _addresses("visitor"):
            phone.open(path)
            phone.check(_named(path))
        phone.page.context.add_cookies(came_in["cookies"])  # type: ignore[arg-type] # its own
        for path in _addresses("person"):
            phone.open(path)
            phone.check(_named(path))


@pytest.mark.parametrize(("language", "sent"), [("ru", {}), ("ar", NONSENSE)])
def test_nonsense_in_any_form_is_answered_in_words_that_help(
    world: Staffed, came_in: StorageState, language: str, sent: dict[str, str]
) -> None:
    origin = world.town.origin
    headers = {"accept-language": language, "origin": origin, "sec-fetch-site": "same-origin"}
    cookies = {one["name"]: one["value"] for one in came_in["cookies"]}
    with httpx.Client(base_url=origin, headers=headers, cookies=cookies) as client:
        page = _patiently(client, "GET", "/portal/reply", {})
        token = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert token is not None
        for route in PORTAL_ROUTES:
            if route.method != "POST" or route.path in ENDS or route.path.endswith(SCRIPTS):
                continue
            answer = _patiently(client, "POST", route.path, {"csrf": token[1], **sent})
            assert answer.status_code < 500, route.path
            if answer.status_code >= 400:
                said = _said(answer.text)
                assert len(re.findall(LETTERS[language], said)) > 10, (route.path, said)


def _patiently(
    client: httpx.Client, method: str, path: str, sent: dict[str, str]
) -> httpx.Response:
    """Send a request; where that is too often, again after the time that is asked for."""
    answer = client.request(method, path, data=sent)
    while answer.status_code == 429 and "retry-after" in answer.headers:
        time.sleep(int(answer.headers["retry-after"]))
        answer = client.request(method, path, data=sent)
    return answer


def _said(page: str) -> str:
    """Return what a page says of what was wrong."""
    found = re.search(r'class="wrong"[^>]*>(.*?)</div>', page, re.DOTALL) or re.search(
        r'<div class="card">(.*?)</div>', page, re.DOTALL
    )
    assert found is not None, page
    return re.sub(r"<[^>]+>", " ", found[1])
