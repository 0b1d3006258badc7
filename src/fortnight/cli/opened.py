"""What the service's commands share: which service, opened for one command; who is asking."""

from __future__ import annotations

import getpass
import os
import secrets
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.console import Console

from fortnight.clock import now_ms
from fortnight.errors import RefusedError
from fortnight.service import open_service
from fortnight.settings import read_settings
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.service import Service
    from fortnight.settings import Settings

Home = Annotated[
    Path,
    Parameter(help="Folder of the service.", env_var="FORTNIGHT_HOME"),
]
HOME: Final = Path("fortnight-service")
OUT: Final = Console(highlight=False, soft_wrap=True)
DAY_MS: Final = 86_400_000


def settings_of(home: Path) -> Settings:
    """Return the settings of a service; SettingsError says how to make one."""
    return read_settings(home, os.environ, now=now_ms())


@contextmanager
def service_in(home: Path, *, after_the_end: bool = False) -> Iterator[Service]:
    """Open a service for one command, beside the one that serves where that is running.

    Raises RefusedError once the programme is over, but for what is asked ``after_the_end``.
    """
    service = open_service(settings_of(home), clock=now_ms, random=secrets.token_bytes)
    try:
        if service.has_ended() and not after_the_end:
            raise RefusedError(
                f"The programme ended on {service.settings.programme_end}: nothing is done for "
                "anybody any more. `fortnight fsck` says whether everything is gone."
            )
        yield service
    finally:
        service.close()


def reader_here(settings: Settings, role: str = "case-worker") -> Reader:
    """Return who asks at this terminal; people see the role and the district, never the name."""
    return Reader(role=role, actor=f"{getpass.getuser()}@terminal", district=settings.district)


def day_number(day: date) -> int:
    """Return a date as days since 1970."""
    return (day - date(1970, 1, 1)).days


def instant(text: datetime) -> int:
    """Return a date and time as milliseconds since 1970; UTC where it has no offset."""
    aware = text if text.tzinfo else text.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1_000)


def print_plain(*lines: str) -> None:
    """Print lines as they are."""
    for line in lines:
        OUT.print(line, markup=False)
