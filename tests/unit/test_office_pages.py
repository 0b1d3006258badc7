"""The pages of cases: what is on them, what their forms do, and that no text of anybody runs."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from litestar.testing import TestClient
from tests.office_world import CASE, CONTACT, NEXT, TODAY, OfficeWorld, office_world, reader
from tests.unit.hostile_document import HOSTILE, hostile_document

from fortnight.case.calls import NewCall
from fortnight.case.cases import Cases
from fortnight.case.named import NewNamed
from fortnight.web.app import create_app
from fortnight.web.office import words
from fortnight.web.office.static import address, file_named, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response
    from litestar import Litestar

PAGE_BYTES: Final = 300_000
WRAPS: Final = (
    "{}", "a {} b", '"{}', "'{}", "</p>{}", "</textarea>{}", "</title>{}", "-->{}", "{{{{{}}}}}",
    "]]>{}", "\\{}", "&{};", "%3C{}", "</svg>{}", '" autofocus onfocus={} x="', "' onclick={} x='",
    "</option></select>{}", "${{{}}}", "\u2028{}", "</noscript>{}",
)  # fmt: skip
PAYLOADS: Final = tuple(wrap.format(text) for wrap in WRAPS for text in HOSTILE)


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[OfficeWorld]:
    with office_world(world_folders.mktemp("office")) as made:
        yield made


@pytest.fixture
def client(world: OfficeWorld) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(world.service)) as asked:
        yield asked


class Structure(HTMLParser):
    """Collects what a browser might run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/office/static/"):
            self.runs.append(f"script {given}")
        if tag in {"iframe", "object", "embed", "img", "style", "base"}:
            self.runs.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "srcdoc"}:
                self.runs.append(f"{tag} {name}")
            leads = name in {"href", "src", "action", "formaction", "hx-get"}
            if leads and not (value or "").startswith(("/office", "#", "data:,")):
                self.runs.append(f"{tag} {name}={value}")


def read(answer: Response, status: int = 200) -> str:
    """Return a page; it holds nothing that runs but our own files, and is not large."""
    assert answer.status_code == status, answer.text[:2_000]
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) < PAGE_BYTES
    assert Structure(answer.text).runs == []
    return unescape(answer.text)


def get(client: TestClient[Litestar], world: OfficeWorld, path: str, language: str = "en") -> str:
    headers = {**world.worker.headers, "accept-language": language}
    return read(client.get(path, headers=headers))


def post(client: TestClient[Litestar], world: OfficeWorld, path: str, **fields: str) -> Response:
    headers = {**world.worker.headers, "accept-language": "en"}
    answer: Response = client.post(path, data=fields, headers=headers, follow_redirects=False)
    return answer


def pages(world: OfficeWorld) -> list[str]:
    return ["/office", "/office/cases/new", world.case, f"{world.case}/places", world.met]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_stands_in_each_language(
    world: OfficeWorld, client: TestClient[Litestar], language: str
) -> None:
    for path in pages(world):
        assert f'<html lang="{language}">' in get(client, world, path, language)


