"""The portal's pages of sending, before the whole service: phones, choices, files, visits."""

from __future__ import annotations

import io
import json
import re
import zipfile
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from litestar.testing import TestClient
from nacl.secret import SecretBox
from sqlalchemy import func, select
from tests.portal_world import OWN, checked
from tests.services import MINUTE, NOON, Clock, seeded
from tests.whole_service import enrolled, opened, settings_in

from fortnight.arrivals.never_sent import NOTHING, Hours, NeverSent, Place
from fortnight.db.tables import arrival, receipt
from fortnight.evidence.packed import unpack_fixes
from fortnight.venues.posters import NewVenue
from fortnight.venues.rules import shown
from fortnight.web.app import create_app
from fortnight.web.portal import sign_in
from fortnight.web.portal.never_sent import minute_of, place_in
from fortnight.web.qr import modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from litestar import Litestar

    from fortnight.service import Service

GPX = b"""<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="56.95" lon="24.11"><time>2026-02-28T10:00:00Z</time></trkpt>
<trkpt lat="56.95" lon="24.11"><time>2026-02-28T10:05:00Z</time></trkpt>
<trkpt lat="56.95" lon="24.11"><time>2026-02-28T21:30:00Z</time></trkpt>
<trkpt lat="56.95" lon="24.11"><time>2026-01-01T10:00:00Z</time></trkpt>
<trkpt lat="95.0" lon="24.11"><time>2026-02-28T10:10:00Z</time></trkpt>
</trkseg></trk></gpx>"""


@dataclass
class Browser:
    """The whole service, and one person's browser."""

    service: Service
    clock: Clock
    client: TestClient[Litestar]
    door: Any
    people: int = 0
    person: str = ""

    def newcomer(self, *kinds: str) -> None:
        """Enrol somebody, and sign them in without a text."""
        self.people += 1
        self.person = enrolled(self.service, f"+3712{self.people:07}", *kinds)
        self.client.cookies.clear()
        self.come_in()

    def come_in(self) -> None:
        """Begin a session, with the PIN shown; one ends after a quarter of an hour."""
        secret = self.door.portal.begin(self.person, self.clock(), "code")
        self.door.portal.unlock(secret, self.clock())
        self.client.cookies.set("portal", secret)

    def wait(self, minutes: int) -> None:
        """Let time pass, and come in again."""
        self.clock.advance(minutes * MINUTE)
        self.come_in()

    def page(self, path: str, status: int = 200) -> str:
        return checked(self.client.get(path, follow_redirects=False), status)

    def send(self, path: str, **fields: str) -> Response:
        data = {"csrf": self.csrf} | fields
        return self.client.post(path, data=data, headers=OWN, follow_redirects=False)

    def upload(self, content: bytes, token: str = "") -> Response:
        files = {"csrf": (None, token or self.csrf), "file": ("track.gpx", content)}
        return self.client.post("/portal/upload", files=files, headers=OWN)  # type: ignore[arg-type] # a field without a name

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.client.get("/portal/phones").text)
        return found[1] if found else ""

    def times(self) -> list[int]:
        """Return the time of every fix of this person that waits to be filed."""
        asked = select(arrival.c.sealed).where(arrival.c.person == self.person)
        with self.service.database.read() as connection:
            sealed = connection.scalars(asked).all()
        parts = [self.service.vault.unseal(self.person, one, b"arrival") for one in sealed]
        return sorted(unpack_fixes(parts)[0].time.tolist())


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[Browser]:
    folder: Path = world_folders.mktemp("sending")
    clock = Clock()
    settings = replace(settings_in(folder, NOON, zone="Europe/Riga"), port=8080)
    with opened(settings, clock, seeded().randbytes) as service:
        app: Any = create_app(service)
        with TestClient(app) as client:
            yield Browser(service, clock, client, app._straight._door)  # noqa: SLF001 - to sign in


@pytest.fixture
def here(world: Browser) -> Browser:
    world.newcomer("trace.phone", "trace.visits")
    return world


def link_in(page: str) -> str:
    found = re.search(r'href="((?:owntracks|overland|org\.traccar\.client):[^"]+)"', page)
    assert found is not None
    return found[1]


# -- phones ----------


