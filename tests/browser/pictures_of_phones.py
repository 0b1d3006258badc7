"""Pictures of the portal's pages for docs/phones.md, of a service that was made up for them.

Run it after one of them has changed:
``python -m tests.browser.pictures_of_phones docs/pictures``.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import httpx
from PIL import Image
from playwright.sync_api import sync_playwright
from tests.browser.conftest import QUIET, WITHOUT_WEBGL
from tests.browser.office_world import serving, wait
from tests.browser.phone import in_hand
from tests.databases import asked

from fortnight.venues.posters import NewVenue

if TYPE_CHECKING:
    from tests.browser.phone import Phone

NUMBER: Final = "+37120000005"
PIN: Final = "482913"
COLOURS: Final = 24
"""Enough for text, its edges and the few colours of the style."""
LONGEST: Final = 2_000
"""Pixels from top to bottom, two to a pixel of the style."""
MOST_BYTES: Final = 60_000
APPS: Final = ("owntracks", "traccar", "overland")
PLACES: Final = ((10, 0), (10, 5), (10, 10), (21, 30))
"""Hours and minutes of a day of the file that is sent."""


@dataclass(frozen=True)
class Album:
    """Where pictures go."""

    phone: Phone
    folder: Path

    def take(self, name: str) -> None:
        """Take a picture of the page in front, down to where it gets long, in few colours."""
        whole = Image.open(BytesIO(self.phone.page.screenshot(full_page=True)))
        few = whole.crop((0, 0, whole.width, min(whole.height, LONGEST)))
        few = few.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        path = self.folder / f"portal-{name}.png"
        few.save(path, optimize=True)
        size = path.stat().st_size
        assert size < MOST_BYTES, (
            f"{path} has {size} bytes: show less of the page, or fewer colours"
        )


def _phones(album: Album) -> None:
    """Choose an app, see its link and picture, and what is shown after its first place."""
    phone = album.phone
    phone.open("/portal/phones")
    album.take("phones")
    for app in reversed(APPS):
        phone.open("/portal/phones")
        phone.form("/portal/phones", f'[value="{app}"]').locator(f'[value="{app}"]').check()
        phone.send("/portal/phones", holds='[value="owntracks"]')
        album.take(f"phone-{app}")
    link = phone.page.locator('a[href^="owntracks:"]').get_attribute("href")
    told = json.loads(base64.b64decode(parse_qs(urlsplit(str(link)).query)["inline"][0]))
    at = int(datetime.now(UTC).timestamp())
    first = {"_type": "location", "lat": 56.95, "lon": 24.11, "tst": at, "acc": 12}
    who = (told["username"], told["password"])
    httpx.post(told["url"], json=first, auth=who).raise_for_status()
    wait(lambda: not phone.town.service.waiting(), "what was sent was not filed")
    phone.open("/portal/held")
    album.take("first-place")


def _file(album: Album) -> None:
    phone, day = album.phone, datetime.now(UTC).date() - timedelta(days=2)
    marks = "".join(
        f'<trkpt lat="56.95" lon="24.11"><time>{day}T{hour:02}:{minute:02}:00Z</time></trkpt>'
        for hour, minute in PLACES
    )
    xmlns = "http://www.topografix.com/GPX/1/1"
    track = (
        f'<gpx version="1.1" creator="x" xmlns="{xmlns}"><trk><trkseg>{marks}</trkseg></trk></gpx>'
    )
    phone.open("/portal/upload")
    album.take("file")
    file = phone.form("/portal/upload").locator('[name="file"]')
    file.set_input_files({"name": "a.gpx", "mimeType": "text/xml", "buffer": track.encode()})
    phone.send("/portal/upload")
    album.take("upload")
    phone.send("/portal/upload/keep", press='[value="keep"]')
    album.take("kept")


def _never_sent(album: Album) -> None:
    phone = album.phone
    phone.open("/portal/not-sent")
    phone.send("/portal/not-sent", holds='[name="start"]', start="22:00", until="06:00")
    phone.send("/portal/not-sent", holds='[name="place"]', place="56.9496, 24.1052")
    album.take("not-sent")


def _visits(album: Album) -> None:
    phone, service = album.phone, album.phone.town.service
    new = NewVenue("Café at the corner", "food", ("Terrace", "Hall"), 22 * 60, 120)
    venue = service.venues.add(new, "made up", service.clock())
    phone.page.goto(f"{phone.town.origin}/portal/v/{service.venues.of(venue)[0].code}")
    album.take("visits")


def main(folder: Path) -> None:
    """Take every picture of docs/phones.md."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as made,
        asked(None),
        serving(Path(made)) as town,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=[*QUIET, *WITHOUT_WEBGL]) as one,
        in_hand(one, town) as phone,
    ):
        phone.come_in(NUMBER)
        phone.show_pin(PIN)
        phone.open("/portal/choices")
        phone.send("/portal/choices", holds='[value="of-age"]')
        for kind in ("trace.phone", "trace.visits"):
            phone.send("/portal/choices", holds=f'[name="kind"][value="{kind}"]')
        album = Album(phone, folder)
        for take in (_phones, _file, _never_sent, _visits):
            take(album)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
