"""`fortnight fsck`: a second opinion on everything that is stored."""

from __future__ import annotations

import sys

from rich.table import Table

from fortnight.cli.opened import HOME, OUT, Home, print_plain, service_in


def fsck(home: Home = HOME) -> None:
    """Check with other code that every row is within its time, and the log whole.

    Ends with 1 where anything is found.
    """
    with service_in(home, after_the_end=True) as service:
        findings = service.fsck.findings(service.clock())
    if not findings:
        print_plain("Nothing is past its time, nobody is held without a grant, the log is whole.")
        return
    table = Table("What", "Where", "Found")
    for one in findings:
        table.add_row(one.kind, one.where, one.said)
    OUT.print(table)
    sys.exit(1)
