"""A Chromium that tells on every page: errors, and requests that leave the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import pytest
from playwright.sync_api import sync_playwright

from fortnight.report.page import to_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Playwright

    from fortnight.report.document import TraceDocument

QUIET: Final = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DRAWN_IN_SOFTWARE: Final = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
WITHOUT_WEBGL: Final = ("--disable-gpu", "--disable-3d-apis")
OWN: Final = ("file:", "blob:", "data:")
READY_S: Final = 60


@dataclass
class Opened:
    """A page, and what it did that it should not have done."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("request", lambda request: self._ask(request.url))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)

    def _ask(self, address: str) -> None:
        if not address.startswith(OWN):
            self.requests.append(address)

    def wait_for_map(self) -> str:
        """Return which kind of map was drawn, asked again and again: the policy forbids more."""
        ask = "document.getElementById('map').dataset.ready ?? ''"
        for _ in range(READY_S * 10):
            if kind := self.page.evaluate(ask):
                return str(kind)
            self.page.wait_for_timeout(100)
        raise AssertionError(f"no map within {READY_S} s: {self.errors}")


OpenReport = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return where Chromium is, or skip."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("no chromium on this machine: install it (Debian: apt install chromium)")
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start Playwright for one module: its event loop would be in the way of all that follow."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(
        executable_path=chromium, args=[*QUIET, *DRAWN_IN_SOFTWARE]
    )
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def browser_without_webgl(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, *WITHOUT_WEBGL])
    yield launched
    launched.close()


@pytest.fixture
def open_report(
    browser_without_webgl: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[OpenReport]:
    """Return a function that opens a document's page; at the end no page may have erred.

    Without ``webgl`` the map is the sketch, which is far quicker on a machine without a
    graphics card: tests of anything but the map go without.
    """
    opened: list[Opened] = []

    def open_one(
        document: TraceDocument,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        *,
        webgl: bool = False,
        scripts: bool = True,
    ) -> Opened:
        browser = request.getfixturevalue("browser") if webgl else browser_without_webgl
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        path = tmp_path / "report.html"
        path.write_text(to_html(document), encoding="utf-8")
        one = Opened(context.new_page())
        one.listen()
        opened.append(one)
        one.page.goto(path.as_uri())
        return one

    yield open_one
    for one in opened:
        one.page.context.close()
    assert [one.errors for one in opened if one.errors] == []
    assert [one.requests for one in opened if one.requests] == []
