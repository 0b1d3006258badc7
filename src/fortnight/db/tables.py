"""Every table but those of people, which `vault` alone may name.

``person`` is a random id of 32 hexadecimal digits: what it stands for is in the vault. Instants
are milliseconds since 1970, days are days since 1970, both UTC.
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
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: Final = MetaData(naming_convention=NAMING)

ID: Final = String(32)
RowNumber: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers INTEGER keys only

PURPOSES: Final = ("trace", "notify", "support", "rights", "repair")
GRANT_KINDS: Final = (
    "trace.phone",
    "trace.operator",
    "trace.ties",
    "trace.bluetooth",
    "trace.visits",
    "notify",
    "support",
    "statistics",
    "exact",
)
EVIDENCE_KINDS: Final = ("fixes", "visits", "encounters", "ties")
ORIGINS: Final = ("phone", "upload", "operator")


def one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    """Return a rule that a column holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column, info={column: words})


def goes_with(column: str, table: str, *, key: bool = False, optional: bool = False) -> Column[str]:
    """Return a column that says what a row belongs to: the row goes when that does.

    ``key`` makes it the table's own key, where what it belongs to has one such row at most.
    """
    return Column(
        column,
        ID,
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        nullable=optional,
        primary_key=key,
        index=not key,
    )


# -- the log -------------------------------------------------------------------------------------

ledger_leaf = Table(
    "ledger_leaf",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("entry", LargeBinary, nullable=False),  # the leaf's bytes, public
    Column("made_at", BigInteger, nullable=False),
    Column("place", BigInteger, unique=True),  # its number in the tree; null while pending
    Index(
        "ix_ledger_leaf_pending",
        "made_at",
        "id",
        sqlite_where=text("place IS NULL"),
        postgresql_where=text("place IS NULL"),
    ),
)
ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("checkpoint", Text, nullable=False),  # signed note
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

# -- looks and grants: what the person sees ------------------------------------------------------