def test_one_link_sets_owntracks_up_and_what_it_then_sends_is_kept(here: Browser) -> None:
    page = checked(here.send("/portal/phones", act="add", app="owntracks"))
    link = link_in(page)
    assert link.startswith("owntracks:///config?inline=")
    said = json.loads(b64decode(unquote(link.partition("=")[2]), validate=True))
    assert (said["_type"], said["mode"], said["auth"]) == ("configuration", 3, True)
    assert said["url"] == f"{here.service.settings.origin}/owntracks"
    assert len(said["encryptionKey"]) == 32
    plain = {"_type": "location", "lat": 56.95, "lon": 24.11, "acc": 9}
    auth = (said["username"], said["password"])
    at = here.clock() // 1_000
    first = json.dumps(plain | {"tst": at - 60}).encode()
    box = SecretBox(said["encryptionKey"].encode()).encrypt(
        json.dumps(plain | {"tst": at - 30}).encode()
    )
    second = json.dumps({"_type": "encrypted", "data": b64encode(box).decode()}).encode()
    for body in (second, first, second, b"{", first):
        answer = here.client.post("/owntracks", content=body, auth=auth)
        assert (answer.status_code, answer.json()) == (200, [])
    assert here.times() == [(at - 60) * 1_000, (at - 30) * 1_000]


@pytest.mark.parametrize("app", ["traccar", "overland"])
def test_one_link_sets_the_other_apps_up_too(here: Browser, app: str) -> None:
    link = urlsplit(link_in(unescape(checked(here.send("/portal/phones", act="add", app=app)))))
    told = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert told["url"] == f"{here.service.settings.origin}/{app}"
    at = here.clock() - MINUTE
    if app == "traccar":
        coords = {"latitude": 56.95, "longitude": 24.11, "accuracy": 9}
        body: dict[str, Any] = {
            "device_id": told["id"],
            "location": {"timestamp": at, "coords": coords},
        }
        answer = here.client.post("/traccar", json=body)
    else:
        point = {"type": "Point", "coordinates": [24.11, 56.95]}
        feature = {"type": "Feature", "geometry": point, "properties": {"timestamp": at}}
        bearer = {"authorization": f"Bearer {told['token']}"}
        answer = here.client.post("/overland", json={"locations": [feature]}, headers=bearer)
        assert answer.json() == {"result": "ok"}
    assert answer.status_code == 200
    assert here.times() == [at]


def test_a_secret_is_shown_once_and_a_phone_that_is_stopped_sends_no_more(here: Browser) -> None:
    page = checked(here.send("/portal/phones", act="add", app="overland"))
    secret = parse_qs(urlsplit(unescape(link_in(page))).query)["token"][0]
    assert secret in page
    listed = here.page("/portal/phones")
    assert "Overland" in listed
    assert secret not in listed
    found = re.search(r'name="device" value="(\w+)"', listed)
    assert found is not None
    assert here.send("/portal/phones", act="stop", device=found[1]).status_code == 303
    here.clock.advance(MINUTE)
    bearer = {"authorization": f"Bearer {secret}"}
    assert here.client.post("/overland", json={"locations": []}, headers=bearer).status_code == 401
    assert "Overland</b>" not in here.page("/portal/phones").partition("<form class")[0]
    again = here.send("/portal/phones", act="stop", device=found[1])
    assert "This phone sends no more." in checked(again, 422)


def test_the_picture_is_drawn_in_the_page_and_holds_the_link(here: Browser) -> None:
    page = here.send("/portal/phones", act="add", app="overland").text
    link = unescape(link_in(page))
    squares = modules(link)
    drawn = set(re.findall(r"M(\d+) (\d+)h1v1h-1z", page))
    dark = {
        (str(column + 4), str(row + 4))
        for row, line in enumerate(squares)
        for column, is_dark in enumerate(line)
        if is_dark
    }
    assert drawn == dark
    assert "http" not in page.partition("<svg")[2].partition("</svg>")[0]


# -- what is never sent ----------


def test_what_is_never_sent_needs_the_pin(here: Browser) -> None:
    here.client.cookies.clear()
    here.client.cookies.set("portal", here.door.portal.begin(here.person, here.clock(), "code"))
    for path in ("/portal/not-sent", "/portal/visits/past"):
        answer = here.client.get(path, follow_redirects=False)
        assert answer.headers["location"] == f"/portal/unlock?next={path}"


