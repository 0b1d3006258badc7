"""The terminal's table: the notice first, 80 columns, nothing lost without a word."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console
from tests.unit.sample_document import hostile_document, sample_document

from fortnight.report.document import CONSENT_NOTICE, InputDocument, TraceDocument
from fortnight.report.table import contacts_table, inputs_table


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
    assert "Closest" not in printed(sample_document(), 80)
    assert "Closest" in printed(sample_document(), 110)


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
