"""The page as a file: whole in itself, named by sums, readable, and safe from what it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from tests.unit.hostile_document import HOSTILE, hostile_document
from tests.unit.sample_document import sample_document

from fortnight.contact.calibration import WITHIN_RADIUS
from fortnight.parameters import DEFAULTS
from fortnight.report.document import CONSENT_NOTICE, Interval
from fortnight.report.explain import explain
from fortnight.report.local_time import local_clock
from fortnight.report.page import to_html
from fortnight.report.parameter_words import PARAMETER_WORDS
from fortnight.report.wording import (
    NONE_FOUND,
    NOT_A_CERTIFICATE,
    NOT_INFECTION,
    SAME_PLACE,
    calendar_day,
    share,
)

ASSETS = Path(str(files("fortnight.report").joinpath("assets")))
MEGABYTE = 1_000_000


class Reader(HTMLParser):
    """Collect a page's elements, and the text of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[int, str] = {}
        self.words: list[str] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag in {"script", "style"}
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            place = len(self.elements) - 1
            self.inside[place] = self.inside.get(place, "") + data
        else:
            self.words.append(data)

    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def parts(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [
            (attributes, self.inside.get(place, ""))
            for place, (name, attributes) in enumerate(self.elements)
            if name == tag
        ]

    def island(self) -> dict[str, list[dict[str, str]]]:
        data = next(
            text for attributes, text in self.parts("script") if attributes.get("id") == "data"
        )
        read: dict[str, list[dict[str, str]]] = json.loads(data)
        return read


@pytest.fixture(scope="module")
def page() -> str:
    return to_html(sample_document())


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    return Reader(page)


def test_notice_is_the_first_thing_said(read: Reader) -> None:
    body = read.text().split("To the contacts", 1)[1]
    assert body.strip().startswith(CONSENT_NOTICE)


def test_title_names_nobody(read: Reader, page: str) -> None:
    assert "<title>Trace report</title>" in page
    assert [tag for tag, _ in read.elements].count("title") == 1


def test_says_what_location_cannot(read: Reader) -> None:
    text = read.text()
    for sentence in (NOT_INFECTION, SAME_PLACE, NONE_FOUND, NOT_A_CERTIFICATE):
        assert sentence in text
    assert "never about infection" in text


def test_policy_names_each_script_and_style_by_its_sum_and_no_host(read: Reader) -> None:
    policy = next(
        attributes["content"] or ""
        for tag, attributes in read.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    allowed = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert allowed["connect-src"] == "blob:"
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*|\bself\b", policy)
    run = [text for attributes, text in read.parts("script") if "type" not in attributes]
    assert [named(text) for text in run] == allowed["script-src"].split()
    styles = [text for _, text in read.parts("style")]
    assert [named(text) for text in styles] == allowed["style-src"].split()


def named(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_points_outside_and_nothing_is_styled_or_run_inline(read: Reader) -> None:
    for tag, attributes in read.elements:
        assert tag not in {"iframe", "object", "embed", "base", "form", "img"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"style", "src", "action", "formaction"}
            if name == "href":
                assert str(value).startswith(("#", "data:,"))


def test_hostile_text_makes_no_element(read: Reader) -> None:
    hostile = Reader(to_html(hostile_document()))
    counts = {tag for tag, _ in hostile.elements}
    assert counts <= {tag for tag, _ in read.elements}
    named_contacts = [contact["name"] for contact in hostile.island()["contacts"]]
    assert sorted(named_contacts) == sorted(HOSTILE)
    assert hostile.text().count("{{ 7 * 7 }}{% raw %}") > 4


def test_five_hundred_contacts_stay_under_eight_megabytes() -> None:
    assert len(to_html(sample_document(500)).encode()) < 8 * MEGABYTE


def test_same_document_gives_the_same_page(page: str) -> None:
    assert to_html(sample_document()) == page


def test_every_contact_input_and_refusal_is_written(read: Reader) -> None:
    document, text = sample_document(), read.text()
    for contact in document.contacts:
        assert contact.participant in text
    for one in document.inputs:
        assert one.path in text
        assert all(reason in text for reason in one.refused)
        assert one.problem is None or one.problem in text


def test_unknown_time_zone_falls_back_to_utc_and_says_so() -> None:
    document = sample_document(1)
    window = msgspec.structs.replace(document.window, timezone="Mars/Olympus_Mons")
    text = Reader(to_html(msgspec.structs.replace(document, window=window))).text()
    assert "UTC, because this machine has no time zone called Mars/Olympus_Mons" in text


def test_window_without_look_back_says_so() -> None:
    document = sample_document(1)
    end = document.window.end
    window = msgspec.structs.replace(document.window, look_back=Interval(start=end, end=end))
    text = Reader(to_html(msgspec.structs.replace(document, window=window))).text()
    assert "Look-back no day of this window" in text


def test_every_contact_says_why_and_what_follows(read: Reader) -> None:
    text = read.text()
    for contact in sample_document().contacts:
        assert plain(contact.explanation.epidemiologist) in text
        assert plain(contact.explanation.participant) in text
        assert plain(share(contact.probability_contact)) in text
        for visit in contact.together.visits:
            assert visit.venue in text
        for day in (contact.assessment.test_day, contact.assessment.follow_up_end):
            assert day is None or calendar_day(day) in text
    for words in (
        "asked to stay home",
        "told and tested",
        "possible source",
        "Are you immune?",
        "not calibrated: measured only for Bluetooth",
        "2.6 % (1.1 % to 4.4 %)",
        "The latent period is the hardest part: before",
        "Incubation is the hardest part: before",
    ):
        assert words in text


def plain(text: str) -> str:
    return " ".join(text.split())


def test_same_room_is_said_only_where_something_says_so() -> None:
    document = sample_document(1)
    contact = document.contacts[0]

    def text_with(same_room: str | None) -> str:
        together = msgspec.structs.replace(contact.together, same_room=same_room, visits=[])
        explained = explain(together, 0.5, WITHIN_RADIUS, [], local_clock("UTC"))
        changed = msgspec.structs.replace(contact, together=together, explanation=explained)
        return Reader(to_html(msgspec.structs.replace(document, contacts=[changed]))).text()

    assert "same room, by Bluetooth" in text_with("bluetooth")
    assert "same room, by check-ins to it" in text_with("check-in")
    assert "same room, by" not in text_with(None)
    assert "not said: neither Bluetooth nor check-ins to one room say so" in text_with(None)


def test_constant_contact_and_exposure_windows_have_sections_where_there_are_any(
    read: Reader,
) -> None:
    document = sample_document(2)
    bare = Reader(to_html(msgspec.structs.replace(document, ties=[], exposure_windows=[]))).text()
    for heading in ("In constant contact", "Exposure windows of own phones"):
        assert heading in read.text()
        assert heading not in bare
    assert all(tie.participant in read.text() for tie in document.ties)


def test_share_of_infectiousness_outside_the_window_is_told(read: Reader) -> None:
    assert "measured on wild type; 18 % of it lies before or after" in read.text()


def test_every_parameter_has_words() -> None:
    assert set(DEFAULTS.as_dict()) <= set(PARAMETER_WORDS)


def test_assets_are_the_ones_their_table_names() -> None:
    table = (ASSETS / "README.md").read_text(encoding="utf-8")
    sums = dict(re.findall(r"^\| `([\w.-]+)` \|.*`([0-9a-f]{64})` \|$", table, re.MULTILINE))
    assert set(sums) == {
        "maplibre-gl.js",
        "maplibre-gl-worker.js",
        "maplibre-gl.css",
        "borders.json",
    }
    for name, digest in sums.items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == digest


def test_assets_are_small_and_cannot_end_their_element() -> None:
    for asset in ASSETS.iterdir():
        content = asset.read_bytes()
        assert len(content) < 1.5 * MEGABYTE
        if asset.suffix in {".js", ".css", ".json"}:
            assert not re.search(rb"</(script|style)|<!--|\r", content, re.IGNORECASE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(scheme: str) -> None:
    colours = palette(scheme)
    for ink in ("--ink", "--soft", "--accent"):
        for ground in ("--page", "--card"):
            assert contrast(colours[ink], colours[ground]) >= 4.5
    assert contrast(colours["--ink"], colours["--warn"]) >= 4.5
    for mark in ("--forward", "--back", "--both", "--outside", "--stay"):
        for ground in ("--card", "--map", "--known"):
            assert contrast(colours[mark], colours[ground]) >= 3


def palette(scheme: str) -> dict[str, str]:
    style = (ASSETS / "page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root[^{]*\{([^}]+)\}", style)[:2]
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", dark))
    return colours


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
