"""`fortnight retention`: what is kept where, how long and why; and the sweep, now."""

from __future__ import annotations

from cyclopts import App
from rich.table import Table

from fortnight.cli.opened import HOME, OUT, Home, print_plain, service_in
from fortnight.retention.schedule import rows

app = App(name="retention", help="What is kept, where, how long and why.")


@app.command
def show() -> None:
    """Print the schedule that the sweep follows: every table, column and folder."""
    table = Table("Where", "How long", "Why")
    for row in rows():
        table.add_row(row.where, row.kept, row.why)
    OUT.print(table)


@app.command
def sweep(home: Home = HOME) -> None:
    """End what is past its time now; the service does this every half hour by itself."""
    with service_in(home, after_the_end=True) as service:
        swept = service.sweeper.sweep(service.clock())
        service.sunset.end(service.clock())
    print_plain(
        f"Days forgotten: {len(swept.days)}, cases: {swept.cases}, people: {swept.people}, "
        f"rows: {sum(swept.rows.values())}."
    )
