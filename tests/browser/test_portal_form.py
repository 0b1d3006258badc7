"""Every page of the portal on a phone, in three languages: to be read, heard, and light."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from tests.browser.phone import LOCALES, Phone, in_hand
from tests.browser.phone_world import Staffed, exposed, staffed_in

from fortnight.web.portal.routes import PORTAL_ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, StorageState

pytestmark = pytest.mark.browser
NUMBER: Final = "+37120000002"
PIN: Final = "730184"
NOT_PAGES: Final = ("/", "/portal", "/portal/language/{language}")
"""The first page is for whoever has not come in: it is looked at by itself."""


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


def _walk(phone: Phone) -> None:
    """Look at every page of somebody's own; one of many is found by a link on another."""
    paths = _addresses("person")
    links: set[str] = set()
    for path in [one for one in paths if "{" not in one]:
        phone.open(path)
        phone.check(_named(path))
        links |= {str(one.get_attribute("href")) for one in phone.page.locator("a[href]").all()}
    for path in [one for one in paths if "{" in one]:
        form = re.compile(re.sub(r"\{\w+\}", r"[^/?]+", path))
        found = sorted(one for one in links if form.fullmatch(one))
        assert found, f"no page links to {path}"
        phone.open(found[0])
        phone.check(re.sub(r"[{}]", "", _named(path)))


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
        _walk(phone)
