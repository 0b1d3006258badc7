"""How long follow-up and support are kept: plans, answers, tickets, pauses, replies."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import CASE, HELD, LOOK_DAYS, Ending, Term, part
from fortnight.settings import HELD_DAYS

SUPPORT: Final = (
    part(
        "follow_up",
        "id case_id contact person state by_voice household first_day end_day sealed began_at "
        "began_by ended_at",
        CASE,
        "On which days somebody is asked how they are, and until when. The plan is sealed.",
        Ending.WITH_PARENT,
    ),
    part(
        "follow_day",
        "follow_up day case_id state since asked_at answered_at channel sealed",
        CASE,
        "What was asked on a day, and what they said, under their own key.",
        Ending.WITH_PARENT,
    ),
    part(
        "became_case",
        "case_id source contact follow_up at",
        CASE,
        "Whose contact a case was: the chain, and the history before it.",
        Ending.WITH_PARENT,
    ),
    part(
        "support_ticket",
        "id case_id follow_up person need sealed made_at due_at owner partner outcome ended_at "
        "ended_by",
        CASE,
        "What somebody needs at home, who sees to it until when, and how it ended.",
        Ending.WITH_PARENT,
    ),
    part(
        "support_pause",
        "id case_id follow_up person kind from_at until_at ended_at",
        CASE,
        "Nobody is asked while they are in hospital or at an appointment.",
        Ending.WITH_PARENT,
    ),
    part(
        "exposure_reply",
        "id case_id follow_up contact person kind sealed made_at due_at before_minutes before_tier "
        "after_minutes after_tier answered_at answered_by stands answer_sealed",
        CASE,
        "What a contact says of an exposure, what it changed, and who answered it.",
        Ending.WITH_PARENT,
    ),
    part(
        "support_record",
        "id person at kind detail salt leaf",
        f"{LOOK_DAYS} days",
        "Every question, ticket and pause, with its entry of the log: theirs to see.",
        Ending.SWEPT,
        Term("at", "ms", LOOK_DAYS),
    ),
    part(
        "home_reminder",
        "person sealed on_at",
        "until they turn it off, or nobody asks them to stay home any more",
        "The middle of the home area, for the reminder alone. Where they went is kept nowhere.",
        Ending.ERASED,
    ),
    part(
        "portal_code",
        "person code_hash tries expires_at",
        "a day, or until the next",
        "The six digits of a day's text, to be typed into the portal.",
        Ending.SWEPT,
        Term("expires_at", "instant", 0),
    ),
    part(
        "household_code",
        "code_hash person expires_at",
        "a day",
        "Lets somebody of the same household answer together.",
        Ending.SWEPT,
        Term("expires_at", "instant", 0),
    ),
    part(
        "duty_ring",
        "id key made_at tries rung_at",
        HELD,
        "That whoever was on duty was rung, once for each reason. Names nobody.",
        Ending.SWEPT,
        Term("made_at", "ms", HELD_DAYS),
    ),
)
