"""Every page of the portal on a phone: to be read, heard, and light; and what a form leads to.

In English and Arabic each page is held against axe-core in a light scheme, in English its colours
in a dark one too. Russian words are the longest: there it is looked at whether they fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from tests.browser.phone import LOCALES, Phone, in_hand
from tests.browser.phone_world import Staffed, exposed, staffed_in

from fortnight.web.portal.routes import PORTAL_ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser, StorageState

pytestmark = pytest.mark.browser
NUMBERS: Final = {
    language: f"+3712000000{place}" for place, language in enumerate(LOCALES, start=2)
}
"""Of each language somebody: nobody may load more than a page a second for long."""
PIN: Final = "730184"
NOT_PAGES: Final = (
    "/",
    "/portal",  # looked at by itself, before anybody came in
    "/portal/language/{language}",
    "/portal/v/{code}",  # goes on to where somebody checks in
    "/portal/looks/{look}/proof/{step}",  # a file, and so is the next
    "/portal/record/proof/{entry}",
    "/portal/others/choices",  # the page of choices once more, for whom somebody cares
)
GO_ON: Final = (
    "/portal/choices", "/portal/help", "/portal/leave", "/portal/looks", "/portal/not-sent",
    "/portal/others/choices", "/portal/pause", "/portal/pin", "/portal/take", "/portal/unlock",
    "/portal/unlock/over", "/portal/unlock/stop", "/portal/visits/past",
)  # fmt: skip
"""Forms that lead back to a page that is looked at, off to another site, or to a file."""
SCRIPTS: Final = ("/options", "/answer")
"""What a script of ours alone sends, and is answered."""
TRACK: Final = """<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="56.95" lon="24.11"><time>{day}T10:00:00Z</time></trkpt></trkseg></trk></gpx>"""


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[Staffed]:
    with staffed_in(world_folders.mktemp("portal")) as made:
        yield made


@pytest.fixture(scope="module")
def came_in(world: Staffed, browser_without_webgl: Browser) -> Mapping[str, StorageState]:
    """Return the cookies of people who came in, chose a PIN, and were told of an exposure."""
    kept = {}
    for language, number in NUMBERS.items():
        with in_hand(browser_without_webgl, world.town, language, scripts=False) as phone:
            phone.come_in(number)
            phone.show_pin(PIN)
            kept[language] = phone.page.context.storage_state()
    exposed(world, *NUMBERS.values())
    return kept


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
    world: Staffed,
    came_in: Mapping[str, StorageState],
    browser_without_webgl: Browser,
    language: str,
) -> None:
    with in_hand(browser_without_webgl, world.town, language) as phone:
        phone.open("/portal")
        phone.check("first")
        for path in _addresses("visitor"):
            phone.open(path)
            phone.check(_named(path))
        phone.page.context.add_cookies(came_in[language]["cookies"])  # type: ignore[arg-type] # its own
        for path in _addresses("person"):
            phone.open(path)
            phone.check(_named(path))


# -- what a form leads to --------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """A form that is answered with a page of its own: where it stands, and how it is filled in."""

    page: str
    action: str
    status: int
    holds: str = ""
    press: str = "button"
    fields: tuple[tuple[str, str], ...] = ()


BEFORE: Final = (
    Sent("/portal", "/portal/digits", 200, fields=(("number", "+37120000009"),)),
    Sent(
        "/portal",
        "/portal",
        403,
        holds='[name="code"]',
        fields=(("number", "+37120000009"), ("code", "12345678")),
    ),
    Sent("/portal/proof", "/portal/proof", 404, fields=(("code", "0000"),)),
)
"""Before anybody came in."""
AFTER: Final = (
    Sent("/portal/phones", "/portal/phones", 200, holds='[value="owntracks"]'),
    Sent("/portal/household", "/portal/household", 200, holds='[value="invite"]'),
    Sent(
        "/portal/remind",
        "/portal/remind",
        422,
        holds='[name="place"]',
        fields=(("place", "at home"),),
    ),
    Sent("/portal/others", "/portal/others", 422, fields=(("number", "12"),)),
    Sent("/portal/visits", "/portal/visits", 422, holds='[name="code"]', fields=(("code", "1"),)),
    Sent("/portal/upload", "/portal/upload", 200, fields=(("file", TRACK),)),
    Sent("", "/portal/upload/keep", 200, press='[value="keep"]'),
    Sent("/portal/today", "/portal/today", 200, fields=(("symptom", ""),)),
    Sent("/portal/reply", "/portal/reply", 200, fields=(("kind", ""), ("note", "We sat outside."))),
    Sent("/portal/leave-all", "/portal/leave-all", 200, fields=(("sure", ""),)),
)
"""``page`` is empty where the form stands on the page that the one before led to."""


def test_every_form_leads_to_a_page_of_its_own_or_back_to_one_that_is_looked_at() -> None:
    posts = {route.path for route in PORTAL_ROUTES if route.method == "POST"}
    scripts = {one for one in posts if one.endswith(SCRIPTS)}
    assert posts - scripts == {one.action for one in (*BEFORE, *AFTER)} | set(GO_ON)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_a_form_leads_to_is_read_heard_and_light_on_a_phone(
    world: Staffed,
    came_in: Mapping[str, StorageState],
    browser_without_webgl: Browser,
    language: str,
) -> None:
    with in_hand(browser_without_webgl, world.town, language) as phone:
        for one in BEFORE:
            _send(phone, one)
        phone.page.context.add_cookies(came_in[language]["cookies"])  # type: ignore[arg-type] # its own
        for one in AFTER:
            _send(phone, one)


def _send(phone: Phone, one: Sent) -> None:
    if one.page:
        phone.open(one.page)
    form = phone.form(one.action, one.holds)
    for name, value in one.fields:
        place = form.locator(f'[name="{name}"]').first
        if not value:
            place.check()
        elif name == "file":
            track = value.format(day=datetime.now(UTC).date() - timedelta(days=2)).encode()
            place.set_input_files({"name": "a.gpx", "mimeType": "text/xml", "buffer": track})
        else:
            place.fill(value)
    assert phone.send(one.action, one.holds, one.press) == one.status, one.action
    phone.check("after-" + _named(one.action))
