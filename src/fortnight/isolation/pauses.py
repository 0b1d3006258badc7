"""Pauses: in hospital, or at an appointment. While one lasts nobody asks, reminds or calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import insert, select, update

from fortnight.case.files import log
from fortnight.db.support_tables import follow_day, support_pause
from fortnight.errors import ConflictError, QuestionError
from fortnight.followup.day import Paused, Resumed
from fortnight.followup.rows import here, row_of, running_of
from fortnight.notify.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database
    from fortnight.followup.days import Days
    from fortnight.followup.record import Record
    from fortnight.followup.rows import Here
    from fortnight.vault.purposes import Reader

Kind = Literal["hospital", "appointment"]
LONGEST_APPOINTMENT_MS: Final = 86_400_000
_KINDS: Final = ("hospital", "appointment")


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses of people at home."""

    database: Database
    days: Days
    record: Record
    random: Callable[[int], bytes]
    zone: ZoneInfo

    def pause(self, person: str, kind: Kind, until: int | None, now: int) -> None:
        """Pause everything of a person, at their own word and at once.

        ``until`` in ms since 1970; a stay in hospital lasts until they are back where it is None,
        an appointment until tomorrow at most.
        """
        until = _until(kind, until, now)
        with self.database.write() as connection:
            running = running_of(connection, person)
            if not running:
                raise ConflictError("Nobody asks you anything: there is nothing to pause.")
            self._begin(connection, running, kind, until, now)

    def pause_by(
        self, follow_up_id: str, kind: Kind, until: int | None, reader: Reader, now: int
    ) -> None:
        """Pause a follow-up at what somebody said on the phone."""
        until = _until(kind, until, now)
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            self._begin(connection, [row], kind, until, now)
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            log(connection, "case", entry | {"step": "paused"}, reader, now, self.random)

    def back(self, person: str, now: int) -> None:
        """End every pause of a person: today begins anew."""
        with self.database.write() as connection:
            for row in running_of(connection, person):
                self._end(connection, row, now)

    def back_by(self, follow_up_id: str, reader: Reader, now: int) -> None:
        """End the pause of a follow-up at what somebody said on the phone."""
        with self.database.write() as connection:
            row = row_of(connection, follow_up_id)
            self._end(connection, row, now)
            entry: dict[str, str | int] = {"case": row.case_id, "contact": row.contact}
            log(connection, "case", entry | {"step": "back"}, reader, now, self.random)

    def turn(self, now: int) -> int:
        """Begin the day of those anew whose pause ran out; return how many."""
        p = support_pause.c
        out = p.ended_at.is_(None) & (p.until_at <= now)
        with self.database.read() as connection:
            ended = list(connection.scalars(select(p.follow_up).where(out).distinct()))
        if ended:
            with self.database.write() as connection:
                for follow_up_id in ended:
                    self._end(connection, row_of(connection, follow_up_id), now)
        return len(ended)

    def _begin(
        self,
        connection: Connection,
        rows: Iterable[Row[Any]],
        kind: Kind,
        until: int | None,
        now: int,
    ) -> None:
        for row in rows:
            at = self._here(row, now)
            self._closed(connection, row, now)
            values = {"id": self.random(16).hex(), "case_id": row.case_id, "follow_up": row.id}
            connection.execute(
                insert(support_pause).values(
                    person=row.person, kind=kind, from_at=now, until_at=until, **values
                )
            )
            self.days.tick(connection, row, at.day, Paused(), at)
            self.record.note(connection, row.person, "paused", kind, now)

    def _end(self, connection: Connection, row: Row[Any], now: int) -> None:
        if self._closed(connection, row, now):
            at, d = self._here(row, now), follow_day.c
            there = select(d.day).where(d.follow_up == row.id, d.day == at.day)
            if connection.scalar(there) is not None:
                self.days.tick(connection, row, at.day, Resumed(at.minute), at)
            self.record.note(connection, row.person, "back", "", now)

    def _here(self, row: Row[Any], now: int) -> Here:
        return here(now, Zones(self.database, self.days.vault, self.zone).of(row.person))

    def _closed(self, connection: Connection, row: Row[Any], now: int) -> bool:
        p = support_pause.c
        open_ones = update(support_pause).where(p.follow_up == row.id, p.ended_at.is_(None))
        return connection.execute(open_ones.values(ended_at=now)).rowcount > 0


def _until(kind: Kind, until: int | None, now: int) -> int | None:
    if kind not in _KINDS:
        raise QuestionError(f"A pause is for one of {', '.join(_KINDS)}.")
    if until is not None and until <= now:
        raise QuestionError("A pause ends after now: check the time.")
    if kind == "hospital":
        return until
    most = now + LONGEST_APPOINTMENT_MS
    return most if until is None else min(until, most)