def test_hours_and_places_are_added_and_taken_away(here: Browser) -> None:
    sent = here.send("/portal/not-sent", act="hours", start="22:00", until="06:00")
    assert sent.status_code == 303
    typed = "https://maps.example/@56.9496,24.1052,17z"
    assert here.send("/portal/not-sent", act="place", place=typed, radius="200").status_code == 303
    chosen = here.service.choices.of(here.person)
    assert chosen == NeverSent((Hours(1_320, 360),), (Place(24.1052, 56.9496, 200),))
    page = here.page("/portal/not-sent")
    assert "Every day from 22:00 until 06:00" in page
    assert "56.94960, 24.10520" in page
    here.send("/portal/not-sent", act="no-hours", which="0")
    here.send("/portal/not-sent", act="no-place", which="0")
    assert here.service.choices.of(here.person) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "hours", "start": "25:00", "until": "06:00"},
        {"act": "place", "place": "my home", "radius": "200"},
        {"act": "place", "place": "96.1, 24.1", "radius": "200"},
        {"act": "place", "place": "56.1, 24.1", "radius": "7"},
        {"act": "no-hours", "which": "x"},
        {"act": "what"},
    ],
    ids=["no hour", "no numbers", "off the globe", "no such radius", "no number", "no such act"],
)
def test_what_means_nothing_is_refused_and_what_was_typed_stays(
    here: Browser, fields: dict[str, str]
) -> None:
    page = checked(here.send("/portal/not-sent", **fields), 422)
    assert 'role="alert"' in page
    assert fields.get("place", "") in page
    assert here.service.choices.of(here.person) == NOTHING


def test_numbers_of_a_place_are_read_as_maps_write_them() -> None:
    for typed in ("56.9496, 24.1052", "56.9496 24.1052", "geo:56.9496,24.1052?z=17"):
        assert place_in(typed) == (24.1052, 56.9496)
    assert [minute_of(typed) for typed in ("0:00", "07.30", "2359")] == [0, 450, 1_439]


# -- a file ----------


def rows_held(service: Service) -> tuple[int, int]:
    with service.database.read() as connection:
        counts = [select(func.count()).select_from(table) for table in (arrival, receipt)]
        arrivals, receipts = (int(connection.scalar(one) or 0) for one in counts)
    return arrivals, receipts


def test_a_file_is_shown_before_anything_of_it_is_kept(here: Browser) -> None:
    here.service.choices.choose(here.person, NeverSent((Hours(1_320, 360),)), here.clock())
    before = rows_held(here.service)
    page = checked(here.upload(GPX))
    assert rows_held(here.service) == before
    assert ": 2 places" in page
    assert "Older than 14 days: 1" in page
    assert "In hours and places that you never send: 1" in page
    assert "Not a place on Earth: 1" in page
    assert b"2026-02-28T10:00:00Z" not in b"".join(
        file.read_bytes() for file in here.service.settings.home.rglob("*") if file.is_file()
    )
    name = re.search(r'name="name" value="(\w+)"', page)
    assert name is not None
    done = checked(here.send("/portal/upload/keep", act="keep", name=name[1]))
    assert "2 places" in done
    first = 1_772_272_800_000  # 2026-02-28 10:00 UTC
    assert here.times() == [first, first + 5 * MINUTE]
    assert sum(here.service.choices.counts(here.person).values()) == 1
    again = here.send("/portal/upload/keep", act="keep", name=name[1])
    assert "choose it again" in checked(again, 422)
    checked(here.upload(GPX))
    here.send("/portal/upload/keep", act="keep", name=name[1])
    assert len(here.times()) == 2


def test_who_says_no_or_waits_too_long_has_nothing_kept(here: Browser) -> None:
    for act, wait in (("drop", 0), ("keep", 11 * MINUTE)):
        page = checked(here.upload(GPX))
        name = re.search(r'name="name" value="(\w+)"', page)
        assert name is not None
        here.clock.advance(wait)
        here.send("/portal/upload/keep", act=act, name=name[1])
        assert here.times() == []


TIMELINE = json.dumps(
    {
        "semanticSegments": [
            {
                "startTime": "2026-02-28T10:00:00.000+02:00",
                "endTime": "2026-02-28T10:20:00.000+02:00",
                "visit": {"topCandidate": {"placeLocation": {"latLng": "56.95°, 24.11°"}}},
            }
        ]
    }
).encode()
TAKEOUT = json.dumps(
    {"locations": [{"latitudeE7": 569500000, "longitudeE7": 241100000, "accuracy": 12,
                    "timestamp": "2026-02-28T10:00:00Z"}]}
).encode()  # fmt: skip
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w", zipfile.ZIP_DEFLATED) as _made:
    _made.writestr("Takeout/Location History/Records.json", TAKEOUT)
    _made.writestr("Takeout/archive_browser.html", b"<html></html>")
GEOJSON = json.dumps(
    {"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [24.11, 56.95]},
         "properties": {"time": "2026-02-28T10:00:00Z"}}]}
).encode()  # fmt: skip


