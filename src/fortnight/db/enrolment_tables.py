"""Tables of enrolment: codes by text, what guards a person's pages, guardians. See ``tables``.

No number stands here but as its keyed hash, and for the seconds until its text is queued sealed
under a secret of the service. No PIN stands here at all: what does cannot be turned back into one
without the folder of keys.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from fortnight.db.tables import ID, metadata, one_of

STATES: Final = ("open", "closed")
CEREMONIES: Final = ("register", "unlock")

entry_code = Table(
    "entry_code",
    metadata,
    Column("number_hash", LargeBinary(32), primary_key=True),
    Column("code_hash", LargeBinary(32), nullable=False),
    Column("sealed", LargeBinary),  # number, digits and language, until the text is queued
    Column("expires_at", BigInteger, nullable=False, index=True),
)

entry_limit = Table(
    "entry_limit",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),  # keyed hash of whom it counts
    Column("count", Integer, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("person", ID, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # when they last came in
    Column("shown_at", BigInteger),  # when they last showed the PIN or the passkey
    Column("choose_until", BigInteger),  # until when a first PIN may be chosen
    Column("of_age_at", BigInteger),  # when they said that they may agree for themselves
    Column("ask_at", BigInteger, nullable=False, index=True),  # when they are written to again
    Column("asked", Integer, nullable=False),  # texts since they last came in
    one_of("state", STATES),
)

portal_pin = Table(
    "portal_pin",
    metadata,
    Column("person", ID, primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("pin_hash", LargeBinary(32), nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

portal_passkey = Table(
    "portal_passkey",
    metadata,
    Column("credential", LargeBinary, primary_key=True),
    Column("person", ID, nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

portal_ceremony = Table(
    "portal_ceremony",
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("challenge", String(64), nullable=False),
    Column("person", ID, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    one_of("kind", CEREMONIES),
)

pin_reset = Table(
    "pin_reset",
    metadata,
    Column("person", ID, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("by", ID, nullable=False),  # the account of the health worker
    Column("code_hash", LargeBinary(32), nullable=False),  # of the digits told by voice, never sent
)

start_over = Table(
    "start_over",
    metadata,
    Column("person", ID, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
)

guardianship = Table(
    "guardianship",
    metadata,
    Column("person", ID, primary_key=True),  # who cannot agree for themselves
    Column("guardian", ID, nullable=False, index=True),
    Column("until_day", Integer, index=True),  # days since 1970 UTC; none: it has no age
    Column("made_at", BigInteger, nullable=False),
)
