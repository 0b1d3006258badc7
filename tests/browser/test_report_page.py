"""The report in a real browser: it draws, answers, and does nothing that it should not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec
import pytest
from tests.unit.hostile_document import hostile_document
from tests.unit.sample_document import sample_document

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.browser.conftest import OpenReport

pytestmark = pytest.mark.browser

# How many points of the map have about the colour that a variable of the style names.
COLOURED = """(name) => {
  const canvas = document.querySelector('#map canvas');
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const pen = copy.getContext('2d');
  const wanted = document.createElement('canvas').getContext('2d');
  wanted.fillStyle = getComputedStyle(document.body).getPropertyValue(name).trim();
  wanted.fillRect(0, 0, 1, 1);
  const [r, g, b] = wanted.getImageData(0, 0, 1, 1).data;
  pen.drawImage(canvas, 0, 0);
  const dots = pen.getImageData(0, 0, copy.width, copy.height).data;
  let count = 0;
  for (let k = 0; k < dots.length; k += 4) {
    count += Math.abs(dots[k] - r) + Math.abs(dots[k + 1] - g) + Math.abs(dots[k + 2] - b) < 40;
  }
  return count;
}"""


def coloured(page: Page, name: str) -> int:
    """Return the count once it is above none, or after five seconds."""
    for _ in range(50):
        if count := int(page.evaluate(COLOURED, name)):
            return count
        page.wait_for_timeout(100)
    return 0


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def names(page: Page) -> list[str]:
    return [text for text in texts(page, "#contacts-table tbody:not([hidden]) button.open") if text]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_map_is_drawn_and_nothing_sticks_out(
    open_report: OpenReport, width: int, scheme: Literal["light", "dark"]
) -> None:
    opened = open_report(sample_document(), width, scheme, webgl=True)
    assert opened.wait_for_map() == "map"
    for colour in ("--forward", "--back", "--map"):
        assert coloured(opened.page, colour) > 20
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_grid_says_how_wide_its_squares_are_and_follows_the_zoom(open_report: OpenReport) -> None:
    opened = open_report(sample_document(), webgl=True)
    opened.wait_for_map()
    before = opened.page.locator("#grid-size").inner_text()
    opened.page.locator("#stops button").first.click()
    after = opened.page.locator("#grid-size").inner_text()
    assert before == "Each square is 500 m wide."
    assert after == "Each square is 50 m wide."


def test_table_sorts_by_keyboard_and_the_time_line_follows(open_report: OpenReport) -> None:
    document = sample_document()
    opened = open_report(document)
    opened.wait_for_map()
    page = opened.page
    head = page.locator("#contacts-table thead th", has_text=re.compile("^Minutes$"))
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    wanted = sorted(document.contacts, key=lambda contact: -contact.together.minutes)
    assert names(page)[:20] == [contact.participant for contact in wanted[:20]]
    assert texts(page, "#bars button.name")[:20] == names(page)[:20]
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert names(page)[-1] == wanted[0].participant


def test_every_column_sorts(open_report: OpenReport) -> None:
    opened = open_report(sample_document())
    opened.wait_for_map()
    heads = opened.page.locator("#contacts-table thead th")
    for column in range(heads.count()):
        heads.nth(column).locator("button").click()
        sorts = [heads.nth(k).get_attribute("aria-sort") for k in range(heads.count())]
        assert [k for k, word in enumerate(sorts) if word != "none"] == [column]


def test_unknown_values_are_last_in_both_directions(open_report: OpenReport) -> None:
    opened = open_report(sample_document())
    opened.wait_for_map()
    head = opened.page.locator("#contacts-table thead th", has_text="Closest")
    for _ in range(2):
        head.locator("button").click()
        cells = texts(opened.page, "#contacts-table tbody tr:first-child td:nth-of-type(10)")
        assert cells[-2:] == ["?", "?"]


def test_filter_leaves_the_wanted_and_counts_them(open_report: OpenReport) -> None:
    document = sample_document()
    opened = open_report(document)
    opened.wait_for_map()
    page, wanted = opened.page, document.contacts[3].participant
    page.locator("#filter").fill(wanted.upper())
    assert names(page) == [wanted]
    assert page.locator("#table-status").inner_text() == "1 of 25 contacts shown"
    assert page.locator("#bars .row:visible").count() == 1


def test_only_those_who_reached_the_minimum_can_be_shown(open_report: OpenReport) -> None:
    document = sample_document()
    opened = open_report(document)
    opened.wait_for_map()
    opened.page.locator("#reached").check()
    reached = [c.participant for c in document.contacts if c.together.minutes_24h >= 15]
    assert 0 < len(reached) < 25
    assert sorted(names(opened.page)) == sorted(reached)


def test_contact_opens_to_its_episodes_and_shows_on_map_and_time_line(
    open_report: OpenReport,
) -> None:
    document = sample_document()
    opened = open_report(document, webgl=True)
    opened.wait_for_map()
    page, contact = opened.page, document.contacts[2]
    button = page.locator("#contacts-table button.open").nth(2)
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert page.locator("table.episodes tbody tr").count() == len(contact.episodes)
    chosen = page.locator("#bars button[aria-pressed=true]")
    assert chosen.all_inner_texts() == [contact.participant]
    assert contact.participant in page.locator("#selected-text").inner_text()
    page.locator("table.episodes tbody button").first.click()
    popup = page.locator(".maplibregl-popup-content")
    assert contact.participant in popup.inner_text()
    assert "look-back" in popup.inner_text()
    page.locator("#show-all").click()
    assert page.locator("#bars button[aria-pressed=true]").count() == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_opened_contact_says_why_and_what_follows_and_nothing_sticks_out(
    open_report: OpenReport, width: int
) -> None:
    document = sample_document()
    opened = open_report(document, width)
    opened.wait_for_map()
    page, place = opened.page, 0
    contact = document.contacts[place]
    assert contact.assessment.curve
    assert not page.locator(".why").first.is_visible()
    page.locator("#contacts-table button.open").nth(place).click()
    why = page.locator("#contacts-table tbody").nth(place).locator(".why")
    assert contact.explanation.epidemiologist in why.inner_text()
    assert contact.explanation.participant in why.inner_text()
    drawing = why.locator(".course svg")
    assert (drawing.bounding_box() or {"width": 0.0})["width"] > 200
    assert "latent period" in (drawing.get_attribute("aria-label") or "")
    sides = (
        "(node) => [...node.querySelectorAll('svg text')].map((text) => text.getBBox())"
        ".filter((box) => box.x < 0 || box.x + box.width > 320).length"
    )
    assert why.evaluate(sides) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_case_days_have_a_row_each_with_what_was_unknown(open_report: OpenReport) -> None:
    opened = open_report(sample_document())
    opened.wait_for_map()
    labels = [
        node.get_attribute("aria-label") or ""
        for node in opened.page.locator("#days svg").element_handles()
    ]
    assert len(labels) == 18
    assert labels[6] == "Wed 28 Oct: 0 stays, unknown 24 h"
    assert all("unknown" in label for label in labels)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_contact_says_that_this_does_not_mean_none(
    open_report: OpenReport, scheme: Literal["light", "dark"]
) -> None:
    opened = open_report(sample_document(0), scheme=scheme, webgl=True)
    assert opened.wait_for_map() == "map"
    assert "No contact found does not mean none" in opened.page.locator(".loud").inner_text()
    assert opened.page.locator("#contacts-table").count() == 0


def test_one_contact(open_report: OpenReport) -> None:
    opened = open_report(sample_document(1))
    assert opened.wait_for_map() == "sketch"
    assert len(names(opened.page)) == 1


def test_no_position_at_all_is_said(open_report: OpenReport) -> None:
    opened = open_report(msgspec.structs.replace(sample_document(0), track=[]))
    assert opened.page.locator("#map").inner_text() == "There is no position to draw."


def test_five_hundred_contacts_stay_quick(open_report: OpenReport) -> None:
    opened = open_report(sample_document(500), webgl=True)
    assert opened.wait_for_map() == "map"
    assert opened.page.locator("#bars .row").count() == 500
    took = opened.page.evaluate(
        """() => {
          const start = performance.now();
          document.querySelector('#contacts-table thead th:nth-child(3) button').click();
          document.querySelector('#contacts-table button.open').click();
          document.body.offsetHeight;
          return performance.now() - start;
        }""",
    )
    assert took < 2_000  # about 200 ms on two slow cores


def test_without_webgl_a_sketch_stands_in_and_all_else_works(
    open_report: OpenReport,
) -> None:
    document = sample_document()
    opened = open_report(document)
    assert opened.wait_for_map() == "sketch"
    page = opened.page
    episodes = sum(len(contact.episodes) for contact in document.contacts)
    assert page.locator("#map circle.mark").count() == episodes
    page.locator("#contacts-table button.open").first.click()
    bright = page.locator("#map circle.mark:not(.dim)")
    assert bright.count() == len(document.contacts[0].episodes)
    before = page.locator("#map > svg").get_attribute("viewBox")
    page.locator("#stops button").first.click()
    assert page.locator("#map > svg").get_attribute("viewBox") != before


def test_without_scripts_the_tables_are_all_there(open_report: OpenReport) -> None:
    document = sample_document()
    opened = open_report(document, scripts=False)
    assert len(texts(opened.page, "#contacts-table button.open")) == len(document.contacts)
    assert opened.page.locator("noscript").count() == 1
    assert opened.page.locator(".why").first.is_visible()


@pytest.mark.parametrize("webgl", [False, True], ids=["sketch", "map"])
def test_hostile_text_stays_text(open_report: OpenReport, *, webgl: bool) -> None:
    document = hostile_document()
    opened = open_report(document, webgl=webgl)
    opened.wait_for_map()
    page = opened.page
    for button in page.locator("#contacts-table button.open").all():
        button.click()
    page.locator("table.episodes tbody button").first.click()
    page.locator("#bars button.name").first.hover()
    assert page.evaluate("window.hacked ?? 'no'") == "no"
    assert page.evaluate("document.querySelectorAll('img, iframe, object, b[onclick]').length") == 0
    assert names(page) == [contact.participant.strip() for contact in document.contacts]


def test_policy_stops_a_script_that_is_not_ours(open_report: OpenReport) -> None:
    opened = open_report(sample_document(1))
    opened.wait_for_map()
    opened.page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.hacked = true';
          document.body.append(script);
        }""",
    )
    assert opened.page.evaluate("window.hacked ?? 'no'") == "no"
    assert len(opened.errors) == 1
    assert "Content Security Policy" in opened.errors.pop()


def test_paper_has_no_tools_and_all_rows(open_report: OpenReport) -> None:
    opened = open_report(sample_document(), scheme="dark")
    opened.wait_for_map()
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("#table-tools").is_visible()
    height = "(node) => node.scrollHeight - node.clientHeight"
    assert opened.page.locator("#bars").evaluate(height) == 0
    assert len(opened.page.pdf()) > 50_000
