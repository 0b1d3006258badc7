"""Every page of a working office in a real browser: in both languages, narrow and wide."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest
from tests.browser.heard import listen, stumbles
from tests.office_rich import RichWorld, rich_world
from tests.office_world import served
from tests.served import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
WIDTHS: Final = (360, 1280)
_READY_TIMES: Final = 300
_SMALLEST_PX: Final = 8.5


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[RichWorld]:
    # In a thread of its own: where the browser's event loop runs, no queue of jobs is begun.
    making = rich_world(world_folders.mktemp("rich"), free_port())
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(making.__enter__).result()
        thread.submit(making.__exit__, None, None, None).result()


@pytest.fixture(scope="module")
def origin(world: RichWorld) -> Iterator[str]:
    with served(world.office) as where:
        yield where


def pages(world: RichWorld) -> dict[str, str]:
    """Return every page once, with who reads it: of those that are alike the first."""
    alike = {f"/office/cases/{world.large}/contacts/{one}" for one in world.contacts[1:]}
    return {path: role for role, path in reversed(world.pages()) if path not in alike}


def opened(
    context: BrowserContext, world: RichWorld, origin: str, path: str, role: str
) -> tuple[Page, list[str]]:
    """Open a page as somebody of a role; tell what went wrong on it."""
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    show(page, world, origin, path, role)
    return page, errors


def show(page: Page, world: RichWorld, origin: str, path: str, role: str) -> None:
    """Open a page as somebody of a role, and wait for its map."""
    page.context.clear_cookies()
    if role in world.colleagues:
        secret = world.colleagues[role].secret
        page.context.add_cookies([{"name": "session", "value": secret, "url": origin}])
    page.goto(origin + path)
    for _ in range(_READY_TIMES):
        ask = "[...document.querySelectorAll('.map[data-marks]')].every((one) => one.dataset.ready)"
        if page.evaluate(ask):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no map was drawn on {path}")


@pytest.mark.parametrize(("language", "scheme"), [("ru-RU", "light"), ("en-GB", "dark")])
def test_every_page_can_be_used_by_everybody_and_fits_its_screen(
    browser_without_webgl: Browser, world: RichWorld, origin: str, language: str, scheme: str
) -> None:
    context = browser_without_webgl.new_context(
        color_scheme=scheme,  # type: ignore[arg-type] # one of the two
        locale=language,
    )
    listen(context)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path, role in pages(world).items():
        show(page, world, origin, path, role)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert stumbles(page) == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.evaluate(_TEXTS) >= _SMALLEST_PX, (path, width)
        assert errors == [], path
    context.close()


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("<p style='color: #999'>words", "color-contrast"),
        ("<input>", "label"),
        ("<button></button>", "button-name"),
        ("<ul><p>words</ul>", "list"),
        (
            "<div style='overflow: auto; height: 9px'>" + "<p>words" * 9,
            "scrollable-region-focusable",
        ),
    ],
)
def test_a_page_with_a_fault_would_be_told(
    browser_without_webgl: Browser, fault: str, rule: str
) -> None:
    context = browser_without_webgl.new_context()
    listen(context)
    page = context.new_page()
    page.set_content(f"<html lang=en><title>A page</title><h1>A page</h1>{fault}")
    assert [one["id"] for one in stumbles(page)] == [rule]
    context.close()


_TEXTS: Final = """() => Math.min(99, ...[
  ...document.querySelectorAll('.drawing text')
].map((one) => {
  const box = one.ownerSVGElement.getBoundingClientRect();
  const units = one.ownerSVGElement.viewBox.baseVal?.width || box.width;
  return box.width ? parseFloat(getComputedStyle(one).fontSize) * box.width / units : 99;
}))"""
"""The smallest letters of the drawings of a page, in pixels of the screen."""


def test_on_a_narrow_screen_the_newest_day_of_the_curve_is_seen_at_once(
    browser_without_webgl: Browser, world: RichWorld, origin: str
) -> None:
    context = browser_without_webgl.new_context(viewport={"width": 360, "height": 800})
    page, errors = opened(context, world, origin, "/office/overview", "lead")
    ends = page.evaluate(
        "[...document.querySelectorAll('#curve-h ~ figure rect')]"
        ".map((one) => one.getBoundingClientRect().right)"
    )
    assert max(ends) <= 360
    assert max(ends) > 300  # today, and it is not scrolled to
    assert errors == []
    context.close()


def test_a_map_says_its_lengths_in_the_language_of_the_page(
    browser_without_webgl: Browser, world: RichWorld, origin: str
) -> None:
    context = browser_without_webgl.new_context(locale="ru-RU")
    page, errors = opened(context, world, origin, world.office.met, "case-worker")
    said = page.locator("[data-size]").inner_text()
    assert said.endswith(("\u00a0\u043c.", "\u00a0\u043a\u043c."))
    assert errors == []
    context.close()


def test_a_keyboard_reaches_every_link_and_button_of_a_contact(
    browser_without_webgl: Browser, world: RichWorld, origin: str
) -> None:
    context = browser_without_webgl.new_context(viewport={"width": 360, "height": 800})
    page, errors = opened(context, world, origin, world.office.met, "case-worker")
    wanted = page.locator("main a:visible, main button:visible, main summary:visible").count()
    stops = page.locator("a, button, summary, input, select, textarea").count()
    reached = set()
    for _ in range(stops + 1):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(() => { const one = document.activeElement; return one.closest('main') && "
            "one.matches('a, button, summary') ? "
            "[...document.querySelectorAll('*')].indexOf(one) : -1 })()"
        )
        reached.add(name)
    assert len(reached - {-1}) == wanted
    assert errors == []
    context.close()
