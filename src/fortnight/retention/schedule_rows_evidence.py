"""How long evidence is kept: what phones and operators sent, and what leads from it to people."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import END, HELD, Ending, Term, part
from fortnight.settings import HELD_DAYS

EVIDENCE: Final = (
    part(
        "arrival",
        "id person kind origin received_at rows sealed",
        f"seconds, until it is filed; {HELD} at most",
        "An acknowledgement means that it outlives a crash. The filing drops what is too old.",
        Ending.SWEPT,
        Term("received_at", "ms", HELD_DAYS),
    ),
    part(
        "receipt",
        "person kind batch received_at answer",
        HELD,
        "What is sent again is taken in once. Later the door refuses its rows for their age.",
        Ending.SWEPT,
        Term("received_at", "ms", HELD_DAYS),
    ),
    part(
        "delivery",
        "operator batch received_at rows sha256 salt leaf",
        END,
        "An operator's file is taken in once; it can be shown what was delivered. Names nobody.",
        Ending.SUNSET,
    ),
    part(
        "lake_file",
        "id day kind name rows bytes made_at",
        HELD,
        "Which files a day has.",
        Ending.SWEPT,
        Term("day", "day", HELD_DAYS),
    ),
    part(
        "lake_day",
        "day changed_at index_name indexed_at",
        HELD,
        "Which index a search of a day reads.",
        Ending.SWEPT,
        Term("day", "day", HELD_DAYS),
    ),
    part(
        "home/lake",
        "fixes visits encounters ties index",
        HELD,
        "Where people were, by day and daily pseudonym: what contacts are found in.",
        Ending.SWEPT,
    ),
    part(
        "people.pseudonym",
        "day pseudonym person",
        HELD,
        "Leads from the lake to a person, through the vault alone.",
        Ending.SWEPT,
    ),
    part(
        "people.beacon",
        "day beacon person",
        HELD,
        "Leads from what a phone sent over Bluetooth to a person, through the vault alone.",
        Ending.SWEPT,
    ),
    part(
        "people.colleague_tie",
        "day person other",
        HELD,
        "Whom somebody who works here calls: such a contact is for the lead. Of nobody else.",
        Ending.SWEPT,
    ),
)
