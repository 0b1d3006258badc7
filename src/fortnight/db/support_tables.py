"""Tables of follow-up and support: plans, days, tickets, pauses, replies. See ``tables``.

What a person said is sealed: under their own key, or under the case's where the case named them
and they never enrolled. Nothing here says where anybody was.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from fortnight.db.tables import ID, goes_with, metadata, one_of

FOLLOW_UP_STATES: Final = ("running", "over", "stopped", "became-case")
DAY_STATES: Final = (
    "planned",
    "asked",
    "reminded",
    "reminded-again",
    "to-call",
    "answered",
    "paused",
)
CHANNELS: Final = ("text", "web", "call")
NEEDS: Final = (
    "food",
    "medicine",
    "letter",
    "money",
    "child-care",
    "talk",
    "safe-place",
    "help",
    "unwell",
    "urgent",
    "other",
)
OUTCOMES: Final = ("helped", "not-needed", "not-reached", "passed-on")
PAUSES: Final = ("hospital", "appointment")
REPLIES: Final = ("not-there", "masks", "wall", "other-phone")


def _case_id(*, key: bool = False) -> Column[str]:
    return goes_with("case_id", "case_file", key=key)


def _follow_up(*, key: bool = False) -> Column[str]:
    return goes_with("follow_up", "follow_up", key=key)


follow_up = Table(
    "follow_up",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("contact", String(16), nullable=False),  # "case": the case themselves
    Column("person", ID, index=True),  # null: named by the case, never enrolled
    Column("state", String(16), nullable=False),
    Column("by_voice", Boolean, nullable=False),  # never texted: called
    Column("household", String(16), index=True),  # those who answer together
    Column("first_day", Integer, nullable=False),
    Column("end_day", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the plan, and what it follows from
    Column("began_at", BigInteger, nullable=False),
    Column("began_by", String(64), nullable=False),
    Column("ended_at", BigInteger),
    one_of("state", FOLLOW_UP_STATES),
    CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="ended"),
    Index(
        "uq_follow_up_running",
        "case_id",
        "contact",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)
follow_day = Table(
    "follow_day",
    metadata,
    _follow_up(key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _case_id(),
    Column("state", String(16), nullable=False),
    Column("since", Integer, nullable=False),  # minute of the day, where they are
    Column("asked_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("channel", String(8)),
    Column("sealed", LargeBinary),  # the answer
    one_of("state", DAY_STATES),
    one_of("channel", CHANNELS),
)
portal_code = Table(
    "portal_code",  # six digits in the day's text, to be typed into the portal that they know
    metadata,
    Column("person", ID, primary_key=True),
    Column("code_hash", LargeBinary(32), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
household_code = Table(
    "household_code",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("person", ID, nullable=False, index=True),  # who invites
    Column("expires_at", BigInteger, nullable=False),
)
support_record = Table(
    "support_record",  # what the person sees of all this, each with its entry of the log
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("detail", String(100), nullable=False),  # closed words, never what was said
    Column("salt", LargeBinary(32), nullable=False),
    Column("leaf", ID, ForeignKey("ledger_leaf.id"), nullable=False),
)
support_ticket = Table(
    "support_ticket",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    _follow_up(),
    Column("person", ID, index=True),
    Column("need", String(16), nullable=False),
    Column("sealed", LargeBinary),  # what is needed, in their own words
    Column("made_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("owner", ID, ForeignKey("staff_account.id")),
    Column("partner", String(128)),
    Column("outcome", String(16)),
    Column("ended_at", BigInteger),
    Column("ended_by", ID, ForeignKey("staff_account.id")),  # null: they were heard of
    one_of("need", NEEDS),
    one_of("outcome", OUTCOMES),
    CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
)
support_pause = Table(
    "support_pause",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    _follow_up(),
    Column("person", ID, index=True),
    Column("kind", String(16), nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger),  # null: until they are back
    Column("ended_at", BigInteger),
    one_of("kind", PAUSES),
)
home_reminder = Table(
    "home_reminder",  # there is a row while it is on, and nothing of where anybody went
    metadata,
    Column("person", ID, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # the middle of the home area
    Column("on_at", BigInteger, nullable=False),
)
exposure_reply = Table(
    "exposure_reply",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    _follow_up(),
    Column("contact", String(16), nullable=False),
    Column("person", ID, index=True),
    Column("kind", String(16), nullable=False),
    Column("sealed", LargeBinary),  # their own words
    Column("made_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("before_minutes", Integer, nullable=False),
    Column("before_tier", String(32)),
    Column("after_minutes", Integer, nullable=False),
    Column("after_tier", String(32)),
    Column("answered_at", BigInteger),
    Column("answered_by", ID, ForeignKey("staff_account.id")),
    Column("stands", Boolean),  # whether the reply was found to be so
    Column("answer_sealed", LargeBinary),
    one_of("kind", REPLIES),
    CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered"),
    CheckConstraint("(answered_at IS NULL) = (stands IS NULL)", name="stands"),
)
became_case = Table(
    "became_case",  # a contact who tested positive: whose, and which follow-up came before
    metadata,
    _case_id(key=True),
    Column(
        "source", ID, ForeignKey("case_file.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("contact", String(16), nullable=False),
    Column("follow_up", ID, ForeignKey("follow_up.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
)
duty_ring = Table(
    "duty_ring",  # that whoever is on duty is wanted; not by whom, nor why
    metadata,
    Column("id", ID, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("rung_at", BigInteger),
)