look = Table(
    "look",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("role", String(32), nullable=False),
    Column("district", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("fields", String(200), nullable=False),  # closed words, sorted, joined by commas
    Column("outcome", String(16), nullable=False),  # opened, read
    Column("actor", String(64), nullable=False),  # the office's side; never shown to the person
    Column("case_id", ID, index=True),  # the same
    Column("salt", LargeBinary(32), nullable=False),
    Column("office_salt", LargeBinary(32), nullable=False),
    Column("leaf", ID, ForeignKey("ledger_leaf.id"), nullable=False),
    one_of("purpose", PURPOSES),
    one_of("outcome", ("opened", "read")),
)
consent_grant = Table(
    "consent_grant",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("text_version", String(32), nullable=False),
    Column("language", String(8), nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Column("given_by", String(16), nullable=False),
    Column("salt", LargeBinary(32), nullable=False),  # opens the log's entry of it for the person
    Column("leaf", ID, ForeignKey("ledger_leaf.id"), nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_salt", LargeBinary(32)),
    Column("withdrawn_leaf", ID, ForeignKey("ledger_leaf.id")),
    one_of("kind", GRANT_KINDS),
    one_of("given_by", ("self", "guardian")),
    CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= given_at", name="order"),
    Index(
        "uq_consent_grant_live",
        "person",
        "kind",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)

# -- evidence between the door and the lake ------------------------------------------------------

arrival = Table(
    "arrival",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("person", ID, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the rows, under the person's key
    one_of("kind", EVIDENCE_KINDS),
    one_of("origin", ORIGINS),
    sqlite_autoincrement=True,
)
receipt = Table(
    "receipt",
    metadata,
    Column("person", ID, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("batch", String(64), primary_key=True),  # the client's own name for what it sent
    Column("received_at", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),  # what was acknowledged: said again on repeats
    one_of("kind", EVIDENCE_KINDS),
)
delivery = Table(
    "delivery",
    metadata,
    Column("operator", ID, ForeignKey("operator.id"), primary_key=True),
    Column("batch", String(64), primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),  # of the whole file; never how many were enrolled
    Column("sha256", String(64), nullable=False),
    Column("salt", LargeBinary(32), nullable=False),  # opens the leaf's commitment
    Column("leaf", ID, ForeignKey("ledger_leaf.id"), nullable=False),
)

# -- the lake's catalogue ------------------------------------------------------------------------

lake_file = Table(
    "lake_file",
    metadata,
    Column("id", ID, primary_key=True),
    Column("day", Integer, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(128), nullable=False, unique=True),  # inside the lake's folder
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    one_of("kind", EVIDENCE_KINDS),
)
lake_day = Table(
    "lake_day",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("changed_at", BigInteger, nullable=False),  # the last change of its files
    Column("index_name", String(128)),  # folder of the index that searches read; null before one
    Column("indexed_at", BigInteger),  # which change that index holds
)

# -- cases ---------------------------------------------------------------------------------------

CASE_STATES: Final = ("opened", "agreed", "traced", "closed", "withdrawn")
case_file = Table(
    "case_file",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, index=True),  # null where the tested person is not enrolled
    Column("number_hash", LargeBinary(32), nullable=False),  # keyed: the tested person's number
    Column("token_id", ID, ForeignKey("laboratory_token.id"), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("disease", String(32), nullable=False),
    Column("onset_day", Integer),
    Column("test_day", Integer, nullable=False),
    Column("sample_at", BigInteger, nullable=False),
    Column("district", String(64), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column(
        "code_hash", LargeBinary(32)
    ),  # of the code sent to the case; null once it was read back
    Column("code_tries", Integer, nullable=False, server_default="0"),
    Column("code_expires_at", BigInteger),
    Column("agreed_at", BigInteger),  # the case's own yes
    Column("follow_up_end_day", Integer),
    Column("closed_at", BigInteger),
    one_of("state", CASE_STATES),
    CheckConstraint(
        "state = 'opened' OR state = 'withdrawn' OR agreed_at IS NOT NULL "
        "OR (state = 'closed' AND person IS NULL)",
        name="agreed",
    ),
)
laboratory = Table(
    "laboratory",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("key_hash", LargeBinary(32), nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
operator = Table(
    "operator",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("key_hash", LargeBinary(32), nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
laboratory_token = Table(
    "laboratory_token",
    metadata,
    Column("id", ID, primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("laboratory", ID, ForeignKey("laboratory.id"), nullable=False),
    Column("test_hash", LargeBinary(32), nullable=False, unique=True),  # one token, one test
    Column("number_hash", LargeBinary(32), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    CheckConstraint("expires_at > issued_at", name="order"),
)
hidden_stay = Table(
    "hidden_stay",
    metadata,
    Column("id", ID, primary_key=True),
    Column(
        "case_id", ID, ForeignKey("case_file.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    CheckConstraint('"end" > start', name="order"),
)
trace_run = Table(
    "trace_run",
    metadata,
    Column("id", ID, primary_key=True),
    Column(
        "case_id", ID, ForeignKey("case_file.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("state", String(16), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("asked_by", String(64), nullable=False),  # the reader whose looks the run leaves
    Column("asked_role", String(32), nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("problem", String(500)),
    Column("window_first_day", Integer),
    Column("window_last_day", Integer),
    Column("held_from_day", Integer),  # where the window was cut by what is still held
    Column("parameters", Text),  # JSON, with their version
    Column("contacts", Integer),
    one_of("state", ("queued", "running", "done", "failed")),
)
exposure = Table(
    "exposure",
    metadata,
    Column("case_id", ID, ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True),
    Column("contact", String(16), primary_key=True),  # random, valid in this case only
    Column("run_id", ID, ForeignKey("trace_run.id", ondelete="CASCADE"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("tier", String(32)),
    Column("kinds", String(200), nullable=False),  # of evidence
    Column("origins", String(64), nullable=False),  # phone, upload, operator: where it came from
    Column("late", Boolean, nullable=False),  # holds evidence received after the sample was taken
)
exposure_detail = Table(
    "exposure_detail",
    metadata,
    Column("case_id", ID, ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True),
    Column("contact", String(16), primary_key=True),
    # One row a day: places of an earlier day must not live as long as those of the last.
    Column("last_day", Integer, primary_key=True, index=True),  # goes when that day goes
    Column("sealed", LargeBinary, nullable=False),  # episodes and places, under the case's key
)
alarm = Table(
    "alarm",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(32), nullable=False),  # such as strangers-in-delivery
    Column("at", BigInteger, nullable=False),
    Column("subject", ID),  # a person, a case or an operator
    Column("detail", String(500), nullable=False),  # counts and ids, never personal data
    Column("ended_at", BigInteger),
)

# -- texts ---------------------------------------------------------------------------------------

message = Table(
    "message",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("key", String(100), nullable=False, unique=True),  # the same reason never texts twice
    Column("case_id", ID, ForeignKey("case_file.id", ondelete="CASCADE"), index=True),
    Column("template", String(32), nullable=False),
    Column("template_version", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("purpose", String(16), nullable=False),  # the grant that it needs
    Column("sealed", LargeBinary),  # its words, under the person's key; null once it was sent
    Column("state", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("not_before", BigInteger),  # while it is queued: when it may be tried at the earliest
    Column("claimed_at", BigInteger),  # when the gateway was about to hear of it
    Column("parts", Integer),  # into how many it was cut; known once it is claimed
    Column("awaits", Boolean, nullable=False, server_default=false()),  # for an answer
    Column("reminds", ID),  # the message that it reminds of
    Column("resolved_by", ID),  # whoever said what became of an unknown one
    one_of("state", ("queued", "sending", "sent", "delivered", "unknown", "stopped", "failed")),
    Index("ix_message_state_made_at", "state", "made_at"),  # what is due is asked every two seconds
)

# -- endings -------------------------------------------------------------------------------------

erasure = Table(
    "erasure",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, unique=True),  # until the files are rewritten, then null
    Column("asked_at", BigInteger, nullable=False),
    Column("key_gone_at", BigInteger),
    Column("rows_gone_at", BigInteger),
    Column("files_gone_at", BigInteger),
    Column("trail", Text),  # JSON: what files and cases call the person; until those are rewritten
    Column("leaf", ID, ForeignKey("ledger_leaf.id")),
    Column("salt", LargeBinary(32)),  # opens the leaf, which names the erasure and nobody
    UniqueConstraint("leaf"),
)
