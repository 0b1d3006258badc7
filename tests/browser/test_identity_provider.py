"""Signing in at a real identity provider that we did not write: npm's `oidc-provider`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.test_sign_in import sessions
from tests.served import free_port
from tests.services import Clock, stores_in
from tests.staff_server import office, wait_for

from fortnight.staff.accounts import NewAccount
from fortnight.staff.oidc import CALLBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from tests.integration.web_service import Doors

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parents[1] / "oidc"


@pytest.fixture
def world(world_folder: Path) -> Iterator[Doors]:
    """Serve the office, and the provider that it is set to."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("no oidc-provider here: `npm install --prefix tests/oidc` (.ci/run does)")
    port, issuer = free_port(), f"http://localhost:{free_port()}"
    command = [node, "provider.mjs", issuer, f"http://localhost:{port}{CALLBACK}"]
    with (
        (world_folder / "provider.log").open("w") as log,
        subprocess.Popen(command, cwd=FOLDER, stdout=log, stderr=log) as provider,
        stores_in(world_folder, Clock()) as stores,
        office(stores, port, oidc_issuer=issuer, oidc_client_id="fortnight") as opened,
    ):
        try:
            wait_for(f"{issuer}/.well-known/openid-configuration", lambda: provider.poll() is None)
            yield opened
        finally:
            provider.terminate()


@pytest.fixture
def page(browser_without_webgl: Browser) -> Iterator[Page]:
    context = browser_without_webgl.new_context()
    yield context.new_page()
    context.close()


def sign_in_there(world: Doors, page: Page, subject: str) -> None:
    """Go to the provider from our page, sign in there, and come back."""
    page.goto(f"{world.settings.origin}/office/sign-in")
    page.get_by_role("link", name="Sign in at the identity provider").click()
    page.wait_for_url(f"{world.settings.oidc_issuer}/**")
    page.locator("input[name=login]").fill(subject)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.on_both
def test_whom_the_provider_shows_is_signed_in_and_steps_up_there(world: Doors, page: Page) -> None:
    new = NewAccount("anna", "lead", "Anna", "district", subject="subject-of-anna")
    world.staff.accounts.add(new, by="test", now=world.clock())
    sign_in_there(world, page, "subject-of-anna")
    page.wait_for_url(f"{world.settings.origin}/office")
    ((_, stepped_up),) = sessions(world)
    assert stepped_up is None

    page.goto(f"{world.settings.origin}/office/step-up")
    page.get_by_role("link", name="Show it at the identity provider").click()
    page.wait_for_url(f"{world.settings.oidc_issuer}/**")
    page.locator("input[name=login]").fill("subject-of-anna")
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.wait_for_url(f"{world.settings.origin}/office")
    ((_, stepped_up),) = sessions(world)
    assert stepped_up is not None


def test_whom_the_provider_shows_without_an_account_here_is_not(world: Doors, page: Page) -> None:
    sign_in_there(world, page, "somebody-else")
    page.get_by_text("You have no account here").wait_for()
    assert sessions(world) == []
