"""The service that is measured, in a process of its own.

python -m bench.service.process FOLDER PORT DATABASE_URL (empty for SQLite)
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from fortnight.clock import now_ms
from fortnight.consent.texts import current_text
from fortnight.service import open_service
from fortnight.settings import Settings
from fortnight.vault.keys import FileKeys
from fortnight.web.app import create_app
from fortnight.web.logging import configure_logging
from fortnight.web.server import serve

if TYPE_CHECKING:
    from fortnight.service import Service

PEOPLE: Final = 500
SECRETS: Final = "secrets.json"


def main(folder: Path, port: int, database_url: str) -> None:
    """Enrol people, write their devices' secrets into the folder, and serve."""
    configure_logging()
    settings = Settings(
        home=folder / "home",
        keys=folder / "keys",
        programme_end=(datetime.now(UTC) + timedelta(days=30)).date(),
        database_url=database_url,
        posts_a_minute=100_000,
    )
    FileKeys.create(settings.keys).close()
    service = open_service(settings, clock=now_ms, random=token_bytes)
    try:
        devices = [_devices(service, f"+371200{place:05d}") for place in range(PEOPLE)]
        (folder / SECRETS).write_text(json.dumps(devices))
        print("ready", flush=True)
        serve(create_app(service), settings.host, port)
    finally:
        service.close()


def _devices(service: Service, number: str) -> tuple[str, str]:
    """Enrol a person; return the secrets of their OwnTracks device and of their app."""
    now = service.clock()
    person = service.vault.enrol(number, language="en", now=now)
    version = current_text("trace.phone", "en").version
    service.consents.give(
        person, "trace.phone", text_version=version, language="en", by="self", now=now
    )
    tracker = service.vault.add_device(person, "owntracks", now)
    return tracker.secret, service.vault.add_device(person, "api", now).secret


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
