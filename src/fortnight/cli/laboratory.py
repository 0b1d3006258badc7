"""`fortnight laboratory`: who may say that somebody was tested positive."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from fortnight.cli.opened import HOME, Home, print_plain, service_in

app = App(name="laboratory", help="Laboratories, their keys and their tokens.")

Key = Annotated[str, Parameter(env_var="FORTNIGHT_LABORATORY_KEY", help="The laboratory's key.")]


@app.command
def add(name: Annotated[str, Parameter(help="Its name.")], /, *, home: Home = HOME) -> None:
    """Add a laboratory and print its key, which is shown this once."""
    with service_in(home) as service:
        new = service.laboratories.register(name, service.clock())
    print_plain(f"Laboratory {new.id}", f"Key, shown this once: {new.key}")


@app.command
def end(laboratory: Annotated[str, Parameter(help="Its id.")], /, *, home: Home = HOME) -> None:
    """End a laboratory's key, and every token of it that was not used."""
    with service_in(home) as service:
        service.laboratories.revoke(laboratory, service.clock())
    print_plain("Ended.")


@app.command
def token(
    number: Annotated[str, Parameter(help="The tested person's number, with + and country.")],
    /,
    *,
    test: Annotated[str, Parameter(help="The laboratory's own number of the test.")],
    key: Key,
    home: Home = HOME,
) -> None:
    """Give a token for one positive test; it opens one case, once, within 48 hours."""
    with service_in(home) as service:
        text = service.laboratories.issue(key, test, number, service.clock())
    print_plain(text)
