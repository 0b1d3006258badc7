"""My data in the whole service, on both databases: what is held, one's own days, one's own look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services import HOUR, MINUTE, Clock, seeded
from tests.whole_service import DAY, enrolled, opened, send_fixes, settings_in

from fortnight.mine.looks import QUESTIONED, Looks
from fortnight.web.office.language import Speech
from fortnight.web.portal.map import drawing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.case.reviews import Reviews
    from fortnight.service import Service

NUMBER = "+37060000001"
HOME, WORK = (25.28, 54.68), (25.30, 54.69)


@pytest.fixture
def service(world_folder: Path, clock: Clock) -> Iterator[Service]:
    with opened(settings_in(world_folder, clock()), clock, seeded().randbytes) as one:
        yield one


def walked(service: Service, now: int) -> str:
    """Let somebody be at home and at work for two days, until now; return them."""
    person = enrolled(service, NUMBER, "trace.phone")
    fixes = []
    for minutes in range(0, 2 * 24 * 60, 4):
        at = now - minutes * MINUTE
        lon, lat = WORK if 9 <= at // HOUR % 24 < 17 else HOME
        fixes.append((at, lon, lat))
    send_fixes(service, person, sorted(fixes), "b1")
    service.drain.drain(now)
    service.days.refresh(now)
    return person


def test_what_is_held_the_days_and_their_coverage_under_a_look_of_one_s_own(
    service: Service, clock: Clock
) -> None:
    now = clock()
    person, today = walked(service, now), now // DAY
    held = service.mine.holding.of_person(person, now)
    (fixes,) = held.evidence
    assert (fixes.kind, fixes.origins, fixes.rows) == ("fixes", ("phone",), 720)
    assert (fixes.first_day, fixes.last_day, fixes.days) == (today - 2, today, 3)
    assert (fixes.goes_first, fixes.goes_last) == (today + 13, today + 15)
    assert [one.kind for one in held.grants] == ["trace.phone"]

    covered = service.mine.covered(person, now)
    assert covered.minutes == 14 * 24 * 60
    assert covered.minutes - covered.missing == pytest.approx(2 * 24 * 60, abs=10)

    seen = [service.mine.track.day(person, day, now) for day in (today - 1, today)]
    assert seen[0].days == (today - 2, today - 1)
    assert max(part.end for part in seen[0].parts) <= now - DAY  # nothing newer than 24 hours
    assert {part.kind for part in seen[0].parts} >= {"stay"}
    assert seen[1].parts == ()
    drawn = drawing(seen[0], Speech("en", "UTC"))
    assert [place.letter for place in drawn.places] == ["A", "B"]
    assert [line.place for line in drawn.lines if line.kind == "stay"] == ["A", "B"]

    own, count = service.mine.looks.of_person(person, 0, 50)
    assert count == len(own) == 4
    assert {(one.role, one.purpose, one.is_own) for one in own} == {("participant", "rights", True)}
    assert {one.fields for one in own} == {("evidence", "pseudonyms")}


def test_who_sent_nothing_is_covered_by_nothing_and_questions_a_look(
    service: Service, clock: Clock
) -> None:
    person = enrolled(service, NUMBER, "trace.phone")
    assert service.mine.covered("0" * 32, clock()).share_missing == 1  # nobody: no look either
    assert service.mine.covered(person, clock()).share_missing == 1
    looks: Looks = service.mine.looks
    ((look,), _) = looks.of_person(person, 0, 50)
    asked = looks.question(person, look.id, clock())
    reviews: Reviews = service.oversight.reviews
    service.log.sequence(clock.advance(MINUTE))
    assert '"step": "review-asked"' in looks.receipt_of_question(person, look.id, "asked")
    assert set(reviews.about(QUESTIONED, [look.id])) == {look.id}
    assert asked == reviews.about(QUESTIONED, [look.id])[look.id].id
    facts = service.oversight.questioned.looks([look.id])
    assert (facts[look.id].role, facts[look.id].by_name) == ("participant", None)
