"""Follow-up in the whole service, with its own vault, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from tests.services import HOUR, Clock, seeded
from tests.whole_service import DAY, WORKER, enrolled, open_case, opened, settings_in

from fortnight.db.support_tables import (
    follow_day,
    follow_up,
    home_reminder,
    portal_code,
    support_record,
    support_ticket,
)
from fortnight.db.tables import message
from fortnight.errors import RefusedError
from fortnight.isolation.needs import Need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.service import Service

NUMBER = "+37060000001"
THEIRS = (follow_up, follow_day, support_ticket, support_record, home_reminder, portal_code)


@pytest.fixture
def service(world_folder: Path, clock: Clock) -> Iterator[Service]:
    with opened(settings_in(world_folder, clock()), clock, seeded().randbytes) as one:
        yield one


def test_a_case_is_asked_answers_is_read_under_a_look_and_is_erased(
    service: Service, clock: Clock
) -> None:
    person = enrolled(service, NUMBER, "trace.phone", "notify", "support")
    case_id = open_case(service, NUMBER, clock() // DAY - 2)
    support = service.support
    followed = support.followups.begin_case(case_id, WORKER, clock())
    clock.now = (clock() // DAY + 1) * DAY + 10 * HOUR
    support.turn(clock())
    with service.database.read() as connection:
        asked = connection.scalars(select(message.c.template)).all()
    assert "question" in asked
    service.texts.send(clock())
    support.tickets.ask(person, Need.FOOD, {"items": "bread"}, clock())
    support.reminders.turn_on(person, 25.2, 54.7, clock())
    assert service.texts.post.answers.taken(person, clock() // DAY, 2)

    page = support.followups.open(followed, WORKER, clock())
    assert [one.number for one, _ in page.answers.values()] == [2]
    (ticket, *_) = support.tickets.open_ones("district", clock()) or support.tickets.of_case(
        case_id, clock()
    )
    assert support.tickets.read(ticket.id, WORKER, clock())["number"] == NUMBER
    purposes = [look.purpose for look in service.vault.looks_at(person)]
    assert purposes.count("support") == 2

    service.consents.withdraw(person, "support", clock())
    with pytest.raises(RefusedError):
        support.followups.open(followed, WORKER, clock())

    service.eraser.erase(person, clock())
    with service.database.read() as connection:
        for table in THEIRS:
            assert connection.scalar(select(func.count()).select_from(table)) == 0, table.name
    service.log.sequence(clock())
    assert service.fsck.findings(clock()) == []
