"""A participant from their first digits to their last, on a phone without a single script.

In each language, by what forms hold and where they send: no step is found by a word. The other
side of it, the office, works through the service's own rooms here; its pages have a walk of their
own.
"""

from __future__ import annotations

import base64
import json
import random
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from nacl.secret import SecretBox
from tests.browser.office_world import wait
from tests.browser.phone import LOCALES, Phone, in_hand
from tests.browser.phone_world import (
    CASE_NUMBER,
    EVERYTHING,
    HOME,
    THEIR_HOME,
    Staffed,
    Stream,
    evenings,
    staffed_in,
)
from tests.whole_service import DAY, enrolled, send_fixes

from fortnight.clock import now_ms
from fortnight.db.tables import GRANT_KINDS
from fortnight.notify.rooms import TEXTS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
PIN: Final = "904417"
WANTED: Final = ("trace.phone", "trace.operator", "notify", "support")
NOTES: Final = {
    "en": "Curtain-of-glass-4711",
    "ru": "Стеклянная-штора-4711",
    "ar": "ستارة-من-زجاج-4711",
}
ASKED_FOR: Final = {
    "en": "Rye-bread-and-0815-candles",
    "ru": "Ржаной-хлеб-и-0815-свечей",
    "ar": "خبز-و-0815-شمعة",
}
BROKEN: Final = (
    b"",
    b"[",
    b"\xff\xfe",
    b'{"_type":"location"}',
    b'{"_type":"location","lat":1e999,"lon":24,"tst":1}',
    b'{"_type":"encrypted","data":"AAAA"}',
    b'{"_type":"lwt","tst":1}',
)


@dataclass(frozen=True)
class Walk:
    """Who walks, in which language; whoever infected them sat in a town of their own."""

    language: str

    @property
    def place(self) -> int:
        """Which of the walks it is; each is a degree of longitude east of the one before."""
        return list(LOCALES).index(self.language)

    @property
    def number(self) -> str:
        return f"+3712000{self.place}003"

    @property
    def case(self) -> str:
        """Return the number of whoever infected them."""
        return f"+3712000{self.place}001"

    @property
    def note(self) -> str:
        return NOTES[self.language]

    @property
    def asked_for(self) -> str:
        return ASKED_FOR[self.language]

    def fixes(self, home: tuple[float, float]) -> Stream:
        """Return three evenings in the cafe of their town."""
        return [(at, lon + self.place, lat) for at, lon, lat in evenings(now_ms(), home)]


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[Staffed]:
    with staffed_in(world_folders.mktemp("participant")) as made:
        for walk in map(Walk, LOCALES):
            if walk.case != CASE_NUMBER:
                person = enrolled(made.town.service, walk.case, *EVERYTHING)
                send_fixes(made.town.service, person, walk.fixes(HOME), "case")
        yield made


@pytest.mark.on_both
@pytest.mark.parametrize("language", LOCALES)
def test_somebody_enrols_sends_sees_objects_takes_and_leaves(
    world: Staffed, browser_without_webgl: Browser, language: str
) -> None:
    service, walk = world.town.service, Walk(language)
    with in_hand(browser_without_webgl, world.town, language, scripts=False) as phone:
        _come_in_after_a_slip(phone, walk)
        _agree_to_each_alone(phone, service, walk)
        _choose_a_pin_after_a_slip(phone)
        sent = _send_a_stream(_set_up(phone), walk)
        wait(lambda: not service.waiting(), "what was sent was not filed")
        _see(phone, sent)
        _be_told(world, walk)
        _object_and_ask(phone, walk)
        _question_a_look(phone)
        whole = _take(phone)
        assert sum(name.endswith(".gpx") for name in whole) == 1
        text = b"\n".join(whole.values()).decode()
        assert all(one in text for one in (walk.note, walk.asked_for, walk.number))
        _withdraw_the_operator(phone, service, walk)
        _leave(phone, world, walk)
    _find_nothing_on_disk(world, walk)


def _come_in_after_a_slip(phone: Phone, walk: Walk) -> None:
    """Type a number that is none, and wrong digits: both are answered, and nothing is lost."""
    phone.open("/portal")
    assert phone.send("/portal/digits", number="12") == 422
    assert phone.page.locator('[name="number"]').first.input_value() == "12"
    assert phone.page.locator(".wrong").inner_text()
    phone.come_in(walk.number, wrong="00000000")
    assert phone.page.url.endswith("/portal/choices")


def _agree_to_each_alone(phone: Phone, service: Any, walk: Walk) -> None:  # noqa: ANN401 - the service
    """Turn on one thing after the other: whatever was not touched stays as it was."""
    assert phone.send("/portal/choices", holds='[value="of-age"]') == 200
    on: set[str] = set()
    for kind in WANTED:
        assert phone.send("/portal/choices", holds=f'[name="kind"][value="{kind}"]') == 200
        on.add(kind)
        person = service.vault.person_with(walk.number)
        assert {one for one in GRANT_KINDS if service.consents.live(None, person, one)} == on


def _choose_a_pin_after_a_slip(phone: Phone) -> None:
    phone.open("/portal/held")
    assert "/portal/days" not in phone.page.content()  # nothing is held yet
    phone.open("/portal/days")
    assert "/portal/unlock" in phone.page.url
    phone.open("/portal/pin")
    both = '[name="again"]'
    assert phone.send("/portal/pin", holds=both, pin=PIN, again="904418") == 422
    assert phone.page.locator(".wrong").inner_text()
    assert phone.send("/portal/pin", holds=both, pin=PIN, again=PIN) == 200


