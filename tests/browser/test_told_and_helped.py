"""After the decision, in a browser: people told, heard, helped, and a case that becomes two.

The whole way in both languages, over a message centre that we did not write.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from tests.browser.helped_world import CONTACTS, Helped, helped_in, numbers_of
from tests.browser.office_world import wait
from tests.browser.phone import Phone, in_hand
from tests.browser.test_morning import at_desk, decide, open_case, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from tests.browser.test_morning import Desk

pytestmark = pytest.mark.browser
LANGUAGES: Final = ("en", "ru")
MASKS: Final = {"en": "We all wore masks there.", "ru": "Мы все были там в масках."}
VOLUNTEERS: Final = "Volunteers of the parish"


@pytest.fixture(scope="module")
def town(world_folders: pytest.TempPathFactory) -> Iterator[Helped]:
    with helped_in(world_folders.mktemp("helped"), LANGUAGES) as running:
        yield running


def come_in(phone: Phone, number: str) -> None:
    """Come in with the digits of the day's text."""
    phone.open("/portal")
    assert phone.send("/portal", number=number, code=phone.town.codes(number)[-1]) == 200
    assert phone.page.locator('form[action="/portal/leave"]').count() == 1


def told(worker: Desk, lead: Desk) -> str:
    """Tell three contacts of a new case; return its path."""
    case = open_case(worker)
    contacts = trace(worker)
    assert len(contacts) == CONTACTS
    for contact in contacts:
        if decide(worker, contact, "tell", "An hour and a half at one table."):
            lead.send(f"{contact}/approve")
    return case


def hear_of_masks(worker: Desk, town: Helped, number: str, follow_up: str) -> str:
    """Take what somebody texted as a reply to their exposure; return the path of the reply."""
    said = MASKS[worker.language]
    town.reply(number, said)
    wait(lambda: bool(town.service.texts.desk.to_read()), "the text did not come")
    worker.open("/office/texts")
    worker.send("/office/texts/replies/open")
    shown = worker.page.content()
    texts, now = town.service.texts, town.service.clock()
    assert said in shown
    assert texts.calling_words(town.people[number], worker.language, now) in shown
    worker.picture("text-of-masks")
    with worker.page.expect_navigation():
        worker.page.locator(f'a[href$="/follow-ups/{follow_up}"]').click()
    form = worker.form(f"/follow-ups/{follow_up}/reply")
    form.locator('input[value="masks"]').check()
    worker.send(f"/follow-ups/{follow_up}/reply", note=said)
    worker.open("/office/texts")
    worker.send("/office/texts/replies")
    worker.open("/office/tickets")
    with worker.page.expect_navigation():
        worker.page.locator('a[href*="/replies/"]').first.click()
    return worker.page.url.removeprefix(town.origin)


def answer_by_name(lead: Desk, reply: str) -> None:
    """Find that it is so, as a named person."""
    lead.open(reply)
    before, after = (
        lead.page.locator("#facts-h ~ dl div").nth(place).locator("dd").inner_text()
        for place in (2, 3)
    )
    assert before != after
    lead.picture("reply")
    form = lead.form("/answer")
    form.locator('input[name="stands"][value="yes"]').check()
    lead.send("/answer", words="Three others say the same.")


