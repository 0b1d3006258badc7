"""A participant from their first digits to their last, on a phone without a single script.

The other side of it, the office, works through the service's own rooms here; its pages have a
walk of their own.
"""

from __future__ import annotations

import base64
import json
import random
import zipfile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from nacl.secret import SecretBox
from tests.browser.office_world import wait
from tests.browser.phone import Phone, in_hand
from tests.browser.phone_world import (
    CASE_NUMBER,
    THEIR_HOME,
    Staffed,
    evenings,
    staffed_in,
)

from fortnight.clock import now_ms
from fortnight.db.tables import GRANT_KINDS
from fortnight.notify.rooms import TEXTS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
NUMBER: Final = "+37120000003"
PIN: Final = "904417"
WANTED: Final = ("trace.phone", "trace.operator", "notify", "support")
NOTE: Final = "Curtain-of-glass-4711"
ASKED_FOR: Final = "Rye-bread-and-0815-candles"
BROKEN: Final = (
    b"",
    b"[",
    b"\xff\xfe",
    b'{"_type":"location"}',
    b'{"_type":"location","lat":1e999,"lon":24,"tst":1}',
    b'{"_type":"encrypted","data":"AAAA"}',
    b'{"_type":"lwt","tst":1}',
)
_SEEN: Final = random.Random(7)  # noqa: S311 - the order in which a phone's posts come


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staffed]:
    with staffed_in(tmp_path_factory.mktemp("participant")) as made:
        yield made


def test_somebody_enrols_sends_sees_objects_takes_and_leaves(
    world: Staffed, browser_without_webgl: Browser
) -> None:
    service = world.town.service
    with in_hand(browser_without_webgl, world.town, scripts=False) as phone:
        _come_in_after_a_slip(phone)
        _agree_to_each_alone(phone, service)
        _choose_a_pin_after_a_slip(phone)
        sent = _send_a_stream(_set_up(phone))
        wait(lambda: not service.waiting(), "what was sent was not filed")
        _see(phone, sent)
        _be_told(world)
        _object_and_ask(phone)
        _question_a_look(phone)
        whole = _take(phone)
        assert sum(name.endswith(".gpx") for name in whole) == 1
        text = b"\n".join(whole.values()).decode()
        assert NOTE in text
        assert ASKED_FOR in text
        assert NUMBER in text
        _withdraw_the_operator(phone, service)
        _leave(phone, world)
    _find_nothing_on_disk(world)


def _come_in_after_a_slip(phone: Phone) -> None:
    """Type a number that is none, and wrong digits: both are answered, and nothing is lost."""
    phone.open("/portal")
    assert phone.send("/portal/digits", number="12") == 422
    assert phone.page.locator('[name="number"]').first.input_value() == "12"
    assert phone.page.locator(".wrong").inner_text()
    phone.come_in(NUMBER, wrong="00000000")
    assert phone.page.url.endswith("/portal/choices")


def _agree_to_each_alone(phone: Phone, service: Any) -> None:  # noqa: ANN401 - the service
    """Turn on one thing after the other: whatever was not touched stays as it was."""
    assert phone.send("/portal/choices", holds='[value="of-age"]') == 200
    on: set[str] = set()
    for kind in WANTED:
        assert phone.send("/portal/choices", holds=f'[name="kind"][value="{kind}"]') == 200
        on.add(kind)
        person = service.vault.person_with(NUMBER)
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


def _send_a_stream(told: Mapping[str, Any]) -> int:
    """Send three evenings: plain and encrypted, out of order, some twice, some broken."""
    box = SecretBox(str(told["encryptionKey"]).encode().ljust(32, b"\0"))
    fixes = evenings(now_ms(), THEIR_HOME)
    posts = [_post(fix, box if place % 2 else None) for place, fix in enumerate(fixes)]
    _SEEN.shuffle(posts)
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
    assert phone.page.locator("svg.map circle").count() >= 2


def _be_told(world: Staffed) -> None:
    case_id = world.opened_case(CASE_NUMBER, "test-2")
    (contact,) = world.traced(case_id)
    world.told(case_id, contact)


def _object_and_ask(phone: Phone) -> None:
    """Read of the exposure, say what was different, answer the day, and ask for bread."""
    phone.open("/portal/notes")
    assert phone.page.locator("svg.curve").count() == 1
    phone.open("/portal/reply")
    form = phone.form("/portal/reply")
    form.locator('[value="wall"]').check()
    assert phone.send("/portal/reply", note=NOTE) == 200
    assert NOTE not in phone.page.url
    phone.open("/portal/today")
    assert phone.send("/portal/today", holds='[name="follow_up"]') == 200
    phone.open("/portal/help")
    assert phone.send("/portal/help", holds='[value="food"]', items=ASKED_FOR) == 200


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


def _withdraw_the_operator(phone: Phone, service: Any) -> None:  # noqa: ANN401 - the service
    phone.open("/portal/choices")
    kind = "trace.operator"
    assert phone.send("/portal/choices", holds=f'[name="kind"][value="{kind}"]') == 200
    person = service.vault.person_with(NUMBER)
    live = {one for one in GRANT_KINDS if service.consents.live(None, person, one)}
    assert live == set(WANTED) - {kind}


def _leave(phone: Phone, world: Staffed) -> None:
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
    wait(lambda: vault.person_with(NUMBER) is None, "the number is still known")
    phone.page.goto(world.town.origin + "/portal/today")
    assert phone.page.url.endswith("/portal")


def _find_nothing_on_disk(world: Staffed) -> None:
    """Read every file of the service: neither the number nor a word of theirs is in any."""
    found = {
        str(path): one
        for path in world.town.home.rglob("*")
        if path.is_file() and path.name != TEXTS_FILE  # where this test's phones read their texts
        for one in (NUMBER.encode(), NUMBER[1:].encode(), NOTE.encode(), ASKED_FOR.encode())
        if one in path.read_bytes()
    }
    assert found == {}