def _set_up(phone: Phone) -> dict[str, Any]:
    """Take the link that sets up OwnTracks, and read it as the app does."""
    phone.open("/portal/phones")
    assert phone.send("/portal/phones", holds='[value="owntracks"]') == 200
    link = phone.page.locator('a[href^="owntracks:"]').get_attribute("href")
    (inline,) = parse_qs(urlsplit(str(link)).query)["inline"]
    told: dict[str, Any] = json.loads(base64.b64decode(inline))
    return told


def _send_a_stream(told: Mapping[str, Any], walk: Walk) -> int:
    """Send three evenings: plain and encrypted, out of order, some twice, some broken."""
    box = SecretBox(str(told["encryptionKey"]).encode().ljust(32, b"\0"))
    fixes = walk.fixes(THEIR_HOME)
    posts = [_post(fix, box if place % 2 else None) for place, fix in enumerate(fixes)]
    random.Random(7).shuffle(posts)  # noqa: S311 - the order in which a phone's posts come
    stream = [*posts[:200], *posts[:40], *BROKEN, *posts[200:]]
    who = (told["username"], told["password"])
    with httpx.Client(auth=who, timeout=60) as client:
        for one in stream:
            answer = client.post(told["url"], content=one)
            assert (answer.status_code, answer.json()) == (200, []), one
    return len(fixes)


def _post(fix: tuple[int, float, float], box: SecretBox | None) -> bytes:
    at, lon, lat = fix
    plain = {"_type": "location", "lat": lat, "lon": lon, "tst": at // 1_000, "acc": 12}
    body = json.dumps(plain).encode()
    if box is None:
        return body
    sealed = base64.b64encode(box.encrypt(body)).decode()
    return json.dumps({"_type": "encrypted", "data": sealed}).encode()


def _see(phone: Phone, sent: int) -> None:
    """See that every line is held, and the days on a picture that asks no other site."""
    phone.open("/portal/held")
    assert f">{sent}<" in phone.page.content()
    phone.open("/portal/days")
    assert phone.page.locator("svg.map").count() == 1
    # of the last day only what is a day old is shown: in the afternoon not all of it
    phone.open(f"/portal/days?day={now_ms() // DAY - 2}")
    assert phone.page.locator("svg.map circle").count() >= 2


def _be_told(world: Staffed, walk: Walk) -> None:
    case_id = world.opened_case(walk.case, f"test-{walk.language}")
    (contact,) = world.traced(case_id)
    world.told(case_id, contact)


def _object_and_ask(phone: Phone, walk: Walk) -> None:
    """Read of the exposure, say what was different, answer the day, and ask for bread."""
    phone.open("/portal/notes")
    assert phone.page.locator("svg.curve").count() == 1
    phone.open("/portal/reply")
    form = phone.form("/portal/reply")
    form.locator('[value="wall"]').check()
    assert phone.send("/portal/reply", note=walk.note) == 200
    assert walk.note not in phone.page.url
    phone.open("/portal/today")
    assert phone.send("/portal/today", holds='[name="follow_up"]') == 200
    phone.open("/portal/help")
    assert phone.send("/portal/help", holds='[value="food"]', items=walk.asked_for) == 200


def _question_a_look(phone: Phone) -> None:
    phone.open("/portal/looks")
    lines = phone.page.locator("li[id^=look-]").count()
    assert lines >= 2
    before = phone.page.locator(".answer").count()
    assert phone.send("/portal/looks", holds='[name="look"]') == 200
    assert phone.page.locator(".answer").count() == before + 1


def _take(phone: Phone) -> dict[str, bytes]:
    """Take the copy; return its files."""
    phone.open("/portal/take")
    with phone.page.expect_download() as coming:
        phone.form("/portal/take").locator("button").click()
    with zipfile.ZipFile(coming.value.path()) as copy:
        return {name: copy.read(name) for name in copy.namelist()}


def _withdraw_the_operator(phone: Phone, service: Any, walk: Walk) -> None:  # noqa: ANN401 - the service
    phone.open("/portal/choices")
    kind = "trace.operator"
    assert phone.send("/portal/choices", holds=f'[name="kind"][value="{kind}"]') == 200
    person = service.vault.person_with(walk.number)
    live = {one for one in GRANT_KINDS if service.consents.live(None, person, one)}
    assert live == set(WANTED) - {kind}


def _leave(phone: Phone, world: Staffed, walk: Walk) -> None:
    """Leave: at once nobody is known by this number, and the code fetches how far it is."""
    phone.open("/portal/leave-all")
    phone.form("/portal/leave-all").locator('[name="sure"]').check()
    assert phone.send("/portal/leave-all") == 200
    code = phone.page.locator("strong bdi").inner_text()
    phone.open("/portal/proof")
    assert phone.send("/portal/proof", code="0000") == 404
    assert phone.page.locator(".wrong").inner_text()
    assert phone.send("/portal/proof", code=code) == 200
    vault = world.town.service.vault
    wait(lambda: vault.person_with(walk.number) is None, "the number is still known")
    phone.page.goto(world.town.origin + "/portal/today")
    assert phone.page.url.endswith("/portal")


def _find_nothing_on_disk(world: Staffed, walk: Walk) -> None:
    """Read every file of the service: neither the number nor a word of theirs is in any."""
    needles = [one.encode() for one in (walk.number[1:], walk.note, walk.asked_for)]
    found = {
        str(path): one
        for path in world.town.home.rglob("*")
        if path.is_file() and path.name != TEXTS_FILE  # where this test's phones read their texts
        for content in (path.read_bytes(),)
        for one in needles
        if one in content
    }
    assert found == {}
