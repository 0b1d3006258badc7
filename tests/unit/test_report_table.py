"""The terminal's table: the notice first, 80 columns, nothing lost without a word."""

from __future__ import annotations

import io
import re

import msgspec
import pytest
from rich.console import Console
from tests.unit.hostile_document import hostile_document
from tests.unit.sample_document import sample_document

from fortnight.report.document import CONSENT_NOTICE, InputDocument, TraceDocument
from fortnight.report.follows import evidence_letters
from fortnight.report.table import contacts_table, inputs_table
from fortnight.report.wording import share


def printed(document: TraceDocument, width: int = 80, shown: int = 20) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(contacts_table(document, shown=shown))
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def said(text: str) -> str:
    return " ".join(text.replace("┃", " ").split())


def test_notice_is_first() -> None:
    lines = printed(sample_document()).splitlines()
    assert said(" ".join(lines[1:4])) == CONSENT_NOTICE


@pytest.mark.parametrize("width", [80, 110, 200])
def test_lines_fit(width: int) -> None:
    text = printed(sample_document(60), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text.replace("<trkpt …>", "")


def test_long_names_are_folded_and_never_cut() -> None:
    document = sample_document(1)
    name = "0123456789" * 7
    contact = msgspec.structs.replace(document.contacts[0], participant=name)
    text = printed(msgspec.structs.replace(document, contacts=[contact]))
    column = [line[4:18].strip() for line in text.splitlines() if "Both" not in line]
    assert name in "".join(column)


def test_more_contacts_are_counted_with_where_to_find_them() -> None:
    text = said(printed(sample_document(60)))
    assert "40 more contacts not shown: see all with --format json or csv" in text
    assert "more contact" not in said(printed(sample_document(20)))
    assert "1 more contact not shown" in said(printed(sample_document(21)))


def test_shown_is_how_many_are_shown() -> None:
    document = sample_document(30)
    few = said(printed(document, shown=3))
    assert document.contacts[2].participant in few
    assert document.contacts[3].participant not in few
    assert "27 more contacts" in few


def test_presumed_alone_are_last_and_marked() -> None:
    document = sample_document()
    turned = msgspec.structs.replace(document, contacts=document.contacts[::-1])
    lines = [line for line in printed(turned, shown=30).splitlines() if "(presumed)" in line]
    rows = [line.split()[0] for line in lines if line.split()[0].isdigit()]
    assert rows == ["24", "25"]


def test_wide_terminals_show_more() -> None:
    narrow, wide, widest = (printed(sample_document(), width) for width in (80, 110, 150))
    assert "asked to stay home " not in narrow.partition("Participant")[2]
    assert "asked to stay home " in wide.partition("Participant")[2]
    assert "Closest" not in wide
    assert "Closest" in widest


def test_probability_and_evidence_of_each_contact_are_shown_with_a_legend() -> None:
    document = sample_document()
    text = printed(document, shown=30)
    for contact in document.contacts:
        line = next(one for one in text.splitlines() if contact.participant in one)
        assert share(contact.probability_contact) in line
        assert f" {evidence_letters(contact)} " in line
    legend = said(text)
    assert "Prob.: calibrated, that they really were within 25 m for 15 minutes" in legend
    assert "with B or S face to face for 15 minutes in 24 hours" in legend
    assert "B one phone heard the other" in legend
    assert "S badges met" in legend


def test_legend_explains_no_letter_that_is_not_shown() -> None:
    document = sample_document(1)
    contact = document.contacts[0]
    alone = msgspec.structs.replace(
        contact, together=msgspec.structs.replace(contact.together, evidence=["fixes"])
    )
    text = said(printed(msgspec.structs.replace(document, contacts=[alone])))
    assert "Evid.: F positions of both phones. Min" in text


def test_tiers_are_counted_above_the_table() -> None:
    text = said(printed(sample_document()).partition("Prob.")[0])
    told = re.search(r"What follows (.*)", text)
    assert told is not None
    numbers = [int(number) for number in re.findall(r"\d+", told[1])]
    assert sum(numbers) == len(sample_document().contacts)
    assert re.search(r"\d+ asked to stay home, .*\d+ told and tested, \d+ told", told[1])


def test_doubtful_curve_is_told_and_a_checked_one_is_not() -> None:
    document = sample_document()
    assert "Infectious" not in printed(document)
    doubtful = msgspec.structs.replace(
        document, curve_words="measured on one, used on another: unchecked"
    )
    text = said(printed(doubtful))
    assert "unchecked; 18 % of it lies before or after look-forward" in text
    tested = msgspec.structs.replace(
        document,
        case=msgspec.structs.replace(document.case, dated_by="test", test_date="2026-11-06"),
    )
    assert "Infectious measured on wild type; 18 %" in said(printed(tested))


def test_constant_contact_and_exposure_windows_have_sections_where_there_are_any() -> None:
    text = said(printed(sample_document()))
    assert "In constant contact: never an exposure by itself" in text
    assert "p100-t 9 4 0 12 31 18" in text
    assert "Exposure windows of own phones" in text
    assert "p0417 11 24 3 Nov 2026 61 3 Nov 2026" in text
    none = said(printed(msgspec.structs.replace(sample_document(), ties=[], exposure_windows=[])))
    assert "constant contact" not in none
    assert "Exposure windows" not in none
    assert "2 more people not shown" in said(printed(sample_document(), shown=1))


def test_unknown_and_windows_are_told() -> None:
    text = said(printed(sample_document()))
    assert "unknown, not “no contact” (45\u00a0% observed)".replace("\u00a0", " ") in text
    assert "Look-back Thu 22 Oct to Tue 3 Nov 2026" in text
    assert "Look-forward Tue 3 Nov to Sun 8 Nov 2026" in text
    assert "Case p0417, COVID-19, onset 5 Nov 2026" in text
    assert "In the same area, too coarse to judge closeness" in text
    assert "3 more pairs not shown" in text


def test_says_that_near_is_not_infected_and_none_found_not_none() -> None:
    for document in (sample_document(), sample_document(0)):
        text = said(printed(document))
        assert "They do not say who was infected" in text
        assert "No contact found does not mean none" in text
    assert "No contacts found." in said(printed(sample_document(0)))


def test_received_is_kept_and_refused_for_each_input() -> None:
    text = said(printed(sample_document()))
    assert "town/fixes.parquet (parquet) 48,210 47,903 307" in text
    assert "All inputs 49,724 49,416 308" in text
    assert "town/phones/walk.gpx: The file ends in the middle of line 1,902" in text


def test_many_clean_inputs_are_summed_up() -> None:
    one = sample_document().inputs[1]
    inputs: list[InputDocument] = [
        msgspec.structs.replace(one, path=f"f{k}.json") for k in range(300)
    ]
    console = Console(file=io.StringIO(), width=80)
    console.print(inputs_table(inputs, shown=5))
    assert isinstance(console.file, io.StringIO)
    text = said(console.file.getvalue())
    assert "295 more inputs, nothing refused 355,180 355,180 0" in text
    assert "All inputs 361,200 361,200 0" in text


def test_no_text_gives_orders_to_the_terminal() -> None:
    text = printed(hostile_document())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]loud" in text
