"""Laboratories, operators, cases, texts and endings."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Make the tables."""
    _alarm()
    _laboratory()
    _operator()
    _delivery()
    _erasure()
    _laboratory_token()
    _case_file()
    _exposure_detail()
    _hidden_stay()
    _message()
    _trace_run()
    _exposure()


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )


def _laboratory() -> None:
    op.create_table(
        "laboratory",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laboratory")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_laboratory_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_laboratory_name")),
    )


def _operator() -> None:
    op.create_table(
        "operator",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_operator_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_operator_name")),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("operator", sa.String(length=32), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["leaf"], ["ledger_leaf.id"], name=op.f("fk_delivery_leaf_ledger_leaf")
        ),
        sa.ForeignKeyConstraint(
            ["operator"], ["operator.id"], name=op.f("fk_delivery_operator_operator")
        ),
        sa.PrimaryKeyConstraint("operator", "batch", name=op.f("pk_delivery")),
    )


def _erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("key_gone_at", sa.BigInteger(), nullable=True),
        sa.Column("rows_gone_at", sa.BigInteger(), nullable=True),
        sa.Column("files_gone_at", sa.BigInteger(), nullable=True),
        sa.Column("trail", sa.Text(), nullable=True),
        sa.Column("leaf", sa.String(length=32), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["leaf"], ["ledger_leaf.id"], name=op.f("fk_erasure_leaf_ledger_leaf")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("leaf", name=op.f("uq_erasure_leaf")),
        sa.UniqueConstraint("person", name=op.f("uq_erasure_person")),
    )


def _laboratory_token() -> None:
    op.create_table(
        "laboratory_token",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("laboratory", sa.String(length=32), nullable=False),
        sa.Column("test_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_laboratory_token_order")),
        sa.ForeignKeyConstraint(
            ["laboratory"],
            ["laboratory.id"],
            name=op.f("fk_laboratory_token_laboratory_laboratory"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laboratory_token")),
        sa.UniqueConstraint("test_hash", name=op.f("uq_laboratory_token_test_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_laboratory_token_token_hash")),
    )


def _case_file() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("disease", sa.String(length=32), nullable=False),
        sa.Column("onset_day", sa.Integer(), nullable=True),
        sa.Column("test_day", sa.Integer(), nullable=False),
        sa.Column("sample_at", sa.BigInteger(), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("follow_up_end_day", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state = 'opened' OR state = 'withdrawn' OR agreed_at IS NOT NULL",
            name=op.f("ck_case_file_agreed"),
        ),
        sa.CheckConstraint(
            "state IN ('opened', 'agreed', 'traced', 'closed', 'withdrawn')",
            name=op.f("ck_case_file_state"),
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["laboratory_token.id"],
            name=op.f("fk_case_file_token_id_laboratory_token"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("token_id", name=op.f("uq_case_file_token_id")),
    )
    op.create_index(op.f("ix_case_file_person"), "case_file", ["person"], unique=False)


def _exposure_detail() -> None:
    op.create_table(
        "exposure_detail",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_exposure_detail_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "contact", "last_day", name=op.f("pk_exposure_detail")),
    )
    op.create_index(
        op.f("ix_exposure_detail_last_day"), "exposure_detail", ["last_day"], unique=False
    )


def _hidden_stay() -> None:
    op.create_table(
        "hidden_stay",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"end" > start', name=op.f("ck_hidden_stay_order")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_hidden_stay_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidden_stay")),
    )
    op.create_index(op.f("ix_hidden_stay_case_id"), "hidden_stay", ["case_id"], unique=False)


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("template_version", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'unknown', 'stopped', 'failed')",
            name=op.f("ck_message_state"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_message_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    op.create_index(op.f("ix_message_case_id"), "message", ["case_id"], unique=False)
    op.create_index(op.f("ix_message_person"), "message", ["person"], unique=False)


def _trace_run() -> None:
    op.create_table(
        "trace_run",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_role", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("window_first_day", sa.Integer(), nullable=True),
        sa.Column("window_last_day", sa.Integer(), nullable=True),
        sa.Column("held_from_day", sa.Integer(), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_trace_run_state")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_trace_run_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_run")),
    )
    op.create_index(op.f("ix_trace_run_case_id"), "trace_run", ["case_id"], unique=False)


def _exposure() -> None:
    op.create_table(
        "exposure",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=True),
        sa.Column("kinds", sa.String(length=200), nullable=False),
        sa.Column("origins", sa.String(length=64), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_exposure_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["trace_run.id"],
            name=op.f("fk_exposure_run_id_trace_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "contact", name=op.f("pk_exposure")),
    )
