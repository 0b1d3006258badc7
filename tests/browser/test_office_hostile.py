"""Two hundred texts that try to run, in every field that anybody fills in, in a real Chromium.

The browser is told to overlook our Content-Security-Policy: what is left is that each text is
written as a text. Pages that show one text at a time are put side by side in frames, where
whatever runs would run as well.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from sqlalchemy import insert
from tests.asked import Question, ask_all
from tests.office_world import TODAY, OfficeWorld, office_world, reader, served
from tests.served import free_port
from tests.staff_world import Colleague, colleague
from tests.unit.test_office_pages import PAYLOADS

from fortnight.case.calls import NewCall
from fortnight.case.named import NewNamed
from fortnight.db import engine
from fortnight.db.office_tables import intake_refusal, intake_upload
from fortnight.db.tables import alarm
from fortnight.staff.accounts import NewAccount
from fortnight.web import door
from fortnight.web.app import create_app

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
UPLOAD: Final = "e" * 32
AT_ONCE: Final = 40
_PREPARE: Final = engine._prepare_sqlite  # noqa: SLF001 - wrapped below
_OURS: Final = re.compile(r'<(?:link|script)[^>]* (?:href|src)="/[^"]*"[^>]*>')
"""Our own sheets and scripts, which a thousand frames need not load; the pages above do."""
_FRAMES: Final = """async (pages) => {
  const found = [];
  await Promise.all(pages.map((html, place) => new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.onload = () => setTimeout(() => {
      if (frame.contentWindow.hacked) found.push(place);
      frame.remove();
      done();
    }, 20);
    frame.srcdoc = html;
    document.body.append(frame);
  })));
  return found;
}"""


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[OfficeWorld]:
    # In a thread of its own: where the browser's event loop runs, no queue of jobs is begun.
    making = office_world(world_folders.mktemp("hostile"), free_port())
    with ThreadPoolExecutor(1) as thread, pytest.MonkeyPatch.context() as patch:
        # More is asked in a moment than anybody may; what limits do is tested elsewhere.
        patch.setattr(door, "_check_rate", lambda *_: None)
        patch.setattr(engine, "_prepare_sqlite", _prepared_quickly)
        made = thread.submit(making.__enter__).result()
        yield made
        thread.submit(making.__exit__, None, None, None).result()


def _prepared_quickly(connection: sqlite3.Connection, record: object) -> None:
    """Do not wait for the disk: thousands of texts are written, and nobody pulls the plug."""
    _PREPARE(connection, record)
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="module")
def typed(world: OfficeWorld) -> list[str]:
    """Return the pages of forms that were not taken, with what was typed.

    They are asked for before pages of the case hold hundreds of texts: each shows one, and all of
    them together are on the pages that show many.
    """
    admin = colleague(world.service, "administrator")
    questions = [
        one for place, text in enumerate(PAYLOADS) for one in _not_taken(world, admin, place, text)
    ]
    return _answered(world, questions)


@pytest.fixture(scope="module")
def named(world: OfficeWorld, typed: list[str]) -> list[str]:
    """Write each text into everything that a form of the office takes; return named contacts."""
    assert len(typed) == 3 * len(PAYLOADS)
    contacts = [_about_the_case(world, place, text) for place, text in enumerate(PAYLOADS)]
    for place, text in enumerate(PAYLOADS):
        _about_the_contact(world, text)
        _about_the_office(world, place, text)
    _refusals(world)
    return contacts


def _about_the_case(world: OfficeWorld, place: int, text: str) -> str:
    work, who, now = world.service.work, reader(world.worker), world.clock()
    own, case_id = world.worker.account.id, world.case_id
    work.notes.add(case_id, text, own, who, now)
    days = (TODAY - 3, TODAY - 1)
    home = f"{place}{text}"[:16]
    number = "+37120000009"
    contact = work.named.add(
        NewNamed(case_id, text, number, text, *days, "other", home, False, False), own, who, now
    )
    work.calls.record(NewCall(case_id, contact, "no-answer", "en", text, None), own, who, now)
    work.calls.record(NewCall(case_id, None, "reached", "en", text, None), own, who, now)
    made = work.decisions.decide(case_id, contact, "dismiss", text, own, who, now)
    work.decisions.take_back(made.id, text[:200], own, who, now)
    work.decisions.decide(case_id, contact, "tell", text, own, who, now)
    return contact


def _about_the_contact(world: OfficeWorld, text: str) -> None:
    """Decide about the one who was measured, and take it back: its page lists them all."""
    work, who, now = world.service.work, reader(world.worker), world.clock()
    own = world.worker.account.id
    made = work.decisions.decide(world.case_id, world.contact, "dismiss", text, own, who, now)
    work.decisions.take_back(made.id, text[:200], own, who, now)


def _about_the_office(world: OfficeWorld, place: int, text: str) -> None:
    service, now = world.service, world.clock()
    printed = "".join(one for one in f"{text} {place}" if one.isprintable())  # or it is refused
    name = printed[:128]
    district = service.settings.district
    new = NewAccount(name, "case-worker", name, district, subject=printed)
    service.staff.accounts.add(new, by="test", now=now)
    service.laboratories.register(name, now)
    service.operators.register(name, now)
    review = service.oversight.reviews.ask("appeal", "ab" * 16, now)
    service.oversight.reviews.answer(review, world.lead.account.id, text[:500], now)
    row = {"id": f"{place:032x}", "kind": "contradictory-track", "at": now, "detail": text[:500]}
    with service.database.write() as connection:
        connection.execute(insert(alarm).values(row))


def _refusals(world: OfficeWorld) -> None:
    """Put down an upload as if each of its rows had been refused with the words of the row."""
    counts = {"rows": len(PAYLOADS), "cases": 0, "refused": len(PAYLOADS), "state": "done"}
    upload = {"id": UPLOAD, "by": world.worker.account.id, "at": world.clock(), "sha256": "0" * 64}
    rows = [
        {"upload": UPLOAD, "row": place, "reason": text[:200]}
        for place, text in enumerate(PAYLOADS, start=2)
    ]
    with world.service.database.write() as connection:
        connection.execute(insert(intake_upload).values(upload | counts))
        connection.execute(insert(intake_refusal), rows)


def open_page(browser: Browser, who: Colleague, origin: str) -> tuple[Page, list[str]]:
    context = browser.new_context(bypass_csp=True)
    context.add_cookies([{"name": "session", "value": who.secret, "url": origin}])
    page, dialogs = context.new_page(), list[str]()
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    return page, dialogs


def ran(page: Page, pages: Sequence[str]) -> list[int]:
    """Return which of some pages ran anything that is not ours, each in a frame of its own."""
    found: list[int] = []
    for start in range(0, len(pages), AT_ONCE):
        part = pages[start : start + AT_ONCE]
        found += [start + place for place in page.evaluate(_FRAMES, list(part))]
    return found


def test_no_text_runs_on_any_page_that_shows_many(
    browser_without_webgl: Browser, world: OfficeWorld, named: list[str]
) -> None:
    service = world.service
    watch = {role: colleague(service, role) for role in ("administrator", "data-protection")}
    case, first = world.case, f"{world.case}/contacts/{named[0]}"
    own = ["/office", "/office/cases/new", case, f"{case}/places", world.met, first]
    own += [f"{case}?from={begin}" for begin in range(50, 250, 50)]
    paths = [
        (world.worker, [*own, "/office/intake", f"/office/intake/{UPLOAD}"]),
        (world.lead, ["/office", "/office/overview", case, world.met]),
        (watch["administrator"], ["/office/settings"]),
        (watch["data-protection"], ["/office/log"]),
    ]
    with served(world) as origin:
        for who, of in paths:
            page, dialogs = open_page(browser_without_webgl, who, origin)
            for path in of:
                answer = page.goto(origin + path)
                assert answer is not None
                assert answer.status == 200, path
                assert page.evaluate("window.hacked") is None, path
            assert dialogs == []
            page.context.close()


def test_no_text_runs_on_pages_that_show_one(
    browser_without_webgl: Browser, world: OfficeWorld, named: list[str], typed: list[str]
) -> None:
    """Named contacts, opened; forms that were not taken, with what was typed; searches."""
    met = f"{world.case}/contacts"
    questions = [Question("POST", f"{met}/{one}/open", world.worker.headers) for one in named]
    questions += [
        Question("POST", f"{met}/{one}/reach", world.worker.headers) for one in named[::8]
    ]
    pages = [*_answered(world, questions), *typed]
    assert len(PAYLOADS) == 200
    assert sum(PAYLOADS[2] in unescape(page) for page in pages) > 1
    with served(world) as origin:
        page, dialogs = open_page(browser_without_webgl, world.worker, origin)
        page.goto(f"{origin}/office/cases/new")
        assert ran(page, ["<img src=x onerror=window.hacked=1>", "<p>calm"]) == [0]
        assert ran(page, pages) == []
        assert dialogs == []
        page.context.close()


def _answered(world: OfficeWorld, questions: Sequence[Question]) -> list[str]:
    """Return the pages that answer, without our own sheets and scripts."""
    app = create_app(world.service)
    with ThreadPoolExecutor(1) as thread:  # the browser's event loop runs in this one
        answers = thread.submit(ask_all, app, questions).result()
    return [_OURS.sub("", answer.content.decode()) for answer in answers]


def _not_taken(world: OfficeWorld, admin: Colleague, place: int, text: str) -> list[Question]:
    """Return forms that are refused and shown again, every field of them hostile.

    Each text is sent to one form of the case and of the settings in turn.
    """
    every = ("token", "number", "disease", "onset", "test", "sample", "name", "notes", "household")
    more = ("first", "last", "setting", "outcome", "language", "next_step", "next_at", "code")
    last = ("start", "end", "to", "note", "kind", "reason", "text", "login", "role", "district")
    body = urlencode(dict.fromkeys((*every, *more, *last), text)).encode()
    headers = world.worker.headers
    steps = ("named", "call", "hand-over", "hide", "agree")
    in_turn = [
        *(Question("POST", f"{world.case}/{step}", headers, body) for step in steps),
        Question("POST", f"{world.met}/decide", headers, body),
        Question("POST", f"{world.met}/call", headers, body),
        Question("GET", f"{world.case}?" + urlencode({"from": text}), headers),
        Question("POST", "/office/settings/accounts", admin.headers, body),
    ]
    return [
        Question("POST", "/office/cases", headers, body),
        Question("GET", "/office/sign-in?" + urlencode({"next": text}), {}),
        in_turn[place % len(in_turn)],
    ]
