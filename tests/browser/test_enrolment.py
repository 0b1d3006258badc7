"""Enrolling on a phone: digits, choices and a PIN without a script, a passkey with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.browser.office_world import Town, serving
from tests.browser.phone import in_hand
from tests.browser.test_sign_in import authenticator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
PIN = "482913"


@pytest.fixture(scope="module")
def town(world_folders: pytest.TempPathFactory) -> Iterator[Town]:
    with serving(world_folders.mktemp("enrolment")) as opened:
        yield opened


@pytest.mark.on_both
def test_somebody_enrols_agrees_and_chooses_a_pin_without_a_script(
    town: Town, browser_without_webgl: Browser
) -> None:
    number = "+37060000041"
    with in_hand(browser_without_webgl, town, scripts=False) as phone:
        phone.come_in(number)
        assert phone.page.url == f"{town.origin}/portal/choices"
        assert phone.send("/portal/choices", holds='[value="of-age"]') == 200
        phone.send("/portal/choices", holds='[name="kind"][value="trace.phone"]')
        on = phone.page.locator("section", has=phone.page.locator("strong", has_text="On"))
        assert [one.get_attribute("id") for one in on.all()] == ["trace.phone"]
        phone.show_pin(PIN)
        person = str(town.service.vault.person_with(number))
        held = town.service.consents.held(person)
        assert [one.kind for one in held] == ["trace.phone"]
        phone.open("/portal/choices")
        phone.send("/portal/choices", holds='[name="kind"][value="trace.phone"]')
        assert not town.service.consents.live(None, person, "trace.phone")
        phone.open("/portal/others")
        assert phone.page.url == f"{town.origin}/portal/others"


def test_the_lock_of_the_phone_stands_in_for_a_pin(
    town: Town, browser_without_webgl: Browser
) -> None:
    with in_hand(browser_without_webgl, town) as phone:
        authenticator(phone.page)
        phone.come_in("+37060000042")
        phone.open("/portal/pin")
        phone.page.get_by_role("button", name="Use the lock of this phone").click()
        phone.page.wait_for_url(f"{town.origin}/portal/today")
        phone.open("/portal/unlock?next=/portal/choices")
        phone.page.get_by_role("button", name="Show the key").click()
        phone.page.wait_for_url(f"{town.origin}/portal/choices")
