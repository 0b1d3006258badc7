"""A person's own reminder, turned on and off on a page of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.portal_world import Portal, checked, portal_world, signed
from tests.services import Clock

from fortnight.errors import QuestionError
from fortnight.isolation.reminder import Position
from fortnight.web.portal.remind import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE: Final = "/portal/remind"


@pytest.fixture(scope="module")
def portal(world_folders: pytest.TempPathFactory) -> Iterator[Portal]:
    folder: Path = world_folders.mktemp("portal")
    with portal_world(folder, Clock()) as made:
        yield signed(made)


def near(portal: Portal, lon: float, lat: float) -> bool:
    now = portal.office.clock()
    position = Position(now, 720, lon, lat, 10.0)
    return portal.office.support.reminders.position(portal.office.contact, position, now)


def test_it_is_turned_on_around_a_typed_place_and_off_again(portal: Portal) -> None:
    assert "It is off." in portal.page(PAGE)
    assert "/portal/remind" in portal.page("/portal/today")
    assert portal.send(PAGE, act="place", place="54.6872, 25.2797").status_code == 303
    page = portal.page(PAGE)
    assert "It is on" in page
    assert "54.6872, 25.2797</" not in page
    assert portal.send(PAGE, act="off").status_code == 303
    assert "It is off." in portal.page(PAGE)
    record = portal.page("/portal/record")
    assert record.count("Your own reminder was turned on") == 1
    assert record.count("Your own reminder was turned off") == 1


def test_it_waits_for_the_phone_where_somebody_says_that_they_are_at_home(portal: Portal) -> None:
    assert portal.send(PAGE, act="here").status_code == 303
    assert "It waits for your phone" in portal.page(PAGE)
    assert not near(portal, 25.3, 54.7)
    assert "It is on" in portal.page(PAGE)
    portal.send(PAGE, act="off")
    portal.send(PAGE, act="here")
    portal.send(PAGE, act="off")
    near(portal, 25.3, 54.7)
    assert "It is off." in portal.page(PAGE)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"act": "place", "place": "my house"}, "not two numbers of a place"),
        ({"act": "place", "place": "95.1, 25.2"}, "not two numbers of a place"),
        ({"act": "place", "place": "54.1, 925.2"}, "no place on the globe"),
        ({"act": "place"}, "not two numbers of a place"),
        ({"act": "made-up"}, "Choose one of the list"),
    ],
)
def test_what_cannot_be_used_is_said_and_kept_in_the_form(
    portal: Portal, fields: dict[str, Any], said: str
) -> None:
    page = checked(portal.send(PAGE, **fields), 422)
    assert said in page
    assert f'value="{fields.get("place", "")}"' in page
    assert "It is off." in page


@pytest.mark.parametrize(
    "said",
    ["54.6872, 25.2797", " 54.6872,25.2797 ", "geo:54.6872,25.2797?z=19", "54.6872° 25.2797°"],
)
def test_two_numbers_are_read_as_map_apps_give_them(said: str) -> None:
    assert place_of(said) == (25.2797, 54.6872)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_that_can_be_written_is_read(lat: float, lon: float) -> None:
    assert place_of(f"{lat:.6f}, {lon:.6f}") == (float(f"{lon:.6f}"), float(f"{lat:.6f}"))


@given(st.text(max_size=80))
def test_no_text_does_worse_than_be_refused(said: str) -> None:
    try:
        lon, lat = place_of(said)
    except QuestionError:
        return
    assert abs(lat) <= 90
    assert abs(lon) < 1_000
