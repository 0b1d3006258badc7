"""The pages of enrolment: nobody learns who is known, and each works without a script."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from scipy.stats import ks_2samp  # type: ignore[import-untyped] # it has no types
from tests.enrolment_world import ANNA, BORIS, CHILD, PIN, NoFollowUp, Site, site
from tests.portal_world import OWN
from tests.services import DAY, MINUTE, Clock
from tests.staff_world import colleague

from fortnight.consent.grant import AT_ANY_TIME
from fortnight.enrolment.entry import Bounds, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@pytest.fixture
def world(world_folder: Path, clock: Clock) -> Iterator[Site]:
    with site(world_folder, clock) as made:
        yield made


# -- who is known is nobody's ----------------------------------------------------------------------


async def answered(app: Any, path: str, form: dict[str, str]) -> tuple[float, int, bytes]:  # noqa: ANN401 - the application
    """Send one form straight to the application; return how long it took, and the answer."""
    body, sent = urlencode(form).encode(), []
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "server": ("localhost", 8080),
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", str(len(body)).encode()),
            *((name.encode(), value.encode()) for name, value in OWN.items()),
        ],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    start = time.perf_counter()
    await app(scope, receive, send)
    took = time.perf_counter() - start
    parts = b"".join(one.get("body", b"") for one in sent)
    return took, sent[0]["status"], parts


def measured(
    world: Site, numbers: Sequence[tuple[str, str]], path: str, form: dict[str, str]
) -> tuple[list[float], list[float]]:
    """Ask for pairs of a known and an unknown number, in an order that is drawn for each."""
    door, drawn = world.service, random.Random(8)  # noqa: S311 - tests have to be repeatable
    times: tuple[list[float], list[float]] = ([], [])

    async def ask() -> None:
        for pair in numbers:
            door.clock.advance(MINUTE // 10)
            seen = []
            for place in drawn.sample((0, 1), 2):
                took, status, body = await answered(
                    world.client.app, path, form | {"number": pair[place]}
                )
                times[place].append(took)
                seen.append((status, body.replace(pair[place].encode(), b"")))
                assert status in {200, 403}
            assert seen[0] == seen[1]

    asyncio.run(ask())
    return times


@pytest.mark.parametrize(
    ("path", "form", "pairs"),
    [
        ("/portal/digits", {}, 2_000),
        ("/portal", {"code": "00000000"}, 500),
        ("/portal", {"code": "000000"}, 500),
    ],
    ids=["asking for digits", "typing eight", "typing six"],
)
def test_answers_look_and_take_the_same_whether_or_not_the_number_is_known(
    world: Site, path: str, form: dict[str, str], pairs: int
) -> None:
    enrolment = world.world.rooms
    many = Bounds.of(10_000_000)
    object.__setattr__(enrolment.entry, "bounds", many)
    numbers = [(f"+3706{place:07}", f"+3706{place + 5_000:07}") for place in range(2 * pairs)]
    world.world.stores.vault.enrol_many(
        [known for known, _ in numbers], language="en", now=world.clock()
    )
    chances = []
    for turn in range(2):  # of equal times one in a hundred looks different: then others are asked
        part = numbers[turn * pairs : (turn + 1) * pairs]
        chances.append(ks_2samp(*measured(world, part, path, form)).pvalue)
        if chances[-1] > 0.01:
            break
    assert chances[-1] > 0.01, chances


def test_nothing_is_asked_of_who_is_who_before_the_digits_were_right(
    world: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.come_in(ANNA)
    world.clock.advance(16 * MINUTE)

    def never(*_: object) -> None:
        raise AssertionError("asked who that is")

    monkeypatch.setattr(type(world.world.stores.vault), "person_with", never)
    for number in (ANNA, BORIS):
        assert world.post("/portal/digits", number=number).status_code == 200
        assert world.post("/portal", number=number, code="00000000").status_code == 403
    assert isinstance(world.world.rooms.entry, Entry)


# -- enrolling -------------------------------------------------------------------------------------


def test_somebody_enrols_chooses_a_pin_and_agrees_without_a_script(world: Site) -> None:
    assert world.come_in(ANNA) == "/portal/choices"
    page = world.page("/portal/choices")
    assert page.count("<strong>Off</strong>") == len(AT_ANY_TIME)
    assert "Turn on" not in page
    assert world.post("/portal/choices", act="of-age").status_code == 303
    page = world.page("/portal/choices")
    assert page.count('value="give"') == len(AT_ANY_TIME)
    form = re.search(
        r'name="kind" value="notify">.*?name="version" value="(\w+)".*?"language" value="(\w+)"',
        page,
    )
    assert form is not None
    answer = world.post(
        "/portal/choices", act="give", kind="notify", version=form[1], language=form[2]
    )
    assert answer.headers["location"] == "/portal/choices#notify"
    page = world.page("/portal/choices")
    assert page.count("<strong>On</strong>") == 1
    assert world.post("/portal/pin", pin=PIN, again=PIN).headers["location"] == "/portal/today"
    assert world.post("/portal/choices", act="withdraw", kind="notify").status_code == 303
    assert "<strong>On</strong>" not in world.page("/portal/choices")


def test_bad_input_is_answered_in_words_and_what_was_typed_stays(world: Site) -> None:
    answer = world.post("/portal/digits", number="12 34")
    assert answer.status_code == 422
    assert 'value="12 34"' in answer.text
    assert "give it in full with its country" in answer.text
    assert world.post("/portal/digits").status_code == 422
    world.come_in(ANNA)
    for pin, again, words in (
        ("1", "1", "6 to 12 digits"),
        ("123456", "123456", "too easy"),
        (PIN, "1", "two different"),
        ("9" * 99, "1", "shorten it"),
    ):
        answer = world.post("/portal/pin", pin=pin, again=again)
        assert answer.status_code == 422
        assert words in answer.text
    for fields in (
        {},
        {"act": "give"},
        {"act": "x", "kind": "notify"},
        {"act": "give", "kind": "x"},
    ):
        assert world.post("/portal/choices", **fields).status_code == 422
    person = world.world.stores.vault.person_with(ANNA)
    assert world.world.live(str(person)) == set()


@pytest.mark.parametrize("grant", AT_ANY_TIME)
def test_each_question_alone_leaves_every_other_line_of_the_page_as_it_is(
    world: Site, grant: str
) -> None:
    world.come_in(ANNA)
    world.post("/portal/choices", act="of-age")
    before = cards(world.page("/portal/choices"))
    person = str(world.world.stores.vault.person_with(ANNA))
    world.world.give(person, grant)
    after = cards(world.page("/portal/choices"))
    assert {one for one in before if before[one] != after[one]} == {grant}
    world.post("/portal/choices", act="withdraw", kind=grant)
    assert cards(world.page("/portal/choices")) == before


def cards(page: str) -> dict[str, str]:
    """Return the page in parts: one for each question, and one for the rest."""
    found = {
        one[1]: one[0]
        for one in re.finditer(r'<section class="card" id="([\w.]+)".*?</section>', page, re.DOTALL)
    }
    rest = re.sub(r'<section class="card" id=.*?</section>', "", page, flags=re.DOTALL)
    return {kind: str(text) for kind, text in found.items()} | {"rest": rest}


# -- what is never sent ----------------------------------------------------------------------------


def test_after_eight_days_without_the_pin_no_page_opens_by_what_came_by_text(world: Site) -> None:
    world.come_in(ANNA)
    world.post("/portal/pin", pin=PIN, again=PIN)
    world.clock.advance(9 * DAY)
    world.come_in(ANNA)
    for path in ("/portal/today", "/portal/choices", "/portal/record", "/portal/household"):
        assert world.get(path).headers["location"] == f"/portal/unlock?next={path}"
    assert world.post("/portal/unlock", pin="000001").status_code == 403
    answer = world.post("/portal/unlock", pin=PIN, next="/portal/choices")
    assert answer.headers["location"] == "/portal/choices"
    world.page("/portal/choices")


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/office", "/portal/../x"]
)
def test_the_pin_leads_nowhere_else(world: Site, path: str) -> None:
    world.come_in(ANNA)
    world.post("/portal/pin", pin=PIN, again=PIN)
    answer = world.post("/portal/unlock", pin=PIN, next=path)
    assert answer.headers["location"] == "/portal/today"


def test_the_digits_of_the_day_still_let_somebody_in(world: Site) -> None:
    person = world.world.stores.vault.enrol(BORIS, language="en", now=world.clock())
    world.service.support = NoFollowUp(BORIS, "123456", person)
    answer = world.post("/portal", number=BORIS, code="123 456")
    assert answer.headers["location"] == "/portal/today"
    assert world.get("/portal/choices").status_code == 200


def test_a_number_with_a_new_owner_may_begin_anew_and_the_pin_stops_that(world: Site) -> None:
    world.come_in(ANNA)
    world.post("/portal/pin", pin=PIN, again=PIN)
    assert world.post("/portal/unlock/over").status_code == 303
    assert "A new beginning was asked for" in world.page("/portal/unlock")
    assert world.post("/portal/unlock/stop").status_code == 303
    assert "A new beginning" not in world.page("/portal/unlock")


# -- for somebody else, and by phone ---------------------------------------------------------------


def test_a_guardian_takes_on_a_child_by_the_digits_on_its_phone(world: Site) -> None:
    world.come_in(ANNA)
    assert world.get("/portal/others").headers["location"] == "/portal/unlock?next=/portal/others"
    world.post("/portal/pin", pin=PIN, again=PIN)
    assert world.post("/portal/others", act="ask", number=CHILD, month="born").status_code == 422
    asked = {"number": CHILD, "month": "2014-09"}
    assert "came to their phone" in world.post("/portal/others", act="ask", **asked).text
    code = world.world.digits(CHILD)
    wrong = world.post("/portal/others", act="take", code="00000000", **asked)
    assert wrong.status_code == 422
    assert CHILD in wrong.text
    answer = world.post("/portal/others", act="take", code=code, **asked)
    assert answer.headers["location"] == "/portal/others/choices?who=1"
    page = world.page("/portal/others/choices?who=1")
    version = re.search(r'value="trace.phone">.*?name="version" value="(\w+)"', page)
    assert version is not None
    given = {"act": "give", "kind": "trace.phone", "version": version[1], "language": "en"}
    assert world.post("/portal/others/choices?who=1", **given).status_code == 303
    child = str(world.world.stores.vault.person_with(CHILD))
    assert world.world.live(child) == {"trace.phone"}
    assert "30 September 2030" in world.page("/portal/others")
    for place in ("0", "2", "x", "-1", "9" * 40):
        assert world.get(f"/portal/others/choices?who={place}").status_code == 404


def test_a_worker_closes_everything_by_the_number_and_the_page_forgets_them(world: Site) -> None:
    world.come_in(ANNA)
    world.post("/portal/choices", act="of-age")
    worker = colleague(world.service, "case-worker")

    def send(step: str, number: str) -> Any:  # noqa: ANN401 - an answer
        fields = {"number": number, "csrf": worker.csrf}
        with_token = {key: value for key, value in worker.headers.items() if key != "cookie"}
        world.client.cookies.set("session", worker.secret)
        return world.client.post(f"/office/callers/{step}", data=fields, headers=with_token)

    assert "Nobody is enrolled" in send("close", BORIS).text
    reset = send("reset", ANNA)
    assert re.search(r"<bdi dir=\"ltr\">\d{8}</bdi>", reset.text)
    assert "A new PIN was asked for" in world.page("/portal/unlock")
    assert "Everything is closed" in send("close", ANNA).text
    assert world.get("/portal/choices").headers["location"] == "/portal"
    before = len(world.world.phones.inbox[ANNA])
    world.clock.advance(16 * MINUTE)
    assert world.post("/portal/digits", number=ANNA).status_code == 200
    world.world.send()
    assert len(world.world.phones.inbox[ANNA]) == before
