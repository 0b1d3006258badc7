"""How long is kept what people send by, and what they never send: choices, phones, visits."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import END, ENROLLED, HELD, Ending, Term, part
from fortnight.settings import HELD_DAYS

SENDING: Final = (
    part(
        "never_sent",
        "person sealed changed_at",
        ENROLLED,
        "Hours and places of which they want nothing kept: the doors have to know them.",
        Ending.ERASED,
    ),
    part(
        "never_sent_count",
        "person day rows",
        HELD,
        "How much was not kept because they said so: theirs to see. Not what, nor where.",
        Ending.SWEPT,
        Term("day", "day", HELD_DAYS),
    ),
    part(
        "sending_phone",
        "device person app made_at",
        ENROLLED,
        "Which of their phones sends by which app, so that they can stop one.",
        Ending.ERASED,
    ),
    part(
        "check_in",
        "id person day due_at sealed",
        HELD,
        "Where they checked in, under their key: theirs to see, and to forget one by one.",
        Ending.SWEPT,
        Term("day", "day", HELD_DAYS),
    ),
    part(
        "venue",
        "id name category closes stay_minutes made_at made_by ended_at",
        END,
        "A place with a poster: its name, and when people have left it. Of nobody.",
        Ending.SUNSET,
    ),
    part(
        "venue_code",
        "code venue room",
        END,
        "What a poster shows. Random, and the same for everybody.",
        Ending.SUNSET,
    ),
)
