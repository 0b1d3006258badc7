"""Passkeys in a real browser: registered by invitation, signed in with, asked for once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.services import Clock, stores_in
from tests.staff_server import office

from fortnight.db.office_tables import staff_passkey, staff_session
from fortnight.staff.accounts import NewAccount

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page
    from tests.integration.web_service import Doors

pytestmark = pytest.mark.browser
LEAD = NewAccount("anna", "lead", "Anna", "district")


@pytest.fixture
def world(world_folder: Path) -> Iterator[Doors]:
    with stores_in(world_folder, Clock()) as stores, office(stores) as opened:
        yield opened


@pytest.fixture
def page(browser_without_webgl: Browser) -> Iterator[Page]:
    context = browser_without_webgl.new_context()
    yield context.new_page()
    context.close()


def authenticator(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, str(made["authenticatorId"])


def invite(world: Doors, new: NewAccount = LEAD) -> str:
    made = world.staff.accounts.add(new, by="test", now=world.clock())
    return f"{world.settings.origin}/office/invitation#{made.code}"


def register(world: Doors, page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Register a passkey").click()
    page.wait_for_url(f"{world.settings.origin}/office")


def cookie(page: Page) -> str:
    return next(one["value"] for one in page.context.cookies() if one["name"] == "session")


def sessions(world: Doors) -> list[tuple[bytes, int | None]]:
    with world.database.read() as connection:
        columns = (staff_session.c.secret_hash, staff_session.c.stepped_up_at)
        return [tuple(row) for row in connection.execute(select(*columns))]


@pytest.mark.on_both
def test_from_the_invitation_to_what_asks_once_more(world: Doors, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    authenticator(page)
    register(world, page, invite(world))
    first = cookie(page)
    assert len(sessions(world)) == 1

    page.goto(f"{world.settings.origin}/office/sign-in?next=/office/step-up")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{world.settings.origin}/office/step-up")
    assert cookie(page) != first, "a sign-in gives another secret"
    ((_, stepped_up),) = sessions(world)
    assert stepped_up is None

    page.goto(f"{world.settings.origin}/office/step-up?next=/office/sign-in")
    page.get_by_role("button", name="Show it with a passkey").click()
    page.wait_for_url(f"{world.settings.origin}/office/sign-in")
    ((_, stepped_up),) = sessions(world)
    assert stepped_up is not None
    with world.database.read() as connection:
        counts = list(connection.scalars(select(staff_passkey.c.sign_count)))
    assert counts != [0]
    assert errors == []


def test_an_invitation_is_used_once(world: Doors, page: Page) -> None:
    session, device = authenticator(page)
    link = invite(world)
    register(world, page, link)
    session.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Register a passkey").click()
    page.get_by_role("alert").filter(has_text="The invitation is unknown").wait_for()


def test_a_passkey_that_nobody_registered_here_opens_nothing(world: Doors, page: Page) -> None:
    authenticator(page)
    register(world, page, invite(world))
    account = world.staff.accounts.with_login("anna")
    assert account is not None
    world.staff.accounts.invite(account.id, by="test", now=world.clock())  # the passkey is lost
    page.goto(f"{world.settings.origin}/office/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="opens no account here").wait_for()
    assert sessions(world) == []


def test_another_colleagues_passkey_does_not_step_up(world: Doors, page: Page) -> None:
    session, device = authenticator(page)
    other = NewAccount("olga", "lead", "Olga", "district")
    register(world, page, invite(world, other))
    held = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    session.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    register(world, page, invite(world))
    session.send("WebAuthn.clearCredentials", {"authenticatorId": device})
    credential = {"authenticatorId": device, "credential": held[0]}
    session.send("WebAuthn.addCredential", credential)
    page.goto(f"{world.settings.origin}/office/step-up")
    page.get_by_role("button", name="Show it with a passkey").click()
    page.get_by_role("alert").filter(has_text=".").wait_for()
    assert [stepped_up for _, stepped_up in sessions(world)] == [None]


def test_a_device_that_asks_for_no_finger_or_code_is_not_enough(world: Doors, page: Page) -> None:
    authenticator(page, verifies=False)
    page.goto(invite(world))
    page.get_by_role("button", name="Register a passkey").click()
    page.get_by_role("alert").filter(has_text="No passkey was made").or_(
        page.get_by_role("alert").filter(has_text="Nothing was signed")
    ).wait_for()
    assert sessions(world) == []
