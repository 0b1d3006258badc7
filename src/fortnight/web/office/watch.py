"""What the pages of those who watch over the work need of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Request

    from fortnight.arrivals.operator_accounts import Operators
    from fortnight.case.oversight import Oversight
    from fortnight.case.token import Laboratories
    from fortnight.case.work import Work
    from fortnight.settings import Settings
    from fortnight.staff.rooms import StaffRooms


class Watched(Protocol):
    """The service, as overview, settings and log see it."""

    @property
    def settings(self) -> Settings:
        """What was decided when the service was started."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def staff(self) -> StaffRooms:
        """Who works here."""

    @property
    def laboratories(self) -> Laboratories:
        """Who gives tokens."""

    @property
    def operators(self) -> Operators:
        """Who delivers."""

    @property
    def work(self) -> Work:
        """Case work, of which the overview shows sums."""

    @property
    def oversight(self) -> Oversight:
        """Precision, clusters, reviews, alarms, and the log's counts."""

    @property
    def log_key(self) -> str:
        """The key that verifies the log's checkpoints."""


def watched(request: Request[Any, Any, Any]) -> Watched:
    """Return the rooms behind the door that a request came in by."""
    return cast("Watched", request.scope["user"].door.service)
