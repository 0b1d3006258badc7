"""Follow-up, tickets and a reply for an office in the middle of its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update
from tests.endings import unguarded
from tests.office_world import TODAY, OfficeWorld, reader
from tests.services import DAY
from tests.whole_service import agree

from fortnight.db.support_tables import exposure_reply, follow_day, follow_up, support_ticket
from fortnight.db.tables import case_file
from fortnight.isolation.needs import Need
from fortnight.isolation.rescore import Reply

if TYPE_CHECKING:
    from fortnight.service import Service

NOTE: Final = "Позвонить вечером"
_ANSWERED: Final = (
    (TODAY, ("chest-pain", "cough"), ("food", "letter")),
    (TODAY - 1, (), ("talk",)),
    (TODAY - 2, ("fever",), ()),
    (TODAY - 3, (), ()),
)
_HELD: Final = {"name": "Имя", "address": "Имя", "items": "Имя", "medicine": "Имя"}


def supported(office: OfficeWorld, named_case: str, named: str) -> tuple[str, ...]:
    """Follow a case, and somebody whom another case named; return the paths of their pages."""
    service, now, who = office.service, office.clock(), reader(office.worker)
    with service.database.read() as connection:
        person = connection.scalar(
            select(case_file.c.person).where(case_file.c.id == office.case_id)
        )
    agree(service, str(person), "support")
    own = service.support.followups.begin_case(office.case_id, who, now)
    decisions, account = service.work.decisions, office.worker.account.id
    made = decisions.decide(named_case, named, "tell", NOTE, account, who, now)
    if made.is_waiting:
        lead = office.lead
        decisions.approve(made.id, lead.account.id, reader(lead), now)
    other = service.support.followups.begin_contact(named_case, named, who, now)
    _answered(office, own)
    service.support.followups.record_call(other, TODAY, (), who, now, note=NOTE)
    service.support.replies.reply_by(other, Reply.WALL, NOTE, who, now)
    service.support.pauses.pause_by(other, "appointment", None, who, now)
    asked = service.support.tickets.ask(str(person), Need.MEDICINE, _HELD, now)
    _late(service, asked)
    replies = service.support.replies.of_case(named_case, now)
    tickets = service.support.tickets.of_case(office.case_id, now)
    return (
        "/office/tickets",
        f"{office.case}/follow-ups/{own}",
        f"/office/cases/{named_case}/follow-ups/{other}",
        *(f"{office.case}/tickets/{one.id}" for one in tickets),
        f"/office/cases/{named_case}/contacts/{named}/replies/{replies[0].id}",
    )


def _answered(office: OfficeWorld, followed: str) -> None:
    """Let four days be answered: the follow-up is taken to have begun before them."""
    service, now, who = office.service, office.clock(), reader(office.worker)
    with unguarded(service.database) as connection:
        mine = update(follow_up).where(follow_up.c.id == followed)
        connection.execute(mine.values(first_day=TODAY - 6))
        for day, state in ((TODAY - 4, "to-call"), (TODAY - 5, "reminded"), (TODAY - 6, "paused")):
            row = {"follow_up": followed, "day": day, "case_id": office.case_id}
            connection.execute(follow_day.insert().values(**row, state=state, since=600))
    for day, symptoms, needs in _ANSWERED:
        call = service.support.followups.record_call
        call(followed, day, symptoms, who, now, needs=needs, note=NOTE)


def _late(service: Service, ticket: str) -> None:
    """Let a ticket and every reply be overdue."""
    past = {"due_at": service.clock() - DAY}
    with unguarded(service.database) as connection:
        mine = update(support_ticket).where(support_ticket.c.id == ticket)
        connection.execute(mine.values(past))
        connection.execute(update(exposure_reply).values(past))
