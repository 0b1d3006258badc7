"""A trace in which every text that a user could have written tries to run."""

from __future__ import annotations

from typing import Final

import msgspec
from tests.unit.sample_document import sample_document

from fortnight.report.document import (
    ContactDocument,
    DeadlineDocument,
    ExplanationDocument,
    InputDocument,
    RefusalDocument,
    TraceDocument,
    VisitDocument,
)

HOSTILE: Final = (
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "{{ 7 * 7 }}{% raw %}",
    "javascript:window.hacked=1",
    "'-window.hacked=1-'\u2028//",
    "=cmd|' /C calc'!A0",
    "[bold]loud[/bold]\x1b[31m\u202eevil",
    "&lt;b onclick=window.hacked=1&gt;",
)


def hostile_document() -> TraceDocument:
    """Return a trace in which every text that a user could have written tries to run."""
    document = sample_document(len(HOSTILE))
    contacts = [
        _hostile(contact, text) for contact, text in zip(document.contacts, HOSTILE, strict=True)
    ]
    inputs = [
        InputDocument(
            path=text,
            format=text,
            received=1,
            kept=0,
            refused={text: 1},
            examples=[RefusalDocument(reason=text, where=text, detail=text)],
            problem=text,
        )
        for text in HOSTILE
    ]
    return msgspec.structs.replace(
        document,
        case=msgspec.structs.replace(
            document.case, participant=HOSTILE[0], disease_name=HOSTILE[1]
        ),
        parameters={**document.parameters, HOSTILE[2]: HOSTILE[3]},
        curve_words=HOSTILE[4],
        contacts=contacts,
        ties=[
            msgspec.structs.replace(tie, participant=text)
            for tie, text in zip(document.ties, HOSTILE, strict=False)
        ],
        exposure_windows=[
            msgspec.structs.replace(own, participant=text)
            for own, text in zip(document.exposure_windows, HOSTILE, strict=False)
        ],
        same_area=[
            msgspec.structs.replace(pair, participant=text)
            for pair, text in zip(document.same_area, HOSTILE, strict=False)
        ],
        inputs=inputs,
    )


def _hostile(contact: ContactDocument, text: str) -> ContactDocument:
    """Return a contact of whom every word tries to run."""
    replace = msgspec.structs.replace
    visit = VisitDocument(
        venue=text, room=text, start=contact.first, end=contact.last, presumed=True
    )
    return replace(
        contact,
        participant=text,
        tier=text,
        probability_contact=0.5,
        probability_contact_of=text,
        together=replace(
            contact.together, evidence=["fixes", text], same_room=text, visits=[visit] * 3
        ),
        assessment=replace(
            contact.assessment,
            tier_reason=text,
            transmission_words=text,
            test_words=text,
            questions=[text],
            deadlines=[DeadlineDocument(remedy=text, by="2026-11-09")],
        ),
        explanation=ExplanationDocument(participant=text, epidemiologist=text),
    )
