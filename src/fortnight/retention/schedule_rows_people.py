"""How long what belongs to a person is kept: enrolment, grants, looks, texts."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import END, ENROLLED, HELD, LOOK_DAYS, Ending, Term, part
from fortnight.settings import HELD_DAYS

PEOPLE: Final = (
    part(
        "people.person",
        "id number_sealed number_lookup language enrolled_at",
        ENROLLED,
        "Whom to tell, in which language; to know them when they come back.",
        Ending.ERASED,
    ),
    part(
        "people.device",
        "id person kind secret_hash owntracks_sealed made_at revoked_at",
        ENROLLED,
        "Which phone may send for them.",
        Ending.ERASED,
    ),
    part(
        "consent_grant",
        "id person kind text_version language given_at given_by salt leaf withdrawn_at "
        "withdrawn_salt withdrawn_leaf",
        ENROLLED,
        "What they agreed to, when, and under which text: theirs to see, ours to show.",
        Ending.ERASED,
    ),
    part(
        "look",
        "id person at role district purpose fields outcome actor case_id salt office_salt leaf",
        f"{LOOK_DAYS} days at least, and as long as the case that it was for",
        "Who looked at a person, when and why: theirs to see.",
        Ending.SWEPT,
        Term("at", "ms", LOOK_DAYS),
        outlived_by=(("case_id", "case_file.id"),),
    ),
    part(
        "look",
        "xid written",
        "as long as the look",
        "PostgreSQL alone: how the database sees that a look was committed before anyone read.",
        Ending.WITH_PARENT,
    ),
    part(
        "message",
        "id person key case_id template template_version language purpose state made_at sent_at "
        "not_before claimed_at parts awaits reminds resolved_by",
        f"{LOOK_DAYS} days at least, and as long as the case that it was for",
        "Nobody is texted twice for one reason, and people see what they were sent.",
        Ending.SWEPT,
        Term("made_at", "ms", LOOK_DAYS),
        outlived_by=(("case_id", "case_file.id"),),
    ),
    part(
        "message",
        "sealed",
        f"until it is sent; {HELD} at most",
        "The words of a text that waits. One that waited that long helps nobody and is stopped.",
        Ending.SWEPT,
        Term("made_at", "ms", HELD_DAYS),
        blanks={"sealed": None, "state": "stopped"},
    ),
    part(
        "message_part",
        "message part reference",
        "as long as the message",
        "What the gateway calls each part: its receipt names it so.",
        Ending.WITH_PARENT,
    ),
    part(
        "receipt_heard",
        "id person reference marker outcome heard_at",
        HELD,
        "A receipt may come before the answer that it is a receipt of, or days late.",
        Ending.SWEPT,
        Term("heard_at", "ms", HELD_DAYS),
    ),
    part(
        "inbound",
        "id person at kind sealed words_hash done_at done_by",
        f"{LOOK_DAYS} days",
        "What people wrote back, under their own key: a case worker reads what needs a person.",
        Ending.SWEPT,
        Term("at", "ms", LOOK_DAYS),
    ),
    part(
        "call_task",
        "id person message case_id reason made_at done_at done_by",
        "as long as the message",
        "Whom no text reaches is called by a person.",
        Ending.WITH_PARENT,
    ),
    part(
        "home",
        "replies.jsonl",
        "until it is read, within seconds",
        "Replies that somebody hands over in a file; emptied as it is read.",
        Ending.SWEPT,
    ),
    part(
        "home",
        "texts.jsonl",
        HELD,
        "Texts that were handed over in a file, with the number that each is for.",
        Ending.SWEPT,
    ),
    part(
        "alarm",
        "id kind at subject detail ended_at",
        f"{LOOK_DAYS} days",
        "What a person has to look into. Holds counts and ids alone.",
        Ending.SWEPT,
        Term("at", "ms", LOOK_DAYS),
    ),
    part(
        "erasure",
        "person trail",
        "until nothing of them is left, within a day",
        "An erasure that a crash interrupts is finished.",
        Ending.ERASED,
    ),
    part(
        "erasure",
        "id asked_at key_gone_at rows_gone_at files_gone_at leaf salt",
        END,
        "Whoever asked can show that it was done. Names nobody.",
        Ending.SUNSET,
    ),
)
