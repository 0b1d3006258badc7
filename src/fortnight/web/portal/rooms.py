"""What the portal needs of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Request

    from fortnight.enrolment.rooms import EnrolmentRooms
    from fortnight.isolation.rooms import Support
    from fortnight.ledger.log import Log
    from fortnight.mine.rooms import Mine
    from fortnight.notify.rooms import TextRooms
    from fortnight.settings import Settings
    from fortnight.taking.rooms import Taking


class Rooms(Protocol):
    """The service, as the portal sees it."""

    @property
    def settings(self) -> Settings:
        """What the administrator decided."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def enrolment(self) -> EnrolmentRooms:
        """How people come in, and what guards their pages."""

    @property
    def mine(self) -> Mine:
        """What people see of themselves."""

    @property
    def taking(self) -> Taking:
        """What people take with them, and how they leave."""

    @property
    def support(self) -> Support:
        """Follow-up, and support at home."""

    @property
    def texts(self) -> TextRooms:
        """Texts, and the words by which a caller is known."""

    @property
    def log(self) -> Log:
        """The log, for its proofs."""


def rooms_of(request: Request[Any, Any, Any]) -> Rooms:
    """Return the rooms behind the door that a request came in by."""
    return cast("Rooms", request.scope["user"].door.service)
