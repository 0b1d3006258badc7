"""The pages of cases in a real browser: nothing runs that is not ours, and all can use them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest
from tests.browser.heard import listen, stumbles
from tests.office_world import OfficeWorld, office_world, reader, served
from tests.served import free_port
from tests.unit.hostile_document import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
READY_TIMES: Final = 300


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[OfficeWorld]:
    # In a thread of its own: where the browser's event loop runs, no queue of jobs is begun.
    making = office_world(world_folders.mktemp("office"), free_port())
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(making.__enter__).result()
        work, who, now = made.service.work, reader(made.worker), made.clock()
        for text in HOSTILE:
            work.notes.add(made.case_id, text, made.worker.account.id, who, now)
        yield made
        thread.submit(making.__exit__, None, None, None).result()


@pytest.fixture(scope="module")
def origin(world: OfficeWorld) -> Iterator[str]:
    with served(world) as where:
        yield where


def opened(
    browser: Browser, world: OfficeWorld, origin: str, width: int, scheme: str, language: str
) -> tuple[Page, list[str]]:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type] # one of the two
        locale=language,
    )
    context.add_cookies([{"name": "session", "value": world.worker.secret, "url": origin}])
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((origin, "data:", "blob:")) else errors.append(asked.url)
        ),
    )
    return page, errors


def wait_for_map(page: Page) -> str:
    """Return which kind of map was drawn, asked again and again: the policy forbids more."""
    for _ in range(READY_TIMES):
        if kind := page.evaluate("document.querySelector('#map')?.dataset.ready ?? ''"):
            return str(kind)
        page.wait_for_timeout(100)
    raise AssertionError("no map was drawn")


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(360, "light", "ru-RU"), (1280, "dark", "en-GB")],
)
def test_no_page_holds_what_a_screen_reader_or_a_keyboard_stumbles_over(
    browser_without_webgl: Browser,
    world: OfficeWorld,
    origin: str,
    width: int,
    scheme: str,
    language: str,
) -> None:
    page, errors = opened(browser_without_webgl, world, origin, width, scheme, language)
    listen(page.context)
    paths = ["/office", "/office/cases/new", world.case, f"{world.case}/places", world.met]
    for path in paths:
        page.goto(origin + path)
        if path in {f"{world.case}/places", world.met}:
            wait_for_map(page)
        assert stumbles(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("window.hacked") is None
    assert errors == []
    page.context.close()


def test_places_come_into_the_page_of_the_case_and_the_slider_says_the_day(
    browser_without_webgl: Browser, world: OfficeWorld, origin: str
) -> None:
    page, errors = opened(browser_without_webgl, world, origin, 1280, "light", "en-GB")
    page.goto(origin + world.case)
    page.locator("#places-h").scroll_into_view_if_needed()
    assert wait_for_map(page) == "sketch"
    slider = page.locator("#until")
    slider.focus()
    page.keyboard.press("Home")
    assert page.locator("#until-words").inner_text() != "the last day"
    page.keyboard.press("End")
    assert page.locator("#until-words").inner_text() == "the last day"
    assert errors == []
    page.context.close()


def test_a_keyboard_comes_to_the_content_and_decides(
    browser_without_webgl: Browser, world: OfficeWorld, origin: str
) -> None:
    page, errors = opened(browser_without_webgl, world, origin, 360, "dark", "en-GB")
    page.goto(origin + world.met)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.get_by_label("Do not tell them").focus()
    page.keyboard.press("Space")
    page.get_by_label("Why", exact=True).focus()
    page.keyboard.type("A wall stood between them")
    page.get_by_role("button", name="Decide", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("A wall stood between them").wait_for()
    assert errors == []
    page.context.close()


def test_pages_work_without_javascript(
    browser_without_webgl: Browser, world: OfficeWorld, origin: str
) -> None:
    context = browser_without_webgl.new_context(java_script_enabled=False, locale="en-GB")
    context.add_cookies([{"name": "session", "value": world.worker.secret, "url": origin}])
    page = context.new_page()
    page.goto(origin + world.case)
    page.get_by_role("link", name="Show places and days").click()
    page.get_by_text("The map needs JavaScript").wait_for()
    assert page.locator("#places-table tbody tr").count() == 3
    context.close()
