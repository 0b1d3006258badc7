"""A participant's browser on a phone: forms by where they send, and what every page must hold."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.browser.heard import listen, stumbles
from tests.browser.office_world import Town, wait
from tests.browser.phone_world import digits_in
from tests.portal_world import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Response

HEARD: Final = ("en", "ar")
"""The languages whose pages are held against axe-core: Russian is marked up as English is."""
IN_THE_DARK: Final = "en"
"""The language whose pages are looked at in a dark scheme too: colours are the same in each."""
COLOURS: Final = ("color-contrast",)
_SIDE: Final = (
    "() => {const box = document.querySelector('.brand').getBoundingClientRect();"
    " return box.left + box.right < innerWidth ? 'ltr' : 'rtl'}"
)
LOCALES: Final = {"en": "en-GB", "ru": "ru-RU", "ar": "ar-EG"}
PHONE: Final = 360
WIDTHS: Final = (PHONE, 1280)
_LOADED: Final = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].map(one => [one.name, one.decodedBodySize, 1 + (one.redirectCount || 0)])"""
"""What the page in front was made of, as the browser itself counts it: the answers that are heard
from outside may still be of the page before, whose bodies are gone once it is left."""
MOST_REQUESTS: Final = 4
"""A page, its style, and at most a script for a passkey: each costs a slow phone a journey."""
PICTURES: Final = os.environ.get("PORTAL_PICTURES", "")
"""A folder for pictures of every page, for whoever wants to look at them."""
TELLING: Final = re.compile(
    r"(?i)covid|test|symptom|\bill|health|exposure|исследов|анализ|болезн|контакт|مرض|فحص|أعراض|مخالط"
)


@dataclass
class Phone:
    """Somebody's browser, and what went wrong in it."""

    page: Page
    town: Town
    language: str
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        answer = self.page.goto(self.town.origin + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        self._speaks()

    def form(self, action: str, holds: str = "") -> Locator:
        """Return the form that sends there and holds such a thing; opened, where it is folded."""
        forms = self.page.locator(f'form[action$="{action}"]')
        form = forms.filter(has=self.page.locator(holds)).first if holds else forms.first
        folded = form.locator("xpath=ancestor::details[not(@open)]")
        while folded.count():
            folded.first.locator("summary").first.click()
        return form

    def send(self, action: str, holds: str = "", press: str = "button", **fields: str) -> int:
        """Fill in a form and send it; return the status of the page that came."""
        form = self.form(action, holds)
        for name, value in fields.items():
            form.locator(f'[name="{name}"]').first.fill(value)
        with self.page.expect_navigation() as coming:
            form.locator(press).first.click()
        self._speaks()
        return coming.value.status if coming.value else 0

    def _speaks(self) -> None:
        """See that the page in front is in the language of the phone."""
        assert self.page.locator("html").get_attribute("lang") == self.language, self.page.url

    def come_in(self, number: str, *, wrong: str = "") -> None:
        """Ask for digits by text, and come in with them; with ``wrong`` ones first."""
        before = len(self.town.texts(number))
        self.open("/portal")
        assert self.send("/portal/digits", number=number) == 200
        wait(lambda: len(self.town.texts(number)) > before, "no digits came")
        if wrong:
            assert self.send("/portal", holds='[name="code"]', code=wrong) == 403
            assert self.page.locator(".wrong").inner_text()
            assert self.page.locator('[name="number"]').first.input_value() == number
        assert (
            self.send("/portal", holds='[name="code"]', code=digits_in(self.town.texts(number)[-1]))
            == 200
        )
        assert self.page.locator('form[action="/portal/leave"]').count() == 1

    def show_pin(self, pin: str) -> None:
        """Choose a PIN where there is none yet, and show it."""
        self.open("/portal/unlock")
        if self.page.locator('a[href="/portal/pin"]').count():
            self.open("/portal/pin")
            assert self.send("/portal/pin", holds='[name="again"]', pin=pin, again=pin) == 200
        else:
            assert self.send("/portal/unlock", holds='[name="pin"]', pin=pin) == 200

    def check(self, name: str) -> None:
        """See that the page in front is what every page of the portal has to be."""
        where = (name, self.language)
        html, side = self.page.locator("html"), "rtl" if self.language == "ar" else "ltr"
        assert html.get_attribute("lang") == self.language, where
        assert (html.get_attribute("dir"), self.page.evaluate(_SIDE)) == (side, side), where
        assert not TELLING.search(self.page.title()), where
        assert not TELLING.search(self.page.url.removeprefix(self.town.origin)), where
        assert self.page.locator(".leave").count() == 1, where
        loaded = self.page.evaluate(_LOADED)
        assert 0 < sum(weight for _, weight, _ in loaded) < MOST_BYTES, (where, loaded)
        assert sum(asked for *_, asked in loaded) <= MOST_REQUESTS, (where, loaded)
        if self.language in HEARD:
            assert stumbles(self.page) == [], where
        if self.language == IN_THE_DARK:
            self.page.emulate_media(color_scheme="dark")
            assert stumbles(self.page, COLOURS) == [], (*where, "dark")
            self.page.emulate_media(color_scheme="light")
        self._fits(name)

    def _fits(self, name: str) -> None:
        for width in reversed(WIDTHS):
            self.page.set_viewport_size({"width": width, "height": 740})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name}, {self.language}: {wide} pixels on a screen of {width}"
            if PICTURES:
                file = Path(PICTURES) / f"{name}-{self.language}-{width}.png"
                self.page.screenshot(path=file, full_page=True)

    def listen(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))
        self.page.on("response", self._hear)

    def _hear(self, answer: Response) -> None:
        if answer.url.startswith("data:"):
            return
        if not answer.url.startswith(self.town.origin):
            self.errors.append(answer.url)


@contextmanager
def in_hand(
    browser: Browser, town: Town, language: str = "en", *, scripts: bool = True
) -> Iterator[Phone]:
    """Open a browser as a phone of 360 pixels has it; at the end nothing may have gone wrong."""
    context = browser.new_context(
        locale=LOCALES[language],
        viewport={"width": PHONE, "height": 740},
        is_mobile=True,
        has_touch=True,
        device_scale_factor=2,
        reduced_motion="reduce",
        java_script_enabled=scripts,
    )
    if language in HEARD:
        listen(context)
    phone = Phone(context.new_page(), town, language)
    phone.listen()
    yield phone
    context.close()
    assert phone.errors == []
