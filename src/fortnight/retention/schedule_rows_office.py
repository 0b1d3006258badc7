"""How long the office keeps what it works with: accounts, decisions, calls, uploads."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import CASE, HELD, LOOK_DAYS, REVIEW_DAYS, Ending, Term, part
from fortnight.settings import CASE_DAYS_AFTER_END, HELD_DAYS

_BY_ACCOUNT: Final = (
    "case_assignment.account case_assignment.by decision.by decision.second_by call_record.by "
    "case_note.by case_merge.by named_contact.added_by intake_upload.by review.answered_by "
    "support_ticket.owner support_ticket.ended_by exposure_reply.answered_by"
)
OFFICE: Final = (
    part(
        "staff_session",
        "secret_hash account made_at seen_at stepped_up_at ended_at",
        "8 hours of use; its row a day",
        "Who is signed in. A day later nobody asks when somebody was.",
        Ending.SWEPT,
        Term("made_at", "ms", 1),
    ),
    part(
        "staff_ceremony",
        "secret_hash kind challenge verifier account expires_at",
        "until it is answered; 5 minutes at most",
        "An answer to a sign-in is taken once, from the browser that asked.",
        Ending.SWEPT,
        Term("expires_at", "instant", 0),
    ),
    part(
        "staff_passkey",
        "credential account public_key sign_count made_at",
        "while the account is open",
        "Who is who signs in with it. Public keys alone.",
        Ending.WITH_PARENT,
    ),
    part(
        "staff_conflict",
        "account case_id declared_at",
        CASE,
        "Whoever knows a case does not work on it.",
        Ending.WITH_PARENT,
    ),
    part(
        "case_assignment",
        "id case_id account by from_at until_at note_sealed",
        CASE,
        "Who answers for a case, and what the one before had to tell them.",
        Ending.WITH_PARENT,
    ),
    part(
        "named_contact",
        "id case_id contact sealed first_day last_day setting household pregnant weak_immunity "
        "added_by added_at merged_with objected_at",
        "until the follow-up of their case ends; 7 days where the test was withdrawn",
        "Whom the case named. They never enrolled: held for this case, under its key, only.",
        Ending.WITH_PARENT,
    ),
    part(
        "decision",
        "id case_id contact kind reason by at needs_second second_by second_at retracted_at "
        "retracted_why",
        CASE,
        "Who decided that a contact is told or not, and with which reason: to answer for it.",
        Ending.WITH_PARENT,
    ),
    part(
        "call_record",
        "id case_id contact by at outcome language next_step next_at",
        CASE,
        "Nobody is called twice for one thing, or never.",
        Ending.WITH_PARENT,
    ),
    part(
        "case_note",
        "id case_id by at sealed",
        CASE,
        "What the next one who works on the case has to know, under its key.",
        Ending.WITH_PARENT,
    ),
    part(
        "case_change",
        "id case_id at kind detail",
        CASE,
        "What new evidence, or a test withdrawn, changed in the list. Names nobody.",
        Ending.WITH_PARENT,
    ),
    part(
        "case_merge",
        "kept merged by at",
        CASE,
        "Two files of one case; the way back.",
        Ending.WITH_PARENT,
    ),
    part(
        "intake_upload",
        "id by at sha256 state rows cases refused",
        HELD,
        "Rows in are cases and refusals: to be shown while someone may still ask.",
        Ending.SWEPT,
        Term("at", "ms", HELD_DAYS),
    ),
    part(
        "intake_refusal",
        "upload row reason",
        HELD,
        "Which row was refused and why, to mend it. The row itself is not kept.",
        Ending.WITH_PARENT,
    ),
    part(
        "review",
        "id kind subject asked_at due_at answered_at answered_by answer asked_leaf asked_salt "
        "answered_leaf answered_salt",
        f"{LOOK_DAYS} days after its answer; {REVIEW_DAYS} without one",
        "What was asked of the data protection officer outlives what it is about, so that it can "
        "be seen that it was answered.",
        Ending.SWEPT,
        Term("answered_at", "ms", LOOK_DAYS),
        Term("asked_at", "ms", REVIEW_DAYS),
    ),
    part(
        "staff_account",
        "invite_hash invite_until",
        "until it is used; 24 hours at most",
        "Lets a new colleague register a first passkey, once.",
        Ending.SWEPT,
        Term("invite_until", "instant", 0),
        blanks={"invite_hash": None, "invite_until": None},
    ),
    part(
        "staff_account",
        "id login subject name role district number_hash ties_at made_at ended_at",
        f"{CASE_DAYS_AFTER_END} days after it ends, and as long as a record names it",
        "Who may do what, and who did. Their number's keyed hash: nobody works on their own case.",
        Ending.SWEPT,
        Term("ended_at", "ms", CASE_DAYS_AFTER_END),
        outlived_by=tuple(("id", column) for column in _BY_ACCOUNT.split()),
    ),
)
