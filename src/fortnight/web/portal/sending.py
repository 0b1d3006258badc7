"""What the pages of sending need of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Request

    from fortnight.arrivals.choices import Choices
    from fortnight.arrivals.journal import Journal
    from fortnight.arrivals.phones import Phones
    from fortnight.arrivals.uploads import Held
    from fortnight.consent.store import Consents
    from fortnight.settings import Settings
    from fortnight.venues.posters import Venues
    from fortnight.venues.visits import Visits


class Sending(Protocol):
    """The service, as these pages see it."""

    @property
    def settings(self) -> Settings:
        """What the administrator decided."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def consents(self) -> Consents:
        """What people agreed to."""

    @property
    def choices(self) -> Choices:
        """What people never send."""

    @property
    def phones(self) -> Phones:
        """What people send by."""

    @property
    def journal(self) -> Journal:
        """Where evidence is kept first."""

    @property
    def uploads(self) -> Held:
        """Uploads that wait for a yes."""

    @property
    def venues(self) -> Venues:
        """Places with a poster."""

    @property
    def visits(self) -> Visits:
        """Who is where, and was."""


def sending_of(request: Request[Any, Any, Any]) -> Sending:
    """Return the rooms behind the door that a request came in by."""
    return cast("Sending", request.scope["user"].door.service)
