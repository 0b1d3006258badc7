"""The tables of people. No other room imports this one.

SQLite: a file of their own that only the vault opens. PostgreSQL: a schema that the service's
role cannot select from; functions of the owner do, and look for a committed look first.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from fortnight.db.tables import ID, NAMING, one_of

people_metadata: Final = MetaData(naming_convention=NAMING)

person = Table(
    "person",
    people_metadata,
    Column("id", ID, primary_key=True),
    Column("number_sealed", LargeBinary, nullable=False),  # AES-GCM under the person's key
    Column("number_lookup", LargeBinary(32), nullable=False, unique=True),  # keyed hash
    Column("language", String(8), nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
)
device = Table(
    "device",
    people_metadata,
    Column("id", ID, primary_key=True),
    Column("person", ID, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),  # keyed
    Column("owntracks_sealed", LargeBinary),  # its secretbox key, under the person's key
    Column("made_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    one_of("kind", ("owntracks", "api")),
)
pseudonym = Table(
    "pseudonym",
    people_metadata,
    Column("day", Integer, primary_key=True),
    Column("pseudonym", LargeBinary(16), primary_key=True),
    Column("person", ID, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
)
beacon = Table(
    "beacon",
    people_metadata,
    Column("day", Integer, primary_key=True),
    Column("beacon", LargeBinary(16), primary_key=True),  # what a phone sends over Bluetooth
    Column("person", ID, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
)
colleague_tie = Table(
    "colleague_tie",  # whose calls keep somebody who works here from a contact; nobody else's
    people_metadata,
    Column("day", Integer, primary_key=True),
    Column("person", ID, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("other", ID, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True),
)
case_contact = Table(
    "case_contact",
    people_metadata,
    Column("case_id", ID, primary_key=True),
    Column("contact", String(16), primary_key=True),  # random, valid in this case only
    Column("person", ID, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("made_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    UniqueConstraint("case_id", "person"),
)