def becomes_case(worker: Desk, town: Helped, case: str, number: str, follow_up: str) -> str:
    """Open a case about a contact with the laboratory's token alone; return its path."""
    present = datetime.now(town.zone)
    worker.open(f"{case}/follow-ups/{follow_up}")
    worker.picture("follow-up")
    worker.send(
        f"/follow-ups/{follow_up}/positive",
        token=town.token(f"second-{worker.language}", number),
        test=present.date().isoformat(),
        sample=(present - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M"),
    )
    return worker.page.url.removeprefix(town.origin)


def close_ticket(worker: Desk, need: str) -> None:
    """Give a ticket to volunteers, who are told what it needs, and end it as helped."""
    worker.open("/office/tickets")
    rows = worker.page.locator('a[href*="/tickets/"]')
    paths = [str(one.get_attribute("href")) for one in rows.all()]
    for path in paths:
        worker.open(path)
        worker.send("/read")
        if need in worker.page.content():
            break
    worker.open(path)
    worker.send("/partner", partner=VOLUNTEERS)
    handed = worker.page.locator("#handed").inner_text()
    assert need in handed
    assert "covid" not in handed.casefold()
    worker.picture("ticket-handed-over")
    worker.open(path)
    worker.form("/end").locator('input[value="helped"]').check()
    worker.send("/end")


def see_the_answer(browser: Browser, town: Helped, language: str, number: str) -> None:
    """Read the answer in the portal, and every text that came in the record."""
    with in_hand(browser, town, language) as phone:
        come_in(phone, number)
        phone.open("/portal/reply")
        shown = phone.page.content()
        assert "Colleague L" in shown
        assert "Three others say the same." in shown
        assert "44" in shown  # per cent of the time: what the disease's file says of masks
        phone.check("reply")
        phone.open("/portal/record")
        lines = phone.page.locator(".rows li").all_inner_texts()
        texted = [one for one in lines if one.startswith(("A text:", "Сообщение:"))]
        assert len(texted) == len(town.texts(number))


def ask_and_be_helped(worker: Desk, browser: Browser, town: Helped, number: str) -> None:
    """Ask for medicine in the portal, and see that it came; turn the own reminder on."""
    need = f"drops for the heart {worker.language}"
    with in_hand(browser, town, worker.language) as phone:
        come_in(phone, number)
        phone.open("/portal/help")
        assert phone.send("/portal/help", holds='[name="medicine"]', medicine=need) == 200
        close_ticket(worker, need)
        phone.open("/portal/help")
        assert phone.page.locator(".rows li").count() == 1
        phone.check("helped")
        phone.open("/portal/remind")
        assert phone.send("/portal/remind", holds='[name="place"]', place="56.95, 24.10") == 200
        phone.check("remind")


@pytest.mark.on_both
@pytest.mark.parametrize("language", LANGUAGES)
def test_three_are_told_one_is_scored_again_one_becomes_a_case_and_one_is_helped(
    town: Helped, browser_without_webgl: Browser, language: str
) -> None:
    browser = browser_without_webgl
    case_number, masked, ill, needy = numbers_of(LANGUAGES.index(language))
    object.__setattr__(town, "busiest", case_number)  # whose case the next one is
    with ExitStack() as stack:
        worker = stack.enter_context(at_desk(browser, town, language, "case-worker", "Colleague A"))
        lead = stack.enter_context(at_desk(browser, town, language, "lead", "Colleague L"))
        case = told(worker, lead)
        town.turn()
        told_ones = {masked, ill, needy}
        everybody = town.follow_ups()  # those of the walk before go on
        followed = {number: one for number, one in everybody.items() if number in told_ones}
        assert set(followed) == told_ones
        wait(lambda: all(town.codes(one) for one in followed), "not everybody was asked")

        reply = hear_of_masks(worker, town, masked, followed[masked])
        answer_by_name(lead, reply)
        see_the_answer(browser, town, language, masked)

        with in_hand(browser, town, language) as phone:
            come_in(phone, ill)
            phone.form("/portal/today").locator('input[value="fever"]').check()
            assert phone.send("/portal/today") == 200
            phone.check("answered")
        second = becomes_case(worker, town, case, ill, followed[ill])
        assert second != case
        worker.open(case)
        assert worker.page.locator(f'a[href="{second}"]').count()
        worker.picture("case-with-a-chain")
        (link,) = town.service.support.followups.chain(second.rpartition("/")[2])
        assert case.endswith(link.source_case)

        ask_and_be_helped(worker, browser, town, needy)

        worker.open(case)
        worker.send("/close")
        assert town.service.cases.case(case.rpartition("/")[2]).state == "closed"
        worker.picture("case-closed")
    town.check_logs()
