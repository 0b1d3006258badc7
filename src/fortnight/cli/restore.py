"""`fortnight restore`: after a backup of the database was put back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fortnight.cli.opened import HOME, Home, print_plain, service_in
from fortnight.ledger.note import PublicKey
from fortnight.ledger.restoring import Restoring
from fortnight.service import LOG_FOLDER


def restore(
    home: Home = HOME,
    *,
    log: Annotated[
        Path | None, Parameter(help="A copy of the published log that is newer than HOME's.")
    ] = None,
    check: Annotated[
        bool, Parameter(negative="", help="Say what would be done, and change nothing.")
    ] = False,
    all_are_gone: Annotated[
        bool, Parameter(negative="", help="Go on where nobody in the database has a key.")
    ] = False,
) -> None:
    """Bring a database that was put back from a backup up to the published log.

    Entries that it lacks come back from the published files, once these are verified; grants that
    were withdrawn since are withdrawn, people who were erased since are erased. Texts and traces
    that the backup held waiting do not go out. Interrupted anywhere, the same command does the
    rest.
    """
    with service_in(home) as service:
        folder = service.settings.home / LOG_FOLDER if log is None else log
        published = Restoring(service.database, folder, PublicKey.parse(service.log_key))
        lacking, erased, unknown = service.restorer.plan(published)
        if not lacking:
            print_plain(f"The database has all {lacking.held} entries of the log: nothing to do.")
            return
        print_plain(
            f"The database has {lacking.held} entries, the published log {lacking.published}, "
            "and they begin alike.",
            *(f"  {kind}: {count}" for kind, count in sorted(lacking.kinds.items())),
        )
        if check:
            print_plain(
                f"Erased since the backup: {erased} people. Enrolled since, to be erased because "
                f"nobody can tell any more who they are: {unknown}. Nothing was changed."
            )
            return
        done = service.restorer.restore(published, service.clock(), all_are_gone=all_are_gone)
    print_plain(
        f"Withdrawn again: {done.withdrawn} grants. Erased again: {done.erased} people. Enrolled "
        f"since the backup, and erased: {done.unknown}.",
        f"Files of the lake that were lost: {done.files_lost}; found: {done.files_found}.",
        f"Not sent any more, call instead: {done.texts} texts. Traces to ask for again: "
        f"{done.traces}. Sessions ended: {done.sessions}.",
        "Check by hand what the backup cannot know: cases, accounts and keys that ended since.",
    )
