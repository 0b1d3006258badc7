"""Follow-up and support: plans, days, tickets, pauses, replies."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"


def upgrade() -> None:
    """Make the tables, and room for the longest tier, which PostgreSQL refused."""
    _exposure()
    _duty_ring()
    _home_reminder()
    _household_code()
    _portal_code()
    _support_record()
    _follow_up()
    _became_case()
    _exposure_reply()
    _follow_day()
    _support_pause()
    _support_ticket()


def _exposure() -> None:
    with op.batch_alter_table("exposure") as batch:
        batch.alter_column("tier", existing_type=sa.String(length=16), type_=sa.String(length=32))


def _duty_ring() -> None:
    op.create_table(
        "duty_ring",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("rung_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_ring")),
        sa.UniqueConstraint("key", name=op.f("uq_duty_ring_key")),
    )


def _home_reminder() -> None:
    op.create_table(
        "home_reminder",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("on_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_home_reminder")),
    )


def _household_code() -> None:
    op.create_table(
        "household_code",
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_household_code")),
    )
    op.create_index(op.f("ix_household_code_person"), "household_code", ["person"], unique=False)


def _portal_code() -> None:
    op.create_table(
        "portal_code",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_portal_code")),
    )


def _support_record() -> None:
    op.create_table(
        "support_record",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.String(length=100), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["leaf"], ["ledger_leaf.id"], name=op.f("fk_support_record_leaf_ledger_leaf")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_record")),
    )
    op.create_index(op.f("ix_support_record_person"), "support_record", ["person"], unique=False)


def _follow_up() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by_voice", sa.Boolean(), nullable=False),
        sa.Column("household", sa.String(length=16), nullable=True),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("end_day", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("began_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'running') = (ended_at IS NULL)", name=op.f("ck_follow_up_ended")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'over', 'stopped', 'became-case')",
            name=op.f("ck_follow_up_state"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_follow_up_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_case_id"), "follow_up", ["case_id"], unique=False)
    op.create_index(op.f("ix_follow_up_household"), "follow_up", ["household"], unique=False)
    op.create_index(op.f("ix_follow_up_person"), "follow_up", ["person"], unique=False)
    op.create_index(
        "uq_follow_up_running",
        "follow_up",
        ["case_id", "contact"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def _became_case() -> None:
    op.create_table(
        "became_case",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("follow_up", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_became_case_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["follow_up"],
            ["follow_up.id"],
            name=op.f("fk_became_case_follow_up_follow_up"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source"],
            ["case_file.id"],
            name=op.f("fk_became_case_source_case_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_became_case")),
    )
    op.create_index(op.f("ix_became_case_source"), "became_case", ["source"], unique=False)


def _exposure_reply() -> None:
    op.create_table(
        "exposure_reply",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("follow_up", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("before_minutes", sa.Integer(), nullable=False),
        sa.Column("before_tier", sa.String(length=32), nullable=True),
        sa.Column("after_minutes", sa.Integer(), nullable=False),
        sa.Column("after_tier", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('not-there', 'masks', 'wall', 'other-phone')",
            name=op.f("ck_exposure_reply_kind"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_exposure_reply_answered")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (stands IS NULL)", name=op.f("ck_exposure_reply_stands")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["staff_account.id"],
            name=op.f("fk_exposure_reply_answered_by_staff_account"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_exposure_reply_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["follow_up"],
            ["follow_up.id"],
            name=op.f("fk_exposure_reply_follow_up_follow_up"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_reply")),
    )
    op.create_index(op.f("ix_exposure_reply_case_id"), "exposure_reply", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_exposure_reply_follow_up"), "exposure_reply", ["follow_up"], unique=False
    )
    op.create_index(op.f("ix_exposure_reply_person"), "exposure_reply", ["person"], unique=False)


def _follow_day() -> None:
    op.create_table(
        "follow_day",
        sa.Column("follow_up", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('text', 'web', 'call')", name=op.f("ck_follow_day_channel")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'asked', 'reminded', 'reminded-again', 'to-call', 'answered', "
            "'paused')",
            name=op.f("ck_follow_day_state"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_follow_day_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["follow_up"],
            ["follow_up.id"],
            name=op.f("fk_follow_day_follow_up_follow_up"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("follow_up", "day", name=op.f("pk_follow_day")),
    )
    op.create_index(op.f("ix_follow_day_case_id"), "follow_day", ["case_id"], unique=False)


def _support_pause() -> None:
    op.create_table(
        "support_pause",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("follow_up", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('hospital', 'appointment')", name=op.f("ck_support_pause_kind")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_support_pause_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["follow_up"],
            ["follow_up.id"],
            name=op.f("fk_support_pause_follow_up_follow_up"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_pause")),
    )
    op.create_index(op.f("ix_support_pause_case_id"), "support_pause", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_support_pause_follow_up"), "support_pause", ["follow_up"], unique=False
    )
    op.create_index(op.f("ix_support_pause_person"), "support_pause", ["person"], unique=False)


def _support_ticket() -> None:
    op.create_table(
        "support_ticket",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("follow_up", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("need", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("partner", sa.String(length=128), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "need IN ('food', 'medicine', 'letter', 'money', 'child-care', 'talk', 'safe-place', "
            "'help', 'unwell', 'urgent', 'other')",
            name=op.f("ck_support_ticket_need"),
        ),
        sa.CheckConstraint(
            "outcome IN ('helped', 'not-needed', 'not-reached', 'passed-on')",
            name=op.f("ck_support_ticket_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_support_ticket_ended")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.id"],
            name=op.f("fk_support_ticket_case_id_case_file"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["staff_account.id"],
            name=op.f("fk_support_ticket_ended_by_staff_account"),
        ),
        sa.ForeignKeyConstraint(
            ["follow_up"],
            ["follow_up.id"],
            name=op.f("fk_support_ticket_follow_up_follow_up"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["staff_account.id"], name=op.f("fk_support_ticket_owner_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_ticket")),
    )
    op.create_index(op.f("ix_support_ticket_case_id"), "support_ticket", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_support_ticket_follow_up"), "support_ticket", ["follow_up"], unique=False
    )
    op.create_index(op.f("ix_support_ticket_person"), "support_ticket", ["person"], unique=False)
