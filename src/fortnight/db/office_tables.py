"""Tables of the office: who works here, and what they decided. See also ``tables``."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from fortnight.db.tables import ID, goes_with, metadata, one_of

ROLES: Final = (
    "case-worker",
    "epidemiologist",
    "lead",
    "data-protection",
    "administrator",
)
DECISIONS: Final = ("tell", "dismiss")
OUTCOMES: Final = ("reached", "no-answer", "wrong-number", "refused", "call-back")


def _case_id(*, key: bool = False) -> Column[str]:
    return goes_with("case_id", "case_file", key=key)


def _account(*, key: bool = False, optional: bool = False) -> Column[str]:
    return goes_with("account", "staff_account", key=key, optional=optional)


staff_account = Table(
    "staff_account",
    metadata,
    Column("id", ID, primary_key=True),
    Column("login", String(128), nullable=False, unique=True),
    Column("subject", String(255), unique=True),  # the identity provider's, where one is used
    Column("name", String(128), nullable=False),  # as written in the log of decisions
    Column("role", String(32), nullable=False),
    Column("district", String(64), nullable=False),
    Column("number_hash", LargeBinary(32)),  # keyed, of their own number: never their own case
    Column("invite_hash", LargeBinary(32)),  # for the first passkey; null once it was used
    Column("invite_until", BigInteger),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ties_at", BigInteger),  # since when their calls are known; null before
    one_of("role", ROLES),
)
staff_passkey = Table(
    "staff_passkey",
    metadata,
    Column("credential", LargeBinary, primary_key=True),
    _account(),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
staff_session = Table(
    "staff_session",
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    _account(),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("stepped_up_at", BigInteger),
    Column("ended_at", BigInteger),
)
staff_ceremony = Table(
    "staff_ceremony",  # a sign-in or registration under way: used once, then gone
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("challenge", String(255), nullable=False),  # what the answer has to hold
    Column("verifier", String(128)),  # of PKCE
    _account(optional=True),
    Column("expires_at", BigInteger, nullable=False),
    one_of("kind", ("register", "sign-in", "step-up", "oidc", "oidc-step-up")),
)
staff_conflict = Table(
    "staff_conflict",
    metadata,
    _account(key=True),
    _case_id(key=True),
    Column("declared_at", BigInteger, nullable=False),
)
case_assignment = Table(
    "case_assignment",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("account", ID, ForeignKey("staff_account.id"), nullable=False, index=True),
    Column("by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger),
    Column("note_sealed", LargeBinary),  # what the next one has to know, under the case's key
    Index(
        "uq_case_assignment_live",
        "case_id",
        unique=True,
        sqlite_where=text("until_at IS NULL"),
        postgresql_where=text("until_at IS NULL"),
    ),
)
named_contact = Table(
    "named_contact",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("contact", String(16), nullable=False),  # beside the measured ones, same grammar
    Column("sealed", LargeBinary, nullable=False),  # name, number, notes, under the case's key
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Column("setting", String(32), nullable=False),
    Column("household", String(16)),  # those of one household are called once
    Column("pregnant", Boolean, nullable=False),
    Column("weak_immunity", Boolean, nullable=False),
    Column("added_by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("merged_with", String(16)),  # a measured contact of this case
    Column("objected_at", BigInteger),
    one_of(
        "setting",
        (
            "household",
            "care",
            "work",
            "school",
            "worship",
            "clinic",
            "shelter",
            "gathering",
            "transport",
            "other",
        ),
    ),
)
decision = Table(
    "decision",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("contact", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("needs_second", Boolean, nullable=False),
    Column("second_by", ID, ForeignKey("staff_account.id")),
    Column("second_at", BigInteger),
    Column("retracted_at", BigInteger),
    Column("retracted_why", String(200)),
    one_of("kind", DECISIONS),
    CheckConstraint("second_by IS NULL OR second_by <> by", name="two_people"),
    Index(
        "uq_decision_live",
        "case_id",
        "contact",
        unique=True,
        sqlite_where=text("retracted_at IS NULL"),
        postgresql_where=text("retracted_at IS NULL"),
    ),
)
call_record = Table(
    "call_record",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("contact", String(16)),  # null: the case themselves
    Column("by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("next_step", String(200), nullable=False),
    Column("next_at", BigInteger),
    one_of("outcome", OUTCOMES),
)
case_note = Table(
    "case_note",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # under the case's key
)
case_change = Table(
    "case_change",
    metadata,
    Column("id", ID, primary_key=True),
    _case_id(),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("detail", String(500), nullable=False),  # contact numbers and counts, never people
    one_of("kind", ("trace-updated", "test-withdrawn", "merged", "split", "handed-over")),
)
case_merge = Table(
    "case_merge",
    metadata,
    Column("kept", ID, ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True),
    Column("merged", ID, ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True),
    Column("by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("kept <> merged", name="two_cases"),
)
case_source = Table(
    "case_source",  # where a case may have been infected, as its last trace has it
    metadata,
    _case_id(key=True),
    Column("at", BigInteger, nullable=False),
    Column("observed", Float, nullable=False),  # share of the time of infection
    Column("unknown", Float, nullable=False),  # weight of an unknown source, in minutes
)
case_link = Table(
    "case_link",  # that the other case may have infected this one
    metadata,
    _case_id(key=True),
    Column(
        "other",
        ID,
        ForeignKey("case_file.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("contact", String(16)),  # what this case's own trace calls the other
    Column("sealed", LargeBinary, nullable=False),  # days and minutes, under the case's key
    CheckConstraint("case_id <> other", name="two_cases"),
)
intake_upload = Table(
    "intake_upload",
    metadata,
    Column("id", ID, primary_key=True),
    Column("by", ID, ForeignKey("staff_account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("cases", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    one_of("state", ("running", "done", "failed")),
    CheckConstraint("state <> 'done' OR rows = cases + refused", name="conservation"),
)
intake_refusal = Table(
    "intake_refusal",
    metadata,
    Column("upload", ID, ForeignKey("intake_upload.id", ondelete="CASCADE"), primary_key=True),
    Column("row", BigInteger, primary_key=True),
    Column("reason", String(200), nullable=False),
)
review = Table(
    "review",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", ID, nullable=False),  # a look, a person or a case, by kind
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("answered_by", ID, ForeignKey("staff_account.id")),
    Column("answer", String(500)),
    Column("asked_leaf", ID),  # its entry in the log
    Column("asked_salt", LargeBinary(32)),  # opens the entry for whoever asked
    Column("answered_leaf", ID),
    Column("answered_salt", LargeBinary(32)),
    one_of("kind", ("look-questioned", "track-contradictory", "duplicate-case", "appeal")),
)
