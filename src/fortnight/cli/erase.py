"""`fortnight erase`: one person leaves, with everything of theirs."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from fortnight.cli.opened import HOME, Home, print_plain, service_in
from fortnight.errors import RefusedError


def erase(
    number: Annotated[str, Parameter(help="Their phone number, with + and country.")],
    /,
    *,
    home: Home = HOME,
) -> None:
    """Erase a person: their key first, then their rows, then every file that held a row of theirs.

    Prints a receipt. Interrupted anywhere, the same command, or the service's own sweep, does the
    rest.
    """
    with service_in(home) as service:
        person = service.vault.person_with(number)
        if person is None:
            raise RefusedError("Nobody with this number is enrolled.")
        done = service.eraser.erase(person, service.clock())
        service.log.sequence(service.clock())
    print_plain(*(f"{name}: {value}" for name, value in done.detail().items()))
