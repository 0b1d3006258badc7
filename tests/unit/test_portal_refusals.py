"""Every form of every page of the portal, filled in wrongly: an answer that helps, nothing lost.

The forms are read off the pages, and the pages off the table of routes: a new one is tried as soon
as it has a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any, Final

import pytest
from litestar.testing import TestClient
from tests.office_world import CONTACT, OfficeWorld, office_world, reader
from tests.portal_forms import PageForm, forms_of
from tests.portal_world import OWN, PIN
from tests.services import HOUR, MINUTE
from tests.whole_service import agree, enrolled

from fortnight.arrivals.never_sent import Hours, NeverSent, Place
from fortnight.db.tables import GRANT_KINDS
from fortnight.followup.words import say
from fortnight.venues.posters import NewVenue
from fortnight.web.app import create_app
from fortnight.web.office.who import TOKEN_FIELD as TOKEN
from fortnight.web.portal.contents import CONTENTS, MORE
from fortnight.web.portal.language import LANGUAGES
from fortnight.web.portal.routes import PORTAL_ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from httpx import Response

    from fortnight.service import Service

NONSENSE: Final = "⁂7"
"""No number, no time, no place, no word of a list: and no word of any language."""
OLD: Final = "0" * 64
"""The token of another sign-in."""
MUCH: Final = "⁂" * 600
"""More than anything that is asked for."""
BARE: Final = ("/portal/unlock/stop", "/portal/unlock/over")
"""Buttons that stand on a page on some days alone."""
SCRIPTS: Final = ("/options", "/answer")
"""What a script of ours alone sends, and is answered."""
FILES: Final = ("/portal/upload",)
OK, UNUSABLE, REFUSED, FAULT = 200, 400, 403, 500
NAMES: Final = {
    "Fortnight", "English", "PIN", "OwnTracks", "Traccar", "Client", "Overland", "iPhone",
    "Android", "Google", "Takeout", "Bluetooth", "GPX", "GeoJSON", "UTC", "ZIP", "zip", "CSV",
    "index", "Cafe",
}  # fmt: skip
_EVERY_REQUEST_MS: Final = 1_100
"""A page a second is let through."""
TRACK: Final = """<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="56.95" lon="24.11"><time>2026-02-28T10:00:00Z</time></trkpt></trkseg></trk></gpx>"""


LEAST_LETTERS: Final = 10
LETTERS: Final = {"en": "[a-z]", "ru": "[а-яё]", "ar": "[ء-ي]"}  # noqa: RUF001 - Russian
_APART: Final = re.compile(
    r'<(head|footer|textarea|bdi)\b.*?</\1>|<(h2|p) [^>]*\blang="\w+".*?</\2>', re.DOTALL
)
_HELP: Final = re.compile(
    r'class="wrong"[^>]*>(.*?)</div>|<div class="card">\s*<h1>(.*?)</div>', re.DOTALL
)


@dataclass
class Told:
    """Somebody who was told of an exposure and did a little of everything; and a newcomer."""

    office: OfficeWorld
    client: Any
    people: tuple[str, ...]
    csrf: str = ""

    @property
    def service(self) -> Service:
        return self.office.service

    def come_in(self, person: str) -> None:
        """Begin a session, as if the PIN was shown: some forms end the one that they are of."""
        door, now = self.client.app._straight._door, self.office.clock()  # noqa: SLF001 - to sign in
        secret = door.portal.begin(person, now, "code")
        door.portal.unlock(secret, now)
        self.csrf = door.portal.of(secret, now).csrf
        self.client.cookies.clear()
        self.client.cookies.set("portal", secret)

    def get(self, path: str, language: str) -> Response:
        self.office.clock.advance(_EVERY_REQUEST_MS)
        headers = {"accept-language": language}
        answer: Response = self.client.get(path, headers=headers, follow_redirects=False)
        return answer

    def post(self, form: PageForm, sent: Mapping[str, str], language: str) -> Response:
        self.office.clock.advance(_EVERY_REQUEST_MS)
        given: dict[str, Any] = {"headers": OWN | {"accept-language": language}}
        if form.action in FILES:
            parts = {name: (None, value) for name, value in sent.items() if name != "file"}
            given["files"] = {**parts, "file": ("track.gpx", sent.get("file", "").encode())}
        else:
            given["data"] = sent
        answer: Response = self.client.post(form.action, follow_redirects=False, **given)
        return answer


@pytest.fixture(scope="module")
def told(world_folders: pytest.TempPathFactory) -> Iterator[Told]:
    folder = world_folders.mktemp("refusals")
    with office_world(folder) as office, TestClient(create_app(office.service)) as client:
        person = str(office.service.vault.person_with(CONTACT))
        newcomer = enrolled(office.service, "+37120000018")
        office.service.enrolment.people.came_in(newcomer, "code", office.clock())
        _asked(office, person)
        _busy(office.service, person)
        yield Told(office, client, (person, newcomer))


def _asked(office: OfficeWorld, person: str) -> None:
    """Tell the contact, and begin to ask how they are."""
    service, now, who = office.service, office.clock(), reader(office.worker)
    held = {one.kind for one in service.consents.held(person)}
    agree(service, person, *(kind for kind in GRANT_KINDS if kind not in held))
    why, account = "They sat at one table.", office.worker.account.id
    service.work.decisions.decide(office.case_id, office.contact, "tell", why, account, who, now)
    service.support.followups.begin_contact(office.case_id, office.contact, who, now)


def _busy(service: Service, person: str) -> None:
    """Have them do whatever puts a form on a page: a PIN, a visit, a phone, a child."""
    now, rooms = service.clock(), service.enrolment
    rooms.people.came_in(person, "code", now)
    with service.database.write() as connection:
        rooms.pins.keep(connection, person, PIN, now)
    child = enrolled(service, "+37120000019")
    rooms.people.came_in(child, "code", now)
    rooms.guardians.take_on(person, child, "2020-01", now)
    service.phones.add(person, "owntracks", now)
    chosen = NeverSent((Hours(22 * 60, 6 * 60),), (Place(24.1, 56.9, 200),))
    service.choices.choose(person, chosen, now)
    venue = service.venues.add(NewVenue("Cafe", "food", (), 22 * 60, 120), "worker", now)
    spot = service.venues.of(venue)[0]
    service.visits.begin(person, spot, now - 2 * HOUR)
    service.visits.leave(person, now - HOUR)
    service.visits.begin(person, spot, now - MINUTE)


def _pages(told: Told, language: str) -> Iterator[tuple[str, str]]:
    """Yield every page that has a row, with whose it is."""
    for path in ("/portal", "/portal/proof"):
        yield told.people[0], told.get(path, language).text
    paths = [
        route.path
        for route in PORTAL_ROUTES
        if route.method == "GET" and "{" not in route.path and route.permission == "person"
    ]
    for person in told.people:
        told.come_in(person)
        for path in (*paths, "/portal/others/choices?who=1"):
            answer = told.get(path, language)
            if answer.status_code == OK:
                yield person, answer.text


def _forms(told: Told, language: str) -> list[tuple[str, PageForm]]:
    """Return every form of the portal with whose it is, each shape of it once."""
    told.client.cookies.clear()
    found = {
        one.shape: (person, one)
        for person, page in _pages(told, language)
        for one in forms_of(page)
    }
    upload = next(one for _, one in found.values() if one.action in FILES)
    told.come_in(told.people[0])
    shown = told.post(upload, {TOKEN: told.csrf, "file": TRACK}, language).text
    kept = {one.shape: (told.people[0], one) for one in forms_of(shown)}
    bare = {(path,): (told.people[0], PageForm(path, ())) for path in BARE}
    return list((found | kept | bare).values())


def _wrongly(form: PageForm) -> Iterator[dict[str, str]]:
    """Yield ways to fill in a form wrongly: each field, all of them, none; and an old form."""
    right = form.untouched()
    written = {one.name: NONSENSE for one in form.fields if one.is_written}
    for name in right:
        if name != TOKEN:
            yield from (right | {name: wrong} for wrong in (NONSENSE, MUCH, ""))
    if right.keys() - {TOKEN}:  # a button by itself does what it says
        yield {}
        yield dict.fromkeys(right, NONSENSE)
    yield {**right, **written, TOKEN: OLD}


def _says(page: str) -> str:
    """Return what a page says: no markup, nothing of what somebody typed, read or was given."""
    return unescape(re.sub(r"<[^>]+>", " ", _APART.sub(" ", page)))


def _of_the_source(told: Told) -> set[str]:
    """Return the words of whose rule it is: a reference stands as it is written."""
    mine = told.service.support.followups.mine(told.people[0], told.office.clock())
    return {word for one in mine for word in re.findall(r"[A-Za-z]+", one.plan.home.source)}


def _wrong_with(
    form: PageForm, sent: Mapping[str, str], page: str, language: str, names: set[str]
) -> Iterator[str]:
    """Yield what a refusal lacks: words of the page's language, or what somebody typed."""
    found = _HELP.search(page)
    said = "" if found is None else _says(found[0])
    if len(re.findall(LETTERS[language], said)) <= LEAST_LETTERS:
        yield f"it does not say what to do: {said!r}"
    left = set(re.findall(r"\b[A-Za-z]{3,}\b", _says(page))) - names
    if left and language != "en":
        yield f"it is in English: {left}"
    honest = {one.name for one in form.fields if not one.is_written and sent.get(one.name)}
    for one in form.fields:
        is_lost = sent.get(one.name) == NONSENSE and NONSENSE not in page
        if one.is_written and is_lost and NONSENSE not in map(sent.get, honest - {TOKEN}):
            yield f"what was typed as {one.name} is lost"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_that_is_filled_in_wrongly_is_answered_in_words_and_nothing_is_lost(
    told: Told, language: str
) -> None:
    forms, refused = _forms(told, language), set()
    posts = {one.path for one in PORTAL_ROUTES if one.method == "POST"}
    posts -= {one for one in posts if one.endswith(SCRIPTS)}
    assert {form.action.partition("?")[0] for _, form in forms} == posts
    names, wrong = NAMES | _of_the_source(told), []
    for person, form in forms:
        for sent in _wrongly(form):
            told.come_in(person)
            token = OLD if sent.get(TOKEN) == OLD else told.csrf
            answer = told.post(form, {**sent, TOKEN: token}, language)
            assert answer.status_code < FAULT, (form.action, sent)
            if answer.status_code >= UNUSABLE:
                refused.add(form.action.partition("?")[0])
                found = _wrong_with(form, sent, answer.text, language, names)
                wrong += [(form.action, _short(sent), one) for one in found]
    assert wrong == []
    assert refused == posts


