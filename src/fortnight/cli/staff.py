"""`fortnight staff`: who works here, their roles, and their way in."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from fortnight.cli.opened import HOME, Home, print_plain, service_in
from fortnight.errors import QuestionError
from fortnight.staff.accounts import Invitation, NewAccount

app = App(name="staff", help="Who works here: accounts, roles, invitations.")

Role = Literal["case-worker", "epidemiologist", "lead", "data-protection", "administrator"]
Login = Annotated[str, Parameter(help="The name by which they are known to the administrator.")]
_BY = "terminal"


@app.command
def add(
    login: Login,
    /,
    *,
    role: Annotated[Role, Parameter(help="What they do.")],
    name: Annotated[str, Parameter(help="As it stands beside what they decide.")],
    district: Annotated[
        str | None, Parameter(help="Whose cases they see; the service's own.")
    ] = None,
    number: Annotated[
        str | None,
        Parameter(
            help="Their own number, so that they never work on their own case; its keyed "
            "hash alone is kept."
        ),
    ] = None,
    subject: Annotated[
        str | None, Parameter(help="What the identity provider calls them, where one is used.")
    ] = None,
    home: Home = HOME,
) -> None:
    """Make an account, and print the link by which they register a passkey, once, within a day."""
    with service_in(home) as service:
        where = district or service.settings.district
        new = NewAccount(login, role, name, where, number, subject)
        made = service.staff.accounts.add(new, by=_BY, now=service.clock())
        origin = service.settings.origin
    _print_link(origin, made)


@app.command
def invite(login: Login, /, *, home: Home = HOME) -> None:
    """Print a new link for somebody who lost their passkey; the old one and their sessions end."""
    with service_in(home) as service:
        accounts = service.staff.accounts
        account = accounts.with_login(login)
        if account is None:
            raise QuestionError(f"There is no account {login}.")
        made = accounts.invite(account.id, by=_BY, now=service.clock())
        origin = service.settings.origin
    _print_link(origin, made)


@app.command
def end(login: Login, /, *, home: Home = HOME) -> None:
    """End an account, and every session of it at once."""
    with service_in(home) as service:
        accounts = service.staff.accounts
        account = accounts.with_login(login)
        if account is None:
            raise QuestionError(f"There is no account {login}.")
        accounts.end(account.id, by=_BY, now=service.clock())
    print_plain("Ended.")


@app.command(name="list")
def list_all(*, home: Home = HOME) -> None:
    """Print every account: login, role, district, and whether it has ended."""
    with service_in(home) as service:
        accounts = service.staff.accounts.list()
    for one in accounts:
        ended = "" if one.ended_at is None else " (ended)"
        print_plain(f"{one.login}  {one.role}  {one.district}{ended}")


def _print_link(origin: str, made: Invitation) -> None:
    # The code stands behind the #, which browsers send to nobody and servers never log.
    print_plain(
        f"Account {made.account}",
        f"Link, good for one passkey within 24 hours: {origin}/office/invitation#{made.code}",
    )
