"""The office: who works here, what they decided, and what came in."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    """Make the tables."""
    _staff_account()
    _intake_upload()
    _review()
    _staff_ceremony()
    _staff_passkey()
    _staff_session()
    _intake_refusal()
    _call_record()
    _case_assignment()
    _case_change()
    _case_merge()
    _case_note()
    _decision()
    _named_contact()
    _staff_conflict()


def _staff_account() -> None:
    op.create_table(
        "staff_account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=128), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("invite_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("invite_until", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('case-worker', 'epidemiologist', 'lead', 'data-protection', 'administrator')",
            name=op.f("ck_staff_account_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_account")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_account_login")),
        sa.UniqueConstraint("subject", name=op.f("uq_staff_account_subject")),
    )


def _intake_upload() -> None:
    op.create_table(
        "intake_upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'done' OR rows = cases + refused", name=op.f("ck_intake_upload_conservation")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed')", name=op.f("ck_intake_upload_state")
        ),
        sa.ForeignKeyConstraint(
            ["by"], ["staff_account.id"], name=op.f("fk_intake_upload_by_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_upload")),
    )


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "kind IN ('look-questioned', 'track-contradictory', 'duplicate-case', 'appeal')",
            name=op.f("ck_review_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["staff_account.id"], name=op.f("fk_review_answered_by_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )


def _staff_ceremony() -> None:
    op.create_table(
        "staff_ceremony",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("challenge", sa.String(length=255), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=True),
        sa.Column("account", sa.String(length=32), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('register', 'sign-in', 'step-up', 'oidc', 'oidc-step-up')",
            name=op.f("ck_staff_ceremony_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account"],
            ["staff_account.id"],
            name=op.f("fk_staff_ceremony_account_staff_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_staff_ceremony")),
    )
    op.create_index(op.f("ix_staff_ceremony_account"), "staff_ceremony", ["account"], unique=False)


def _staff_passkey() -> None:
    op.create_table(
        "staff_passkey",
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["staff_account.id"],
            name=op.f("fk_staff_passkey_account_staff_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_staff_passkey")),
    )
    op.create_index(op.f("ix_staff_passkey_account"), "staff_passkey", ["account"], unique=False)


def _staff_session() -> None:
    op.create_table(
        "staff_session",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("stepped_up_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"],
            ["staff_account.id"],
            name=op.f("fk_staff_session_account_staff_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_staff_session")),
    )
    op.create_index(op.f("ix_staff_session_account"), "staff_session", ["account"], unique=False)


def _intake_refusal() -> None:
    op.create_table(
        "intake_refusal",
        sa.Column("upload", sa.String(length=32), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload"],
            ["intake_upload.id"],
            name=op.f("fk_intake_refusal_upload_intake_upload"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload", "row", name=op.f("pk_intake_refusal")),
    )


def _call_record() -> None:
    op.create_table(
        "call_record",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=True),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("next_step", sa.String(length=200), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('reached', 'no-answer', 'wrong-number', 'refused', 'call-back')",
            name=op.f("ck_call_record_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["by"], ["staff_account.id"], name=op.f("fk_call_record_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_call_record_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_record")),
    )
    op.create_index(op.f("ix_call_record_case_id"), "call_record", ["case_id"], unique=False)


def _case_assignment() -> None:
    op.create_table(
        "case_assignment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["staff_account.id"], name=op.f("fk_case_assignment_account_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["by"], ["staff_account.id"], name=op.f("fk_case_assignment_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_case_assignment_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_assignment")),
    )
    op.create_index(
        op.f("ix_case_assignment_account"), "case_assignment", ["account"], unique=False
    )
    op.create_index(
        op.f("ix_case_assignment_case_id"), "case_assignment", ["case_id"], unique=False
    )
    op.create_index(
        "uq_case_assignment_live",
        "case_assignment",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("until_at IS NULL"),
        postgresql_where=sa.text("until_at IS NULL"),
    )


def _case_change() -> None:
    op.create_table(
        "case_change",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "kind IN ('trace-updated', 'test-withdrawn', 'merged', 'split', 'handed-over')",
            name=op.f("ck_case_change_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_case_change_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_change")),
    )
    op.create_index(op.f("ix_case_change_case_id"), "case_change", ["case_id"], unique=False)


def _case_merge() -> None:
    op.create_table(
        "case_merge",
        sa.Column("kept", sa.String(length=32), nullable=False),
        sa.Column("merged", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept <> merged", name=op.f("ck_case_merge_two_cases")),
        sa.ForeignKeyConstraint(
            ["by"], ["staff_account.id"], name=op.f("fk_case_merge_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["kept"],
            ["case_file.id"],
            name=op.f("fk_case_merge_kept_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merged"],
            ["case_file.id"],
            name=op.f("fk_case_merge_merged_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("kept", "merged", name=op.f("pk_case_merge")),
    )


def _case_note() -> None:
    op.create_table(
        "case_note",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by"], ["staff_account.id"], name=op.f("fk_case_note_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_case_note_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    op.create_index(op.f("ix_case_note_case_id"), "case_note", ["case_id"], unique=False)


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("second_by", sa.String(length=32), nullable=True),
        sa.Column("second_at", sa.BigInteger(), nullable=True),
        sa.Column("retracted_at", sa.BigInteger(), nullable=True),
        sa.Column("retracted_why", sa.String(length=200), nullable=True),
        sa.CheckConstraint("kind IN ('tell', 'dismiss')", name=op.f("ck_decision_kind")),
        sa.CheckConstraint(
            "second_by IS NULL OR second_by <> by", name=op.f("ck_decision_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["by"], ["staff_account.id"], name=op.f("fk_decision_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_decision_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_by"], ["staff_account.id"], name=op.f("fk_decision_second_by_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_case_id"), "decision", ["case_id"], unique=False)
    op.create_index(
        "uq_decision_live",
        "decision",
        ["case_id", "contact"],
        unique=True,
        sqlite_where=sa.text("retracted_at IS NULL"),
        postgresql_where=sa.text("retracted_at IS NULL"),
    )


def _named_contact() -> None:
    op.create_table(
        "named_contact",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("setting", sa.String(length=32), nullable=False),
        sa.Column("household", sa.String(length=16), nullable=True),
        sa.Column("pregnant", sa.Boolean(), nullable=False),
        sa.Column("weak_immunity", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_with", sa.String(length=16), nullable=True),
        sa.Column("objected_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "setting IN ('household', 'care', 'work', 'school', 'worship', 'clinic', 'shelter', "
            "'gathering', 'transport', 'other')",
            name=op.f("ck_named_contact_setting"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["staff_account.id"], name=op.f("fk_named_contact_added_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_named_contact_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_contact")),
    )
    op.create_index(op.f("ix_named_contact_case_id"), "named_contact", ["case_id"], unique=False)


def _staff_conflict() -> None:
    op.create_table(
        "staff_conflict",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["staff_account.id"],
            name=op.f("fk_staff_conflict_account_staff_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_staff_conflict_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account", "case_id", name=op.f("pk_staff_conflict")),
    )
