"""Support, whole: follow-up, tickets, pauses, reminders and replies, and what the clock asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.followup.beginning import Beginnings
from fortnight.followup.codes import Codes
from fortnight.followup.days import Days
from fortnight.followup.duty import DutyBell
from fortnight.followup.record import Record
from fortnight.followup.store import FollowUps
from fortnight.isolation.pauses import Pauses
from fortnight.isolation.reminders import Reminders
from fortnight.isolation.replies import Replies
from fortnight.isolation.tickets import Tickets

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from fortnight.case.cases import Cases
    from fortnight.case.decisions import Decisions
    from fortnight.case.named import NamedContacts
    from fortnight.followup.emergency import Duty


@dataclass(frozen=True, slots=True)
class Support:
    """The rooms of follow-up and support."""

    followups: FollowUps
    tickets: Tickets
    pauses: Pauses
    reminders: Reminders
    replies: Replies
    record: Record
    bell: DutyBell

    @classmethod
    def of(
        cls,
        cases: Cases,
        decisions: Decisions,
        named: NamedContacts,
        duty: Duty,
        zone: ZoneInfo,
        clock: Callable[[], int],
    ) -> Support:
        """Put the rooms together, on what the case work stands on."""
        database, vault, outbox, random = cases.database, cases.vault, cases.outbox, cases.random
        record = Record(database, random)
        tickets = Tickets(database, vault, record, random)
        bell = DutyBell(database, duty, random)
        codes = Codes(database, vault, random, cases.secret)
        days = Days(vault, outbox, codes, bell, tickets, record)
        consents = outbox.consents
        beginnings = Beginnings(
            database, vault, consents, cases, decisions, named, record, random, zone
        )
        followups = FollowUps(database, vault, beginnings, days, codes, zone, clock)
        return cls(
            followups,
            tickets,
            Pauses(database, days, record, random, zone),
            Reminders(database, vault, record),
            Replies(database, followups, random),
            record,
            bell,
        )

    def turn(self, now: int) -> None:
        """Do what the clock asks for, but ringing, which needs a gateway."""
        self.pauses.turn(now)
        self.replies.turn(now)
        self.followups.turn(now)
        self.reminders.turn(now)
