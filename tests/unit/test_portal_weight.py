"""Pages of the portal on a slow phone, counted and not timed: journeys there and back, bytes.

The profile is Chromium's own of a 3G network: 300 ms there and back, 0.7 Mbit/s down. What it
takes in the browser itself, with a processor four times slower, is measured by
`python -m bench.service.portal`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import pytest
from tests.portal_world import Portal, portal_world, signed
from tests.services import Clock

from fortnight.web.portal.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

LATENCY_MS: Final = 300
BYTES_A_MS: Final = 700_000 / 8 / 1_000
MOST_MS: Final = 700
"""Of the second within which a page can be used; the rest is for the processor to draw it."""
PAGES: Final = ("today", "choices", "held", "looks", "notes", "record", "help", "reply")
_LATER: Final = re.compile('<link rel="preload" as="style" href="([^"]+)">')
_FILE: Final = re.compile(r'<(?:link rel="stylesheet"|script|img)[^>]*(?:href|src)="([^"]+)"')


@pytest.fixture(scope="module")
def portal(world_folders: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal_world(world_folders.mktemp("weight"), Clock()) as made:
        yield made


def on_3g(page: str, journeys: int) -> float:
    """Return for how many ms the network is waited for."""
    return journeys * LATENCY_MS + len(page.encode()) / BYTES_A_MS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_before_the_sign_in_is_drawn_after_one_journey(
    portal: Portal, language: str
) -> None:
    for path in ("/portal", "/portal/proof"):
        answer = portal.get(path, language)
        head, _, body = answer.text.partition("<body>")
        assert _FILE.findall(head) == []  # nothing that drawing waits for
        (sheet,) = re.findall("<style>(.*?)</style>", head, re.DOTALL)
        digest = b64encode(sha256(sheet.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
        assert on_3g(answer.text, journeys=1) < MOST_MS
        assert _FILE.findall(body) == []
        (later,) = _LATER.findall(body.partition("</footer>")[2])
        assert portal.get(later).text == sheet  # what every page that follows is made of


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_after_it_waits_for_nothing_but_itself(portal: Portal, language: str) -> None:
    signed(portal, language)
    files = set()
    for name in PAGES:
        answer = portal.get(f"/portal/{name}", language)
        files |= set(_FILE.findall(answer.text))
        assert "<style" not in answer.text
        assert on_3g(answer.text, journeys=1) < MOST_MS, name
    (sheet,) = files
    assert "immutable" in portal.get(sheet).headers["cache-control"]
