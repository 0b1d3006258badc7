"""CSV of a trace: columns, order, and numbers that stay numbers."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from tests.unit.hostile_document import hostile_document
from tests.unit.sample_document import sample_document

from fortnight.report.document import CONSENT_NOTICE
from fortnight.report.rows import (
    ASSESSMENT_COLUMNS,
    CONTACT_COLUMNS,
    EPISODE_COLUMNS,
    PROBABILITY_COLUMNS,
    TIE_COLUMNS,
    TOGETHER_COLUMNS,
    contacts_csv,
    episodes_csv,
    harmless,
    ties_csv,
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_first_line_holds_the_notice_even_with_no_contact() -> None:
    for text in (contacts_csv(sample_document(0)), episodes_csv(sample_document(0))):
        lines = text.splitlines()
        assert len(lines) == 1
        assert lines[0].endswith(f',"{CONSENT_NOTICE}"')


def test_a_row_for_each_contact_in_rank_order_presumed_alone_last() -> None:
    document = sample_document()
    turned = msgspec.structs.replace(document, contacts=document.contacts[::-1])
    read = rows(contacts_csv(turned))
    assert [row["rank"] for row in read] == [str(rank) for rank in range(1, 26)]
    assert [row["presumed_only"] for row in read] == ["false"] * 23 + ["true"] * 2
    assert read[0]["participant"] == document.contacts[-3].participant
    assert list(read[0]) == [*CONTACT_COLUMNS, CONSENT_NOTICE]


def test_a_row_for_each_episode() -> None:
    document = sample_document()
    read = rows(episodes_csv(document))
    assert len(read) == sum(len(contact.episodes) for contact in document.contacts)
    assert list(read[0]) == [*EPISODE_COLUMNS, CONSENT_NOTICE]
    assert {row["case"] for row in read} == {"p0417"}


def test_columns_are_fields_of_the_document() -> None:
    contact, episode = sample_document(1).contacts[0], sample_document(1).contacts[0].episodes[0]
    added = {"case", "rank", "presumed_only", "follows", "episodes", "visits"}
    parts = {"gaps", "episodes", "together", "assessment", "explanation"}
    renamed = {
        "together_minutes": "minutes",
        "together_minutes_24h": "minutes_24h",
        "likely_minutes_low": "low",
        "likely_minutes_high": "high",
    }
    together, assessed = contact.together.__struct_fields__, contact.assessment.__struct_fields__
    assert {renamed.get(name, name) for name in TOGETHER_COLUMNS} == set(together) - {"visits"}
    assert {*ASSESSMENT_COLUMNS, *PROBABILITY_COLUMNS, "questions", "deadlines"} == {
        *assessed,
        "transmission_low",
        "transmission_high",
    } - {"curve"}
    own = set(CONTACT_COLUMNS) - added - {*TOGETHER_COLUMNS, *ASSESSMENT_COLUMNS}
    own -= {*PROBABILITY_COLUMNS, "questions", "deadlines", "explanation"}
    assert own == set(contact.__struct_fields__) - parts
    assert set(TIE_COLUMNS) - {"case"} == set(sample_document(1).ties[0].__struct_fields__)
    assert set(EPISODE_COLUMNS) - {"case", "participant"} == set(episode.__struct_fields__)


def test_what_all_evidence_says_and_what_follows_is_in_the_row() -> None:
    document = sample_document()
    read = {row["participant"]: row for row in rows(contacts_csv(document))}
    for contact in document.contacts:
        row, assessed = read[contact.participant], contact.assessment
        assert row["evidence"].split() == contact.together.evidence
        assert float(row["together_minutes"]) == contact.together.minutes
        assert row["test_day"] == (assessed.test_day or "")
        assert row["visits"] == str(len(contact.together.visits))
        chance = assessed.transmission
        assert row["transmission_high"] == ("" if chance is None else str(chance.high))
        assert row["explanation"] == contact.explanation.epidemiologist
    assert {row["tier"] for row in read.values()} >= {"told", "told-and-tested", ""}


def test_a_row_for_each_in_constant_contact() -> None:
    document = sample_document()
    read = rows(ties_csv(document))
    assert [row["participant"] for row in read] == [tie.participant for tie in document.ties]
    assert list(read[0]) == [*TIE_COLUMNS, CONSENT_NOTICE]
    assert read[1]["calls_in"] == "1"


def test_no_cell_of_any_file_runs() -> None:
    document = hostile_document()
    for text in (contacts_csv(document), episodes_csv(document), ties_csv(document)):
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert len(cells) > 10
        for cell in cells:
            assert not cell.startswith(("=", "@", "\t", "\r"))
            assert not cell.startswith(("+", "-")) or float(cell) is not None


def test_negative_coordinates_stay_numbers_and_what_is_not_finite_is_empty() -> None:
    document = sample_document(1)
    contact = document.contacts[0]
    episode = msgspec.structs.replace(
        contact.episodes[0], lon=-1.5, lat=-0.25, distance_m=float("nan")
    )
    changed = msgspec.structs.replace(contact, episodes=[episode], nearest_m=None)
    changed_document = msgspec.structs.replace(document, contacts=[changed])
    line = episodes_csv(changed_document).splitlines()[1]
    assert ",-1.5,-0.25," in line
    read = rows(episodes_csv(changed_document))[0]
    assert (read["lon"], read["lat"], read["distance_m"]) == ("-1.5", "-0.25", "")
    assert rows(contacts_csv(changed_document))[0]["nearest_m"] == ""


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-1.5", "'-1.5"),  # text, not a number of ours
        ("@sum(a1)", "'@sum(a1)"),
        ("\t=1", "'\t'=1"),
        ("\r\n=1", "'\r\n'=1"),
        ("\uff1d1", "'\uff1d1"),  # full-width =
        ("\uff0b1", "'\uff0b1"),
        ("\ufe631", "'\ufe631"),  # small hyphen-minus
        ("  =1", "'  =1"),
        ("\u200b\ufeff=1", "'\u200b\ufeff=1"),
        ("a;=1", "a;'=1"),
        ('a","=1', 'a","\'=1'),
        ("p0417", "p0417"),
        ("a-b+c@d=e", "a-b+c@d=e"),
        ("2026-11-05T10:00:00Z", "2026-11-05T10:00:00Z"),
        ("", ""),
    ],
)
def test_text_that_could_run_gets_an_apostrophe(text: str, safe: str) -> None:
    assert harmless(text) == safe
