"""Once the programme is over every door is shut but that of the log, at the very moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.web_rooms import Client, Rooms, client_of, rooms

from fortnight.web.door import AFTER_THE_END, ENDED
from fortnight.web.routes import ROUTES

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.web.rows import Route

SHUT = [route for route in ROUTES if route.path not in AFTER_THE_END]
NAMES = [f"{route.method} {route.path}" for route in SHUT]


def path_of(route: Route) -> str:
    """Return a path that the route takes."""
    parts = [("f" * 32 if part.startswith("{") else part) for part in route.path.split("/")]
    return "/".join(parts)


def test_what_stays_open_is_the_log_and_what_says_that_it_is() -> None:
    assert {route.path for route in ROUTES} >= AFTER_THE_END
    assert {route.permission for route in ROUTES if route.path in AFTER_THE_END} <= {
        "anyone",
        "near",
        "browser",
    }


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rooms, Client]:
    """Return a service and its doors: to make them anew for each takes longer than to ask."""
    service = rooms(tmp_path_factory.mktemp("doors"))
    return service, client_of(service)


@pytest.mark.parametrize("route", SHUT, ids=NAMES)
def test_a_door_is_shut_with_the_programme_and_not_before(
    doors: tuple[Rooms, Client], route: Route
) -> None:
    service, client = doors
    service.now = service.settings.ends_at - 1
    assert client.ask(route.method, path_of(route)).status_code != 410
    service.now += 1
    answer = client.ask(route.method, path_of(route))
    assert answer.status_code == 410
    assert ENDED in answer.text
    assert service.vault.asked == 0


def test_the_log_is_served_for_ever(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "checkpoint").write_text("a checkpoint")
    service.now = service.settings.ends_at + 1
    answer = client_of(service).get("/log/checkpoint")
    assert (answer.status_code, answer.text) == (200, "a checkpoint")
    assert client_of(service).get("/log/vkey").status_code == 200
    assert client_of(service).get("/healthz").status_code == 200
