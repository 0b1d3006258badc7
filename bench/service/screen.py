"""How soon after the click on "Start the trace" what it found is on the screen, in Chromium.

python -m bench.service.screen FOLDER TOWN [--database URL]

``FOLDER``, and the database where one is named, were filled by ``python -m bench.service.trace
FOLDER TOWN --fill``. The service runs in a
process of its own, as warm as ``fortnight serve`` is soon after its start. A case worker opens each
case's page and clicks, and the clock stops when the table of contacts can be seen. The page asks
each second how far the trace is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright
from tests.browser.conftest import QUIET, WITHOUT_WEBGL
from tests.whole_service import WORKER, open_case

from bench.service.filled import number_of
from bench.service.trace import BEFORE_NOW, CASES, MOST_SENT, end_of
from fortnight.cli.serve import warm_up
from fortnight.clock import now_ms
from fortnight.service import open_service
from fortnight.settings import Settings
from fortnight.simulate.files import FIXES_FILE
from fortnight.staff.accounts import NewAccount
from fortnight.vault.purposes import Reader
from fortnight.web.app import create_app
from fortnight.web.server import serve

if TYPE_CHECKING:
    from fortnight.service import Service

TOLD: Final = "screen.json"
_DAY_MS: Final = 86_400_000
_FOUND: Final = "table.ranked"
_MOST_MS: Final = 60_000


def main() -> None:
    """Serve in another process, click, and print seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("town", type=Path)
    parser.add_argument("--database", default="", help="PostgreSQL; SQLite in FOLDER otherwise")
    parser.add_argument("--port", type=int, help="serves on it, and clicks on nothing")
    options = parser.parse_args()
    if options.port:
        _serve(options.folder, options.town, options.port, options.database)
        return
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "bench.service.screen", str(options.folder)]
    command += [str(options.town), "--port", str(port), "--database", options.database]
    told = options.folder / TOLD
    told.unlink(missing_ok=True)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - this file
        try:
            _wait_for(told, port)
            _click(f"http://127.0.0.1:{port}", json.loads(told.read_text()))
        finally:
            process.terminate()


def _click(origin: str, told: dict[str, Any]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*QUIET, *WITHOUT_WEBGL]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "session", "value": told["secret"], "url": origin}])
        page = context.new_page()
        for case_id in told["cases"]:
            page.goto(f"{origin}/office/cases/{case_id}")
            form = page.locator(f'form[action="/office/cases/{case_id}/trace"]')
            begun = time.perf_counter()
            form.locator("button").click()
            page.locator(_FOUND).wait_for(timeout=_MOST_MS)
            seconds = time.perf_counter() - begun
            rows = page.locator(f"{_FOUND} tbody tr").count()
            print(f"case {case_id[:6]}: {rows} rows on the screen {seconds:.2f} s after the click")
        browser.close()


def _wait_for(told: Path, port: int) -> None:
    """Wait until the service said who may click on what, and answers."""
    for _ in range(_MOST_MS // 100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            if told.exists():
                return
        time.sleep(0.1)
    raise RuntimeError("The service does not answer.")


def _serve(folder: Path, town: Path, port: int, database_url: str) -> None:
    """Serve a filled folder on the morning after its last fix; write who may click on what."""
    shift = end_of(town / FIXES_FILE) - now_ms()
    settings = Settings(
        home=folder / "home",
        keys=folder / "keys",
        programme_end=(datetime.now(UTC) + timedelta(days=300)).date(),
        database_url=database_url,
        port=port,
        district=WORKER.district,
    )
    service = open_service(settings, clock=lambda: now_ms() + shift, random=token_bytes)
    try:
        told = _told(service, json.loads((folder / MOST_SENT).read_text())[:CASES])
        service.start()
        warm_up()
        (folder / TOLD).write_text(json.dumps(told))
        serve(create_app(service), settings.host, port)
    finally:
        service.close()


def _told(service: Service, names: list[str]) -> dict[str, Any]:
    """Open the cases and give them to a worker; return the cases and the worker's session."""
    now, district = service.clock(), service.settings.district
    new = NewAccount(f"worker-{now}", "case-worker", "Worker", district)
    account = service.staff.accounts.add(new, by="bench", now=now).account
    reader = Reader("case-worker", account, district)
    cases = []
    for name in names:
        onset = now // _DAY_MS - BEFORE_NOW
        case_id = open_case(service, number_of(name), onset, f"screen-{now}-{name}")
        service.work.assignments.assign(case_id, account, account, reader, now)
        cases.append(case_id)
    return {"secret": service.staff.sessions.begin(account, now), "cases": cases}


if __name__ == "__main__":
    main()