def _short(sent: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:12] for name, value in sent.items() if name != TOKEN}


def test_what_somebody_wrote_is_there_to_copy_where_their_session_was_over(told: Told) -> None:
    told.client.cookies.clear()
    form = PageForm("/portal/help", ())
    answer = told.post(form, {"need": "food", "items": "two <b>loaves</b>"}, "en")
    assert answer.status_code == REFUSED
    assert "two &lt;b&gt;loaves" in answer.text
    assert "You were signed out meanwhile" in answer.text
    assert told.post(form, {}, "en").headers["location"] == "/portal"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "What you ticked"), ("ru", "Что вы отметили"), ("ar", "ما أشّرت عليه")],
)
def test_what_somebody_ticked_is_said_where_their_answer_was_not_taken(
    told: Told, language: str, said: str
) -> None:
    told.come_in(told.people[0])
    sent = {"symptom": "cough", "need": "food", "kind": "<b>", TOKEN: OLD}
    answer = told.post(PageForm("/portal/today", ()), sent, language)
    assert answer.status_code == REFUSED
    shown = answer.text.partition(said)[2].partition("</ul>")[0]
    assert say("symptoms", "cough", language) in shown
    assert say("needs", "food", language) in shown
    assert shown.count("<li>") == 2  # and nothing that is no word of ours


def test_every_page_is_among_the_contents_of_the_portal() -> None:
    listed = {entry.path for group in CONTENTS for entry in group.entries}
    pages = {one.path for one in PORTAL_ROUTES if (one.method, one.permission) == ("GET", "person")}
    elsewhere = {MORE, "/portal/unlock", "/portal/others/choices"}  # itself; reached on the way
    assert listed == {one for one in pages if "{" not in one} - elsewhere
