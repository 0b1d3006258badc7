"""The phones by which a person sends: which app, since when; and their secrets, told once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import delete, insert, select

from fortnight.db.sending_tables import PHONE_APPS, sending_phone
from fortnight.errors import GoneError, QuestionError

if TYPE_CHECKING:
    from fortnight.db.engine import Database
    from fortnight.vault.devices import DeviceSecret
    from fortnight.vault.people import DeviceKind

APPS: Final = PHONE_APPS
MOST: Final = 5
"""Phones of one person: whoever has more has left some behind."""


class Vault(Protocol):
    """What is asked of the vault."""

    def add_device(self, person: str, kind: DeviceKind, now: int) -> DeviceSecret:
        """Make a device for a person."""

    def revoke_device(self, person: str, device: str, now: int) -> None:
        """End a person's device for good."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone that may send."""

    device: str
    app: str
    made_at: int


@dataclass(frozen=True, slots=True)
class NewPhone:
    """What a phone is told once, and nobody ever after."""

    app: str
    device: str
    secret: str = field(repr=False)
    key: str | None = field(repr=False)  # of encrypted messages; OwnTracks alone


@dataclass(frozen=True, slots=True)
class Phones:
    """Everybody's phones."""

    database: Database
    vault: Vault

    def add(self, person: str, app: str, now: int) -> NewPhone:
        """Let one more phone send. Raises QuestionError for no such app, or too many phones."""
        if app not in APPS:
            raise QuestionError("Choose one of the list.")
        if len(self.of(person)) >= MOST:
            raise QuestionError("Five phones send already: stop one first.")
        kind: DeviceKind = "owntracks" if app == "owntracks" else "api"
        made = self.vault.add_device(person, kind, now)
        with self.database.write() as connection:
            connection.execute(
                insert(sending_phone).values(device=made.id, person=person, app=app, made_at=now)
            )
        key = None if made.owntracks_key is None else made.owntracks_key.decode()
        return NewPhone(app, made.id, made.secret, key)

    def of(self, person: str) -> list[Phone]:
        """Return a person's phones, the latest first."""
        asked = select(sending_phone).where(sending_phone.c.person == person)
        with self.database.read() as connection:
            rows = connection.execute(asked.order_by(sending_phone.c.made_at.desc())).all()
        return [Phone(row.device, row.app, row.made_at) for row in rows]

    def stop(self, person: str, device: str, now: int) -> None:
        """End one phone of a person. Raises QuestionError where it is not theirs, or not there."""
        mine = (sending_phone.c.person == person) & (sending_phone.c.device == device)
        if device not in {one.device for one in self.of(person)}:
            raise QuestionError("This phone sends no more.")
        with suppress(GoneError):  # it was stopped by the office
            self.vault.revoke_device(person, device, now)
        with self.database.write() as connection:
            connection.execute(delete(sending_phone).where(mine))
