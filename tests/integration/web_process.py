"""A service of its own process: opens a folder, says its secrets, serves until it is told to end.

Run as a script: folder, port.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.integration.web_service import doors
from tests.services import Clock, sqlite_stores

from fortnight.web.app import create_app
from fortnight.web.logging import configure_logging
from fortnight.web.server import serve


def main(folder: Path, port: int) -> None:
    configure_logging()
    with sqlite_stores(folder, Clock()) as stores, doors(stores, posts_a_minute=100_000) as service:
        tracker = service.tracker(service.person("+37120000001", "trace.phone"))
        print(tracker.secret, flush=True)  # noqa: T201 - whoever started this process reads it
        serve(create_app(service), "127.0.0.1", port, on_stop=service.journal.close)
    print("ended", flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
