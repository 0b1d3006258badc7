"""Every page of a working office: no word of another language, and none that is too large."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from litestar.testing import TestClient
from tests.office_rich import MANY, RichWorld, met_as, near_documents, rich_world

from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar import Litestar

MOST_BYTES: Final = 300_000
READ: Final = frozenset({"aria-label", "title", "placeholder", "alt", "data-name", "data-refused"})
READ_TOO: Final = frozenset(
    {"data-words", "data-all", "data-square", "data-m", "data-km", "data-zoom-in", "data-scroll"}
)
UNREAD: Final = frozenset({"script", "style"})
SHORT: Final = frozenset({"input", "meta", "link", "br", "hr", "img", "path", "rect", "circle"})
LATIN: Final = re.compile(r"[A-Za-z][A-Za-z]+")
CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]+")
NAMES: Final = frozenset(
    re.split(
        r"\s+",
        "Fortnight English Latvie JavaScript Bluetooth COVID CSV XLSX JSON PDF UTF Ctrl en ru pt "
        "BR token number disease test date onset sample http localhost office sign in",
    )
)
"""Names, codes of languages, columns of files, the address of the sign-in."""
OTHERS: Final = frozenset({"Русский", "Українська"})


class Words(HTMLParser):
    """Collects what is read of a page, without ids and what says of itself another language."""

    def __init__(self, page: str, language: str) -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, bool]] = []
        self.read: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        skipped = tag in UNREAD or "id" in (given.get("class") or "").split()
        skipped |= given.get("lang") not in {None, self.language}
        if not (skipped or self.skips):
            self.read += [value or "" for name, value in attrs if name in READ | READ_TOO]
        if tag not in SHORT:
            self.open.append((tag, skipped))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.skips:
            self.read.append(data)

    @property
    def skips(self) -> bool:
        return any(skipped for _, skipped in self.open)


@pytest.fixture(scope="module")
def world(world_folders: pytest.TempPathFactory) -> Iterator[RichWorld]:
    with rich_world(world_folders.mktemp("rich")) as made:
        yield made


@pytest.fixture(scope="module")
def client(world: RichWorld) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(world.service)) as asked:
        yield asked


def page(
    client: TestClient[Litestar], world: RichWorld, role: str, path: str, language: str
) -> str:
    who = world.colleagues.get(role)
    headers = {"accept-language": language} | ({} if who is None else who.headers)
    answer = client.get(path, headers=headers)
    assert answer.status_code == (404 if "nothing" in path else 200), path
    assert len(answer.content) < MOST_BYTES, path
    return answer.text


def strange(text: str, world: RichWorld, language: str) -> set[str]:
    """Return the words of a page that are of the other language."""
    read = " ".join(Words(text, language).read).replace("{size}", "")  # filled by the map
    for own in world.own_words():
        read = read.replace(own, " ")
    if language == "ru":
        return set(LATIN.findall(read)) - NAMES
    return set(CYRILLIC.findall(read)) - OTHERS


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_page_holds_a_word_of_the_other_language_or_is_large(
    client: TestClient[Litestar], world: RichWorld, language: str
) -> None:
    found = {
        f"{role} {path}": words
        for role, path in world.pages()
        if (words := strange(page(client, world, role, path, language), world, language))
    }
    assert found == {}


def test_every_kind_of_contact_of_a_town_is_told_of_in_russian(
    client: TestClient[Litestar], world: RichWorld
) -> None:
    for document in near_documents(MANY):
        met_as(world.office, document)
        text = page(client, world, "case-worker", world.office.met, "ru")
        assert strange(text, world, "ru") == set(), document.together.evidence


FORMS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("/office/cases", {}),
    ("/office/cases", {"token": "x", "number": "12", "disease": "covid-19", "test": "2026-02-28"}),
    ("{case}/agree", {"code": "000000"}),
    ("{case}/hide", {"start": "2026-02-28T10:00", "end": "2026-02-28T09:00"}),
    ("{case}/named", {"name": "A"}),
    ("{case}/call", {"outcome": "call-back", "language": "ru"}),
    ("{case}/call", {"outcome": "shouted", "language": "ru"}),
    ("{case}/note", {"text": ""}),
    ("{case}/hand-over", {"to": "nobody", "note": "x"}),
    ("{case}/withdraw", {}),
    ("{met}/decide", {"kind": "maybe", "reason": "x"}),
    ("{met}/decide", {"kind": "tell", "reason": "\u044f" * 501}),
    ("{met}/take-back", {"reason": "x"}),
    ("{met}/call", {"outcome": "reached", "language": "??"}),
    ("{met}/reach", {}),
    ("{met}/follow-up", {}),
    ("{followed}/answer", {"day": "2031-01-01"}),
    ("{followed}/answer", {"day": "2026-03-01", "symptom": "boredom"}),
    ("{followed}/answer", {"day": "2026-03-01", "need": "gold"}),
    ("{followed}/pause", {"kind": "holiday"}),
    ("{followed}/pause", {"kind": "hospital", "until": "2001-01-01T00:00"}),
    ("{followed}/reply", {"kind": "nonsense"}),
    ("{followed}/positive", {"token": "x", "test": "2026-02-28", "sample": "2026-02-28T08:00"}),
)
"""Forms that cannot be taken."""


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_why_a_form_is_not_taken_is_said_in_russian(
    client: TestClient[Litestar], world: RichWorld, path: str, fields: dict[str, str]
) -> None:
    where = path.format(case=world.office.case, met=world.office.met, followed=world.support[1])
    headers = {**world.office.worker.headers, "accept-language": "ru"}
    answer = client.post(where, data=fields, headers=headers, follow_redirects=False)
    assert answer.status_code in {409, 422}, answer.text[:300]
    assert strange(answer.text, world, "ru") == set()


def test_refused_rows_are_given_in_the_language_of_the_page(
    client: TestClient[Litestar], world: RichWorld
) -> None:
    headers = {**world.office.worker.headers, "accept-language": "ru"}
    answer = client.get(f"/office/intake/{world.upload}/refusals", headers=headers)
    first, *rows = answer.text.splitlines()
    assert first == "строка,причина"
    assert len(rows) == 19
    words = {word for row in rows for word in LATIN.findall(row)}
    assert words <= {"COVID", "token", "number", "disease", "test", "date", "onset", "sample"}


def test_a_script_of_ours_is_told_in_russian_why_nothing_was_done(
    client: TestClient[Litestar], world: RichWorld
) -> None:
    headers = {
        "accept": "application/json",
        "accept-language": "ru",
        "content-type": "application/json",
        "sec-fetch-site": "same-origin",
        "origin": world.service.settings.origin,
    }
    answer = client.post("/office/invitation/options", content=b'{"code":"x"}', headers=headers)
    assert answer.status_code >= 400
    problem = answer.json()
    assert LATIN.findall(problem["title"] + problem["detail"]) == []
