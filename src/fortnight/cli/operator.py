"""`fortnight operator`: the mobile operators that deliver for their consenting subscribers."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from fortnight.cli.opened import HOME, Home, print_plain, service_in

app = App(name="operator", help="Mobile operators and their keys.")


@app.command
def add(name: Annotated[str, Parameter(help="Its name.")], /, *, home: Home = HOME) -> None:
    """Add an operator and print its key, which is shown this once."""
    with service_in(home) as service:
        new = service.operators.register(name, service.clock())
    print_plain(f"Operator {new.id}", f"Key, shown this once: {new.key}")


@app.command
def end(operator: Annotated[str, Parameter(help="Its id.")], /, *, home: Home = HOME) -> None:
    """End an operator's key."""
    with service_in(home) as service:
        service.operators.revoke(operator, service.clock())
    print_plain("Ended.")
