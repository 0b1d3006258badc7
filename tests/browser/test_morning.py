"""The health team's morning in a browser, in both languages, on a simulated town.

Forms are found by where they send and what their fields are called, so that the same walk holds
for every language.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.browser.office_world import DAYS, PATIENCE_S, Town, town_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

PICTURES: Final = os.environ.get("OFFICE_PICTURES", "")
"""A folder for pictures of every page, for whoever wants to look at them."""
WIDTHS: Final = (1280, 360)
LOCALES: Final = {"en": "en-GB", "ru": "ru-RU"}
TOLD: Final = 3
_ONSET_DAY: Final = 9
_MS: Final = PATIENCE_S * 1_000
_KEY: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def town(world_folders: pytest.TempPathFactory) -> Iterator[Town]:
    with town_in(world_folders.mktemp("town")) as running:
        yield running


@dataclass
class Desk:
    """Somebody's browser, with a passkey of their own, and what went wrong in it."""

    page: Page
    town: Town
    language: str
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        answer = self.page.goto(self.town.origin + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)

    def form(self, action: str) -> Locator:
        """Return the form that sends there; opened, where it is folded away."""
        form = self.page.locator(f'form[action$="{action}"]').first
        folded = form.locator("xpath=ancestor::details[not(@open)]")
        while folded.count():
            folded.first.locator("summary").first.click()
        return form

    def send(self, action: str, **fields: str) -> None:
        form = self.form(action)
        for name, value in fields.items():
            place = form.locator(f'[name="{name}"]').first
            if place.evaluate("one => one.tagName") == "SELECT":
                place.select_option(value)
            else:
                place.fill(value)
        with self.page.expect_navigation():
            form.locator("button").first.click()

    def picture(self, name: str) -> None:
        """Take pictures at both widths, and see that nothing is wider than the screen."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} pixels wide on a screen of {width}"
            if PICTURES:
                file = Path(PICTURES) / f"{name}-{self.language}-{width}.png"
                self.page.screenshot(path=file, full_page=True)
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})


@contextmanager
def at_desk(browser: Browser, town: Town, language: str, role: str, name: str) -> Iterator[Desk]:
    """Register a passkey by an invitation, sign out, and sign in with it."""
    context = browser.new_context(
        locale=LOCALES[language],
        reduced_motion="reduce",
        viewport={"width": WIDTHS[0], "height": 900},
    )
    page = context.new_page()
    desk = Desk(page, town, language)
    page.on("pageerror", lambda error: desk.errors.append(str(error)))
    page.on("console", lambda one: desk.errors.append(one.text) if one.type == "error" else None)
    page.on(
        "request",
        lambda one: (
            None
            if one.url.startswith((town.origin, "data:", "blob:"))
            else desk.errors.append(one.url)
        ),
    )
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _KEY})
    page.goto(town.invite(role, name))
    page.locator("form[data-passkey] button").click()
    page.wait_for_url(town.origin + "/office")
    desk.send("/office/sign-out")
    desk.open("/office/sign-in")
    desk.picture("sign-in")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url(town.origin + "/office")
    assert page.locator("html").get_attribute("lang") == language
    yield desk
    context.close()
    assert desk.errors == []


def open_case(desk: Desk) -> str:
    """Open a case with a laboratory's token by the form; return its path."""
    town, number = desk.town, desk.town.busiest
    present = datetime.now(town.zone)
    onset = present.date() - timedelta(days=DAYS - _ONSET_DAY)
    codes = len(town.codes(number))
    desk.open("/office/cases/new")
    desk.picture("case-new")
    desk.send(
        "/office/cases",
        token=town.token(f"test-{desk.language}", number),
        number=number,
        disease="covid-19",
        onset=onset.isoformat(),
        test=present.date().isoformat(),
        sample=(present - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M"),
    )
    desk.picture("case-opened")
    desk.send("/agree", code=town.code(number, codes))
    return desk.page.url.removeprefix(town.origin)


def trace(desk: Desk) -> list[str]:
    """Have the case traced, watch it, and return the paths of the contacts by rank."""
    desk.send("/trace")
    links = desk.page.locator('th a[href*="/contacts/"]')
    links.first.wait_for(timeout=_MS)  # the page loads itself again once the trace ended
    return [str(one.get_attribute("href")) for one in links.all()]


def decide(desk: Desk, contact: str, kind: str, reason: str, *, crowd: bool = False) -> bool:
    """Decide about a contact; return whether a second person is waited for."""
    desk.open(contact)
    form = desk.form("/decide")
    form.locator(f'input[name="kind"][value="{kind}"]').check()
    if crowd:
        form.locator('input[name="crowd"]').check()
    desk.send("/decide", reason=reason)
    return bool(desk.page.locator("#decide-h ~ p .tag.warn").count())


@pytest.mark.on_both
@pytest.mark.parametrize("language", LOCALES)
def test_the_whole_morning_from_a_token_to_a_test_that_is_taken_back(
    town: Town, browser_without_webgl: Browser, language: str
) -> None:
    before = town.leaves()
    with (
        at_desk(browser_without_webgl, town, language, "case-worker", "Colleague A") as worker,
        at_desk(browser_without_webgl, town, language, "lead", "Colleague L") as lead,
    ):
        worker.picture("home-empty")
        case = open_case(worker)
        contacts = trace(worker)
        assert len(contacts) > TOLD + 2
        worker.page.locator("#places-h").scroll_into_view_if_needed()  # loaded once it is seen
        worker.page.locator("#map[data-ready]").wait_for(timeout=_MS)
        worker.picture("case")

        worker.open(contacts[0])
        worker.page.locator("#map[data-ready]").wait_for(timeout=_MS)
        worker.picture("contact")
        reason = "An hour at one table, as the case remembers."
        waiting = [one for one in contacts[:TOLD] if decide(worker, one, "tell", reason)]
        assert not decide(worker, contacts[TOLD], "dismiss", "A wall stood between them.")
        assert decide(worker, contacts[TOLD + 1], "tell", reason, crowd=True)
        assert worker.page.locator('form[action$="/approve"]').count() == 0
        worker.open("/office")
        worker.picture("home")

        for one in (*waiting, contacts[TOLD + 1]):
            lead.open("/office")
            lead.picture("home-lead")
            lead.send(f"{one}/approve")
        case_id = case.rpartition("/")[2]
        decided = town.service.work.decisions.of_case(case_id)
        assert sum(one.is_told for one in decided) == TOLD + 1
        assert sum(one.second_by is not None for one in decided) == len(waiting) + 1

        worker.open(contacts[0])
        worker.send("/reach")
        worker.send("/call", outcome="reached", next_step="Test in two days")
        worker.picture("contact-told")
        lead.open("/office/overview")
        lead.picture("overview")

        town.await_texts()  # what waits is stopped by a withdrawal
        worker.open(case)
        worker.form("/withdraw").locator('[name="sure"]').check()
        worker.send("/withdraw")
        worker.picture("case-withdrawn")
        decided = town.service.work.decisions.of_case(case_id)
        assert len(decided) == TOLD + 2
        assert all(one.retracted_at is not None for one in decided)
    town.await_texts()  # what a withdrawn test has to say to whoever was told
    after = town.leaves()
    steps = {kind: after[kind] - before.get(kind, 0) for kind in after}
    resolved = TOLD + 1 + 1  # one more to call them
    assert steps["resolve"] == resolved
    assert steps["trace"] >= 2  # asked for, and ended
    assert steps["look"] > len(contacts)
    # token, opened, agreed, decisions, told, second persons, call, retraction, withdrawal
    assert steps["case"] >= 3 + (TOLD + 2) + (TOLD + 1) + (len(waiting) + 1) + 1 + 1 + 1
    assert steps["settings"] >= 3  # two accounts and a laboratory
    assert steps["message"] >= 2 + 2 * (TOLD + 1)  # opened, code; told, and told that it was wrong


@pytest.mark.parametrize("language", LOCALES)
def test_administrator_and_data_protection_officer_see_their_pages_and_nobodys_data(
    town: Town, browser_without_webgl: Browser, language: str
) -> None:
    with at_desk(
        browser_without_webgl, town, language, "administrator", "Colleague M"
    ) as administrator:
        administrator.open("/office/settings")
        name = f"Laboratory {language}"
        administrator.send("/office/settings/laboratories", name=name)
        administrator.picture("settings")
        assert "fnlab-" in administrator.page.locator(".secret").inner_text()
        administrator.open("/office/settings")
        assert administrator.page.locator(".secret").count() == 0
        assert town.busiest not in administrator.page.content()
    with at_desk(
        browser_without_webgl, town, language, "data-protection", "Colleague P"
    ) as officer:
        town.service.oversight.reviews.ask("look-questioned", "ab" * 16, town.service.clock())
        officer.open("/office/log")
        officer.picture("log")
        officer.send("/office/log/reviews", words="The look was for the case that they had.")
        assert officer.page.locator(".said").first.is_visible()
        assert town.busiest not in officer.page.content()
