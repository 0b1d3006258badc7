"""How soon a page of the portal can be used on a slow phone, in Chromium.

uv run python -m bench.service.portal [TIMES]

Network and processor are slowed down by the browser itself: two mobile networks, and a processor
of a quarter of this one's speed. Each page is opened TIMES times (5 by default); the median and
the slowest are printed. "First" is a browser that was never here before, "then" one that holds the
style sheet already. Usable is when the whole document is read and drawn and its links and forms
answer: pages wait for no script.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from playwright.sync_api import sync_playwright
from tests.browser.conftest import QUIET, WITHOUT_WEBGL
from tests.browser.phone import Phone, in_hand
from tests.browser.phone_world import exposed, staffed_in
from tests.databases import asked

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.browser.phone_world import Staffed

NUMBER: Final = "+37120000002"
PIN: Final = "730184"
SLOWER: Final = 4
PAGES: Final = ("today", "choices", "held", "looks", "notes", "record", "phones")
_USABLE: Final = (
    "() => new Promise((said) => {const look = () => {"
    "const paint = performance.getEntriesByName('first-contentful-paint')[0];"
    "if (!paint) return requestAnimationFrame(look);"
    "const page = performance.getEntriesByType('navigation')[0];"
    "said(Math.max(paint.startTime, page.domContentLoadedEventEnd))}; look()})"
)


class Network(NamedTuple):
    """A mobile network: milliseconds there and back, bytes a second down and up."""

    name: str
    latency_ms: float
    down: float
    up: float


NETWORKS: Final = (
    Network("slow 4G (150 ms, 1.6 Mbit/s)", 150, 1_638_400 / 8, 750_000 / 8),
    Network("3G (300 ms, 0.7 Mbit/s)", 300, 700_000 / 8, 700_000 / 8),
)


def slowed(page: Page, network: Network) -> None:
    """Slow a page's network and processor down."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": network.latency_ms,
            "downloadThroughput": network.down,
            "uploadThroughput": network.up,
        },
    )
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def usable_ms(phone: Phone, path: str) -> float:
    """Open a page; return after how many milliseconds it could be used."""
    phone.open(path)
    return float(phone.page.evaluate(_USABLE))


def first(browser: Browser, world: Staffed, network: Network) -> float:
    """Open the first page in a browser that was never here."""
    with in_hand(browser, world.town) as phone:
        slowed(phone.page, network)
        return usable_ms(phone, "/portal")


def said(name: str, found: list[float]) -> str:
    """Return a line of the table, in milliseconds."""
    return f"  {name:10} {statistics.median(found):6.0f}   slowest {max(found):6.0f}"


def measure(browser: Browser, world: Staffed, times: int) -> None:
    """Print how soon each page can be used on each network."""
    with in_hand(browser, world.town) as phone:
        phone.come_in(NUMBER)
        phone.show_pin(PIN)
        exposed(world, NUMBER)
        for network in NETWORKS:
            print(f"{network.name}, processor {SLOWER} times slower: ms until usable")
            print(said("first", [first(browser, world, network) for _ in range(times)]))
            slowed(phone.page, network)
            for name in PAGES:
                found = [usable_ms(phone, f"/portal/{name}") for _ in range(times)]
                print(said(name, found))


def main(times: int) -> None:
    """Serve a service with one participant, and measure."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as folder,
        asked(None),
        staffed_in(Path(folder)) as world,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*QUIET, *WITHOUT_WEBGL]
        )
        measure(browser, world, times)
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
