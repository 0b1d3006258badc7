"""Exact times and places: with the case's own grant alone, unlocked, and gone with it at once."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select, update
from tests.portal_world import OWN, Portal, portal_world, signed, unlocked
from tests.services import DAY, HOUR, MINUTE, Clock
from tests.unit.sample_document import sample_document
from tests.work_world import iso

from fortnight.case.exact import exact_meetings
from fortnight.consent.exact import allows_exact
from fortnight.consent.texts import current_text
from fortnight.db.office_tables import decision
from fortnight.db.tables import case_file
from fortnight.errors import RefusedError
from fortnight.taking.meetings import meetings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.report.document import ContactDocument

KIND: Final = "exact"
NOTES: Final = "/portal/notes"


@pytest.fixture(scope="module")
def portal(world_folders: pytest.TempPathFactory) -> Iterator[Portal]:
    """Yield a portal before which the contact sits, unlocked: all that could be seen is seen."""
    with portal_world(world_folders.mktemp("exact"), Clock()) as made:
        yield unlocked(signed(made))


@pytest.fixture
def own_portal(world_folder: Path, clock: Clock) -> Iterator[Portal]:
    with portal_world(world_folder, clock) as made:
        yield signed(made)


def case_of(portal: Portal) -> str:
    with portal.office.database.read() as connection:
        return str(connection.scalars(select(decision.c.case_id)).one())


def met(portal: Portal, start: int, minutes: float, lon: float = 24.1, lat: float = 56.9) -> str:
    """Put a measurement in the place of what the contact was told of; return the case."""
    case_id = case_of(portal)
    with portal.office.database.write() as connection:
        connection.execute(update(case_file).values(state="agreed"))
    portal.office.found(case_id, [document(portal, start, minutes, lon, lat)])
    portal.office.tier(case_id, "told-and-tested")
    return case_id


def document(portal: Portal, start: int, minutes: float, lon: float, lat: float) -> ContactDocument:
    end = start + round(minutes * MINUTE)
    episode = replace(
        sample_document(1).contacts[0].episodes[0],
        start=iso(start), end=iso(end), expected_minutes=minutes, minutes=minutes,
        presumed=False, lon=lon, lat=lat,
    )  # fmt: skip
    return replace(
        portal.office.contact_met(0), first=iso(start), last=iso(end), minutes=minutes,
        episodes=[episode],
    )  # fmt: skip


def seven(portal: Portal) -> int:
    """Return seven in the morning, three days ago."""
    return portal.service.now // DAY * DAY - 3 * DAY + 7 * HOUR


def shown(portal: Portal) -> bytes:
    """Return the page of notes without what differs from one loading to the next."""
    return re.sub(rb'name="csrf" value="\w+"', b"", portal.get(NOTES).content)


def copied(portal: Portal) -> list[dict[str, Any]]:
    return meetings(portal.office.database, portal.office.vault, portal.office.contact)


def allow(portal: Portal) -> None:
    portal.office.grant(portal.office.person, KIND)


def forbid(portal: Portal) -> None:
    portal.office.consents.withdraw(portal.office.person, KIND, portal.office.clock())


STARTS: Final = st.integers(0, 4 * 60 - 1)
PLACES: Final = st.tuples(st.floats(-179, 179), st.floats(-80, 80))


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # two times and places say it all
)
@given(STARTS, STARTS, st.integers(16, 59), st.integers(16, 59), PLACES, PLACES)
def test_without_the_grant_no_byte_tells_one_time_or_place_from_another(
    portal: Portal,
    start: int,
    other_start: int,
    minutes: int,
    other_minutes: int,
    place: tuple[float, float],
    other_place: tuple[float, float],
) -> None:
    """Two meetings of the same part of the day and band give the same page, and the same copy."""
    met(portal, seven(portal) + start * MINUTE, minutes, *place)
    one = shown(portal), copied(portal)
    met(portal, seven(portal) + other_start * MINUTE, other_minutes, *other_place)
    assert (shown(portal), copied(portal)) == one
    assert one[1] == []


def test_with_the_grant_page_and_copy_have_it_and_without_it_again_nothing_is_left(
    portal: Portal,
) -> None:
    start = seven(portal) + 7 * MINUTE
    case_id = met(portal, start, 47, 24.10437, 56.90123)
    before = shown(portal)
    assert "they could tell who it was" in before.decode()
    allow(portal)
    try:
        page = portal.page(NOTES)
        assert "Fri 27 Feb, 07:07 \u2013 07:54" in page
        assert "56.9012, 24.1044" in page
        (taken,) = copied(portal)
        assert (taken["lon"], taken["lat"]) == (24.10437, 56.90123)
        assert (taken["start"][-13:], taken["end"][-13:]) == ("07:07:00.000Z", "07:54:00.000Z")
    finally:
        forbid(portal)
    assert shown(portal) == before
    assert copied(portal) == []
    with portal.office.database.read() as connection:
        openers = portal.office.vault.opener_of_case
        assert exact_meetings(connection, case_id, "0" * 16, openers) == ()


def test_the_last_24_hours_are_on_no_page(portal: Portal) -> None:
    met(portal, portal.service.now - 20 * HOUR, 47)
    allow(portal)
    try:
        page = portal.page(NOTES)
    finally:
        forbid(portal)
    assert "Nothing is held that is older than 24 hours." in page
    assert "56.9" not in page


def test_a_meeting_that_was_taken_back_is_not_shown(own_portal: Portal) -> None:
    met(own_portal, seven(own_portal), 47)
    allow(own_portal)
    with own_portal.office.database.write() as connection:
        connection.execute(update(decision).values(retracted_at=1, retracted_why="mistaken"))
    assert copied(own_portal) == []


def test_whoever_did_not_show_the_pin_sees_that_there_is_something_and_nothing_of_it(
    own_portal: Portal,
) -> None:
    met(own_portal, seven(own_portal), 47, 24.10437, 56.90123)
    allow(own_portal)
    one = shown(own_portal)
    assert b'href="/portal/unlock?next=/portal/notes"' in one
    met(own_portal, seven(own_portal) + 40 * MINUTE, 31, -70.5, 12.3)
    assert shown(own_portal) == one
    unlocked(own_portal)
    assert "07:40" in own_portal.page(NOTES)


# -- the case's own choice -----------------------------------------------------------------------


def test_the_case_alone_is_asked_and_turns_it_on_and_off_in_the_log(own_portal: Portal) -> None:
    office = own_portal.office
    assert 'id="exact"' not in own_portal.page("/portal/choices")
    text = current_text(KIND, "en")
    with pytest.raises(RefusedError, match="no open file"):
        own_portal.service.enrolment.grants._make_room(office.contact, office.clock())  # type: ignore[attr-defined] # noqa: SLF001 - past the page
    signed(own_portal, case=True)
    own_portal.service.enrolment.people.came_in(office.person, "code", office.clock())  # type: ignore[attr-defined] # set by the world
    own_portal.send("/portal/choices", act="of-age")
    assert 'id="exact"' in own_portal.page("/portal/choices")
    before = office.leaves("grant"), office.leaves("withdrawal")
    said = {"csrf": own_portal.csrf, "act": "give", "kind": KIND, "version": text.version}
    own_portal.client.post(
        "/portal/choices", data=said | {"language": "en"}, headers=OWN, follow_redirects=False
    )
    assert allowed(own_portal)
    assert text.title in own_portal.page("/portal/held")
    assert own_portal.send("/portal/choices", act="withdraw", kind=KIND).status_code == 303
    assert not allowed(own_portal)
    after = office.leaves("grant"), office.leaves("withdrawal")
    assert after == (before[0] + 1, before[1] + 1)


def allowed(portal: Portal, case_id: str = "") -> bool:
    with portal.office.database.read() as connection:
        return allows_exact(connection, case_id or case_of(portal))


@pytest.mark.parametrize("ending", ["withdraw_test", "close"])
def test_it_ends_with_the_case(own_portal: Portal, ending: str) -> None:
    office = own_portal.office
    allow(own_portal)
    assert allowed(own_portal)
    getattr(office.cases, ending)(case_of(own_portal), office.ann, office.clock())
    assert not allowed(own_portal)
    assert not office.consents.live(None, office.person, KIND)


def test_what_was_said_of_one_test_does_not_count_for_the_next(own_portal: Portal) -> None:
    office = own_portal.office
    allow(own_portal)
    with office.database.write() as connection:  # a file that is gone by the clock, not closed
        connection.execute(update(case_file).values(state="closed", closed_at=office.clock()))
    office.clock.advance(DAY)
    later = office.new_agreed()
    assert office.consents.live(None, office.person, KIND)
    assert not allowed(own_portal, later)
    text = current_text(KIND, "en")
    grants = own_portal.service.enrolment.grants  # type: ignore[attr-defined] # set by the world
    people = own_portal.service.enrolment.people  # type: ignore[attr-defined] # as above
    people.came_in(office.person, "code", office.clock())
    people.is_of_age(office.person, office.clock())
    grants.give(office.person, KIND, text.version, "en", office.clock(), by=office.person)
    assert allowed(own_portal, later)


def test_the_text_says_that_time_and_place_can_name_them() -> None:
    said = json.dumps(current_text(KIND, "en").paragraphs)
    assert "can tell them who you are" in said
