"""Tables of what people send, and of what they never do: phones, venues, visits. See ``tables``.

Where somebody never wants to be seen is the most telling place of all: it is sealed under their
key, as are their visits. A venue, its rooms and its codes are of nobody.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
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

from fortnight.db.tables import ID, metadata, one_of

PHONE_APPS: Final = ("owntracks", "traccar", "overland")
CATEGORIES: Final = (
    "food",
    "shop",
    "school",
    "work",
    "worship",
    "culture",
    "sport",
    "health",
    "transport",
    "office",
    "other",
)

never_sent = Table(
    "never_sent",
    metadata,
    Column("person", ID, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # hours and places, under the person's key
    Column("changed_at", BigInteger, nullable=False),
)
never_sent_count = Table(
    "never_sent_count",
    metadata,
    Column("person", ID, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # on which they arrived
    Column("rows", Integer, nullable=False),
    CheckConstraint("rows > 0", name="some"),
)
sending_phone = Table(
    "sending_phone",
    metadata,
    Column("device", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("app", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    one_of("app", PHONE_APPS),
)
venue = Table(
    "venue",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("category", String(16), nullable=False),
    Column("closes", Integer),  # minute of the local day; null where it never does
    Column("stay_minutes", Integer, nullable=False),  # after which somebody has surely left
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("ended_at", BigInteger),
    one_of("category", CATEGORIES),
    CheckConstraint("closes IS NULL OR closes BETWEEN 0 AND 1439", name="closes"),
    CheckConstraint("stay_minutes BETWEEN 10 AND 1440", name="stay"),
)
venue_code = Table(
    "venue_code",
    metadata,
    Column("code", String(8), primary_key=True),  # random: what the poster shows
    Column("venue", ID, ForeignKey("venue.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("room", String(80)),  # null: the whole venue
)
check_in = Table(
    "check_in",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("day", Integer, nullable=False),  # of its beginning
    Column("due_at", BigInteger),  # when it ends by itself; null once it has ended
    Column("sealed", LargeBinary, nullable=False),  # where, from when, until when
    Index(
        "uq_check_in_open",
        "person",
        unique=True,
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
