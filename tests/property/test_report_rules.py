"""Rules of the reports that hold for any text and any number."""

from __future__ import annotations

import csv
import io
import json
import math
import unicodedata

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from tests.unit.sample_document import sample_document

from fortnight.report.island import island
from fortnight.report.rows import contacts_csv, episodes_csv, harmless
from fortnight.report.table import contacts_table

DOCUMENT = sample_document(2)
SEPARATORS = ',;|\t\r\n"'
# Anything a file could hold, and often what spreadsheets act on.
NASTY = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n,;|\"' \u200b\ufeff\u00a0＝＋－＠﹢﹦a1"),  # noqa: RUF001 - full-width on purpose
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
NUMBERS = st.floats(-1e9, 1e9)


def runs(cell: str) -> bool:
    """Tell whether a spreadsheet that trims what cannot be seen would run a cell."""
    for character in cell:
        plain = unicodedata.normalize("NFKC", character)
        if plain[:1] in {"=", "+", "-", "@"}:
            return True
        if unicodedata.category(character)[0] not in "CZ":
            return False
    return False


@given(NASTY)
@settings(deadline=None)
def test_no_text_runs_whole_or_cut_at_a_separator(text: str) -> None:
    safe = harmless(text)
    assert not runs(safe)
    assert not safe.startswith(("\t", "\r", "\n"))
    for separator in SEPARATORS:
        assert not any(map(runs, safe.split(separator)))


@given(NASTY)
@settings(deadline=None)
def test_only_apostrophes_are_added(text: str) -> None:
    assert harmless(text).replace("'", "") == text.replace("'", "")


@given(st.text(st.characters(categories=["L", "Nd"]), max_size=20))
@settings(deadline=None)
def test_plain_names_are_left_alone(text: str) -> None:
    assert harmless(text) == text


@given(NASTY, NASTY, NUMBERS, NUMBERS)
@settings(max_examples=60, deadline=None)
def test_csv_reads_back_with_numbers_as_they_were(
    case: str, participant: str, lon: float, lat: float
) -> None:
    contact = DOCUMENT.contacts[0]
    episode = msgspec.structs.replace(contact.episodes[0], lon=lon, lat=lat)
    document = msgspec.structs.replace(
        DOCUMENT,
        case=msgspec.structs.replace(DOCUMENT.case, participant=case),
        contacts=[
            msgspec.structs.replace(contact, participant=participant, episodes=[episode, episode])
        ],
    )
    read = list(csv.DictReader(io.StringIO(episodes_csv(document), newline="")))
    assert len(read) == 2
    assert read[0]["case"] == harmless(case)
    assert read[0]["participant"] == harmless(participant)
    assert math.isclose(float(read[0]["lon"]), lon, rel_tol=0, abs_tol=0)
    assert math.isclose(float(read[0]["lat"]), lat, rel_tol=0, abs_tol=0)
    contacts = list(csv.reader(io.StringIO(contacts_csv(document), newline="")))
    assert len({len(row) for row in contacts}) == 1


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=60, deadline=None)
def test_island_cannot_end_its_element_and_reads_back(name: str) -> None:
    contact = msgspec.structs.replace(DOCUMENT.contacts[0], participant=name)
    text = island(msgspec.structs.replace(DOCUMENT, contacts=[contact]))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text)["contacts"][0]["name"] == name


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=90), max_size=3), NUMBERS
)
@settings(max_examples=40, deadline=None)
def test_table_never_grows_beyond_80_columns(names: list[str], minutes: float) -> None:
    first, most = DOCUMENT.contacts[0], min(abs(minutes), 30_000.0)
    together = msgspec.structs.replace(
        first.together, minutes=most, evidence=["fixes", "bluetooth", "visit", "visit-room", "ties"]
    )
    contacts = [
        msgspec.structs.replace(
            first, participant=name, expected_minutes_forward=most, together=together
        )
        for name in names
    ]
    console = Console(file=io.StringIO(), width=80)
    with console.capture() as captured:
        console.print(contacts_table(msgspec.structs.replace(DOCUMENT, contacts=contacts)))
    text = captured.get()
    assert max(map(cell_len, text.split("\n"))) <= 80  # as wide as seen: marks may take no room
    assert "\x1b" not in text
