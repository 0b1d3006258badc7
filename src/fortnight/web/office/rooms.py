"""What the pages of cases need of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Request

    from fortnight.case.cases import Cases
    from fortnight.case.oversight import Oversight
    from fortnight.case.work import Work
    from fortnight.isolation.rooms import Support
    from fortnight.notify.rooms import TextRooms
    from fortnight.settings import Settings
    from fortnight.staff.rooms import StaffRooms


class Rooms(Protocol):
    """The service, as the pages of cases see it."""

    @property
    def settings(self) -> Settings:
        """What the administrator decided."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def cases(self) -> Cases:
        """The steps of cases."""

    @property
    def work(self) -> Work:
        """Decisions, calls, notes, and who does what."""

    @property
    def oversight(self) -> Oversight:
        """Whom to ask where something seems wrong."""

    @property
    def texts(self) -> TextRooms:
        """Texts, and what they leave for people to do."""

    @property
    def support(self) -> Support:
        """Follow-up, tickets, pauses and replies."""

    @property
    def staff(self) -> StaffRooms:
        """Who works here."""


def rooms_of(request: Request[Any, Any, Any]) -> Rooms:
    """Return the rooms behind the door that a request came in by."""
    return cast("Rooms", request.scope["user"].door.service)
