"""A small health office that follows people: a case, a contact, and one who was named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select
from tests.case_world import CASE_NUMBER, CONTACT_NUMBER, DAY_MS
from tests.services import HOUR, MINUTE
from tests.work_world import Colleagues, contact_id

from fortnight.case.named import NamedContacts, NewNamed
from fortnight.db.support_tables import follow_day, support_ticket
from fortnight.db.tables import exposure, message
from fortnight.followup.emergency import Duty
from fortnight.isolation.rooms import Support

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services import Clock

    from fortnight.db.engine import Database
    from fortnight.followup.parts import AnsweredDay

DUTY = Duty("112", "+37060000111", 8, 20)
CONTACT = contact_id(0)


class Following(Colleagues):
    """Colleagues who follow people; it is noon."""

    def __init__(self, database: Database, clock: Clock, random: Callable[[int], bytes]) -> None:
        super().__init__(database, clock, random)
        self.named = NamedContacts(database, self.vault, random)
        self.support = Support.of(
            self.cases, self.decisions, self.named, DUTY, ZoneInfo("UTC"), clock
        )
        self.followups = self.support.followups
        self.fake.contacts[CONTACT] = self.contact
        for person in (self.person, self.contact):
            for kind in ("notify", "support"):
                self.grant(person, kind)

    @property
    def today(self) -> int:
        return self.clock() // DAY_MS

    def told(self) -> str:
        """Return a case whose contact somebody decided to tell."""
        case_id = self.traced()
        self.tier(case_id, "told-and-tested")
        self.decisions.decide(
            case_id, CONTACT, "tell", "close", self.ann.actor, self.ann, self.clock()
        )
        return case_id

    def tier(self, case_id: str, tier: str) -> None:
        with self.database.write() as connection:
            same = exposure.update().where(exposure.c.case_id == case_id)
            connection.execute(same.values(tier=tier))

    def followed(self, *, by_voice: bool = False) -> str:
        """Return the follow-up of a contact."""
        return self.followups.begin_contact(
            self.told(), CONTACT, self.ann, self.clock(), by_voice=by_voice
        )

    def named_contact(self, case_id: str) -> str:
        """Name somebody in an interview, and decide to tell them."""
        new = NewNamed(
            case_id=case_id,
            name="the neighbour",
            number="+37060000003",
            notes="",
            first_day=self.today - 2,
            last_day=self.today - 1,
            setting="household",
            household=None,
            pregnant=False,
            weak_immunity=False,
        )
        contact = self.named.add(new, self.ann.actor, self.ann, self.clock())
        self.decisions.decide(
            case_id, contact, "tell", "close", self.ann.actor, self.ann, self.clock()
        )
        return contact

    def at(self, hour: int, minute: int = 0, *, days: int = 0) -> int:
        """Move the clock to an hour of today, or of a day later, and let the rooms take a turn."""
        self.clock.now = (self.today + days) * DAY_MS + hour * HOUR + minute * MINUTE
        self.support.turn(self.clock())
        return self.clock()

    def answer(
        self, follow_up: str, *symptoms: str, needs: tuple[str, ...] = (), note: str = ""
    ) -> AnsweredDay:
        now = self.clock()
        return self.followups.answer(self.contact, follow_up, symptoms, now, needs=needs, note=note)

    def texts(self, template: str) -> list[dict[str, str]]:
        """Return the values of the texts of a template that wait, the oldest first."""
        rows = [row for row in self.messages() if row.template == template]
        return [cast("dict[str, str]", json.loads(json.loads(row.sealed)[2])) for row in rows]

    def digits(self) -> str:
        """Read the last digits off the phone."""
        with self.database.read() as connection:
            asked = message.c.template.in_(("question", "question-again"))
            rows = connection.execute(
                select(message).where(asked).order_by(message.c.made_at, message.c.id)
            ).all()
        return cast("str", json.loads(json.loads(rows[-1].sealed)[2])["code"])

    def needs(self) -> list[str]:
        """Return the needs of the open tickets, sorted."""
        with self.database.read() as connection:
            t = support_ticket.c
            return sorted(connection.scalars(select(t.need).where(t.ended_at.is_(None))))

    def state(self, follow_up: str) -> str | None:
        with self.database.read() as connection:
            d = follow_day.c
            found = select(d.state).where(d.follow_up == follow_up, d.day == self.today)
            return connection.scalar(found)


__all__ = ["CASE_NUMBER", "CONTACT", "CONTACT_NUMBER", "DUTY", "Following"]