def test_titles_name_neither_case_nor_disease(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    for path in pages(world):
        title, *_ = re.findall("<title>(.*?)</title>", get(client, world, path))
        assert world.case_id[:4] not in title
        assert "COVID" not in title


def test_a_case_says_where_it_stands_and_why_each_contact_is_listed(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    page = get(client, world, world.case)
    assert "1 contact waits for a decision." in page
    assert "positions of both phones" in page
    assert re.search(r"up to 100\s% infectious then", page)
    assert "Held from" in page


def test_no_page_holds_a_number_or_a_person(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    person = world.service.vault.person_with(CONTACT)
    assert person is not None
    for path in pages(world):
        page = get(client, world, path)
        assert person not in page
        assert CASE not in page
        assert CONTACT not in page


def test_a_contact_is_shown_by_meetings_with_this_case_alone(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    page = get(client, world, world.met)
    assert len(re.findall(r"<tr data-lon", page)) == 3
    assert "never where else they were" in page
    assert all(question in page for question in words.ASK)


def test_opening_a_contact_is_a_look_that_the_person_sees(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    person = world.service.vault.person_with(CONTACT)
    assert person is not None
    before = len(world.service.vault.looks_at(person))
    get(client, world, world.met)
    assert len(world.service.vault.looks_at(person)) == before + 1


def test_places_are_one_row_a_day_with_what_the_map_draws(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    page = get(client, world, f"{world.case}/places")
    assert len(re.findall(r"<tr data-lon", page)) == 3


def test_a_form_that_is_not_taken_loses_nothing(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    answer = post(
        client,
        world,
        "/office/cases",
        token="fncase-wrong",  # noqa: S106 - it opens nothing
        number=NEXT,
        disease="measles",
        onset="2026-02-27",
        test="not a day",
        sample="2026-03-01T09:30",
    )
    page = read(answer, 422)
    assert 'value="fncase-wrong"' in page
    assert f'value="{NEXT}"' in page
    assert 'value="measles" selected' in page
    assert 'value="not a day" aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("step", "fields", "kept"),
    [
        ("agree", {"code": "000000"}, "does not follow"),
        ("note", {"text": ""}, "The field text is empty"),
        ("withdraw", {}, "Tick the box"),
        ("call", {"outcome": "call-back", "language": "en", "next_step": "again"}, 'value="again"'),
        ("hand-over", {"to": "nobody", "note": "what I know"}, ">what I know</textarea>"),
    ],
)
def test_what_a_case_refuses_is_said_on_its_page_with_what_was_typed(
    world: OfficeWorld,
    client: TestClient[Litestar],
    step: str,
    fields: dict[str, str],
    kept: str,
) -> None:
    page = read(post(client, world, f"{world.case}/{step}", **fields), 409)
    assert "Nothing was changed" in page
    assert kept in page


def test_a_case_goes_from_the_form_to_the_yes(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    answer = post(
        client,
        world,
        "/office/cases",
        token=world.token(NEXT, "form"),
        number=NEXT,
        disease="covid-19",
        onset="",
        test="2026-02-28",
        sample="2026-02-28T09:30",
    )
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert "Next: their yes" in get(client, world, where)
    page = read(post(client, world, f"{where}/agree", code="000000"), 409)
    assert "This is not the code that was sent" in page


def test_a_trace_shows_how_far_it_is_and_has_the_page_loaded_again(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    headers = {**world.worker.headers, "hx-request": "true"}
    answer = client.get(f"{world.case}/progress", headers=headers)
    assert answer.headers["hx-refresh"] == "true"


def test_nobody_else_opens_the_case(world: OfficeWorld, client: TestClient[Litestar]) -> None:
    missing = client.get("/office/cases/" + "0" * 32, headers=world.worker.headers)
    world.service.work.assignments.assign(
        world.case_id,
        world.lead.account.id,
        world.lead.account.id,
        reader(world.lead),
        world.clock(),
    )
    try:
        answer = client.get(world.case, headers=world.worker.headers)
        assert (answer.status_code, answer.content) == (404, missing.content)
    finally:
        world.service.work.assignments.assign(
            world.case_id,
            world.worker.account.id,
            world.lead.account.id,
            reader(world.lead),
            world.clock(),
        )


# -- the language, and files -------------------------------------------------------------------


def test_a_chosen_language_stays_and_leads_back_to_our_own_pages_alone(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    for wanted, leads in (
        ("/office/cases/new", "/office/cases/new"),
        ("//elsewhere.invalid/office", "/office"),
        ("/office//elsewhere.invalid", "/office"),
        ("https://elsewhere.invalid", "/office"),
        ("/office\\@elsewhere.invalid", "/office"),
    ):
        answer = client.get("/office/language/ru", params={"next": wanted}, follow_redirects=False)
        assert answer.headers["location"] == leads
    chosen = answer.headers["set-cookie"].partition(";")[0]
    headers = {**world.worker.headers, "accept-language": "en"}
    headers["cookie"] += f"; {chosen}"
    assert '<html lang="ru">' in read(client.get("/office", headers=headers))
    assert client.get("/office/language/xx").status_code == 404


def test_files_are_kept_for_ever_under_their_hash(client: TestClient[Litestar]) -> None:
    for name in names():
        answer = client.get(address(name), headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith(file_named(name).kind.partition(";")[0])
        assert answer.content == file_named(name).plain
    plain = client.get(address("office.css"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    other = address("office.css").replace("/static/", "/static/0")
    assert client.get(other).status_code == 404
    assert client.get("/office/static/0000000000000000/..%2Fpages.py").status_code == 404


# -- what people write -------------------------------------------------------------------------


def _written(world: OfficeWorld, text: str) -> str:
    """Write a text into everything that somebody may write about a case and a named contact."""
    work, who, now = world.service.work, reader(world.worker), world.clock()
    own, case_id = world.worker.account.id, world.case_id
    work.notes.add(case_id, text, own, who, now)
    new = NewNamed(
        case_id, text, "+37120000009", text, TODAY - 3, TODAY - 1, "other", text[:16], False, True
    )
    contact = work.named.add(new, own, who, now)
    call = NewCall(case_id, contact, "no-answer", "en", text, None)
    work.calls.record(call, own, who, now, household=False)
    work.calls.record(NewCall(case_id, None, "reached", "en", text, None), own, who, now)
    made = work.decisions.decide(case_id, contact, "dismiss", text, own, who, now)
    work.decisions.take_back(made.id, text[:200], own, who, now)
    work.decisions.decide(case_id, contact, "dismiss", text, own, who, now)
    return contact


def test_a_contact_of_whom_every_word_tries_to_run_runs_nothing(
    world: OfficeWorld, client: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    for document in hostile_document().contacts:
        monkeypatch.setattr(Cases, "detail", lambda *_, said=document: said)
        get(client, world, world.met)
        get(client, world, world.case)
        get(client, world, f"{world.case}/places")


def test_two_hundred_hostile_texts_in_every_field_run_nothing(
    world: OfficeWorld, client: TestClient[Litestar]
) -> None:
    assert len(PAYLOADS) == 200
    work, who, now = world.service.work, reader(world.worker), world.clock()
    own = world.worker.account.id
    named = [_written(world, text) for text in PAYLOADS]
    made = work.decisions.decide(
        world.case_id, world.contact, "dismiss", PAYLOADS[0], own, who, now
    )
    for path in (*pages(world), f"{world.case}?from=50", f"{world.case}?from=200"):
        get(client, world, path)
    page = get(client, world, world.case)
    assert [text for text in PAYLOADS if text.strip() not in page] == []
    for contact, text in zip(named, PAYLOADS, strict=True):
        world.clock.advance(100)  # or one would ask too often
        opened = read(post(client, world, f"{world.case}/contacts/{contact}/open"))
        assert opened.count(text.strip()) >= 3
    for text in PAYLOADS:
        world.clock.advance(100)
        assert text.strip() in read(
            post(client, world, "/office/cases", token=text, number=text), 422
        )
    work.decisions.take_back(made.id, PAYLOADS[1][:200], own, who, now)


def test_a_decision_and_its_way_back(world: OfficeWorld, client: TestClient[Litestar]) -> None:
    answer = post(client, world, f"{world.met}/decide", kind="dismiss", reason="A wall between")
    assert answer.status_code == 303
    assert "A wall between" in get(client, world, world.met)
    post(client, world, f"{world.met}/take-back", reason="There was none")
    page = get(client, world, world.met)
    assert "There was none" in page
    assert "What do you decide?" in page
    post(client, world, f"{world.met}/decide", kind="tell", reason="They ate together")
    assert CONTACT not in get(client, world, world.met)
    assert CONTACT in read(post(client, world, f"{world.met}/reach"))