@pytest.mark.parametrize(
    ("content", "places"),
    [(TIMELINE, 5), (TAKEOUT, 1), (GEOJSON, 1), (ZIP.getvalue(), 1)],
    ids=["timeline", "takeout", "geojson", "zip"],
)
def test_the_files_that_phones_export_are_read(here: Browser, content: bytes, places: int) -> None:
    assert f": {places} places" in checked(here.upload(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x1f\x8b\x08\x00packed",
        b"PK\x03\x04archive",
        b"PAR1 table PAR1",
        b"\x89PNG picture",
        b'{"type":"FeatureCollection","features":[]}',
        b"<gpx><trk><trkseg><trkpt",
    ],
    ids=["nothing", "words", "gzip", "zip", "Parquet", "a picture", "no places", "cut off"],
)
def test_what_is_no_file_of_places_is_told_and_nothing_is_held(
    here: Browser, content: bytes
) -> None:
    answer = here.upload(content)
    assert answer.status_code in {200, 422}, answer.text
    page = checked(answer, answer.status_code)
    assert 'role="alert"' in page or "Nothing of it." in page
    assert here.times() == []


def test_a_form_of_another_sign_in_uploads_nothing(here: Browser) -> None:
    assert here.upload(GPX, token="0" * 64).status_code == 403
    assert here.times() == []


# -- visits ----------


def test_a_poster_that_is_scanned_goes_on_after_the_sign_in(here: Browser) -> None:
    made = here.service.venues.add(NewVenue("Café", "food", (), None, 60), "ann", here.clock())
    (spot,) = here.service.venues.of(made)
    answer = here.client.get(f"/portal/v/{spot.code}", follow_redirects=False)
    assert answer.headers["location"] == "/portal/visits"
    page = here.page("/portal/visits")
    assert "Café" in page
    assert shown(spot.code) in page
    assert here.send("/portal/visits", act="enter", code=shown(spot.code)).status_code == 303
    page = here.page("/portal/visits")
    assert "You are here" in page
    assert "You scanned this place" not in page
    here.wait(20)
    assert here.send("/portal/visits", act="leave").status_code == 303
    (visit,) = here.service.visits.of(here.person)
    assert (visit.due_at, (visit.said.end or 0) - visit.said.start) == (None, 20 * MINUTE)


def test_who_scans_before_they_came_in_is_sent_on_once_they_did(
    here: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = here.service.venues.add(NewVenue("Gym", "sport", (), None, 60), "ann", here.clock())
    (spot,) = here.service.venues.of(made)
    here.client.cookies.clear()
    here.client.get(f"/portal/v/{spot.code}", follow_redirects=False)
    answer = here.client.get("/portal/visits", follow_redirects=False)
    assert answer.headers["location"] == "/portal"
    monkeypatch.setattr(sign_in, "came_in", lambda *_: (here.person, "digits"))
    typed = {"number": "+37120000001", "code": "123456"}
    answer = here.client.post("/portal", data=typed, headers=OWN, follow_redirects=False)
    assert answer.headers["location"] == "/portal/visits"
    assert "Gym" in here.page("/portal/visits")


def test_a_visit_is_forgotten_from_its_page(here: Browser) -> None:
    made = here.service.venues.add(NewVenue("Bar", "food", (), None, 60), "ann", here.clock())
    (spot,) = here.service.venues.of(made)
    here.send("/portal/visits", act="enter", code=spot.code)
    here.wait(30)
    here.send("/portal/visits", act="leave")
    page = here.page("/portal/visits/past")
    assert "Bar" in page
    visit = re.search(r'name="visit" value="(\w+)"', page)
    assert visit is not None
    for _ in range(2):
        assert here.send("/portal/visits/past", visit=visit[1]).status_code == 303
    assert here.service.visits.of(here.person) == []


@pytest.mark.parametrize("code", ["", "ABCD", "ABCD-EFGH", "<b>"])
def test_a_code_of_nothing_is_refused_in_one_wording_and_stays_typed(
    here: Browser, code: str
) -> None:
    page = checked(here.send("/portal/visits", act="enter", code=code), 422)
    assert "This code is of no place here: type the eight letters again." in page
    assert here.service.visits.of(here.person) == []


def test_who_did_not_agree_is_told_where(here: Browser) -> None:
    here.newcomer("support")
    made = here.service.venues.add(NewVenue("Hall", "sport", (), None, 60), "ann", here.clock())
    (spot,) = here.service.venues.of(made)
    page = checked(here.send("/portal/visits", act="enter", code=spot.code), 422)
    assert "/portal/choices#trace.visits" in page
