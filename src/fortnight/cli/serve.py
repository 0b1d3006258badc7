"""`fortnight serve`: the whole service on one machine."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Final

from fortnight.cli.compile import compile_all
from fortnight.cli.init import make_home
from fortnight.cli.opened import HOME, Home, settings_of
from fortnight.cli.terminal import ERRORS
from fortnight.clock import now_ms
from fortnight.compiled import was_compiled
from fortnight.service import open_service
from fortnight.web.app import create_app
from fortnight.web.logging import configure_logging
from fortnight.web.server import serve as serve_app

_STAYS: Final = "everything is deleted, and the log alone is served."


def serve(home: Home = HOME) -> None:
    """Run the service: its doors over HTTP, its jobs, its sweep. Ends with SIGTERM or Ctrl-C.

    Where HOME is not there yet it is made first, with keys of its own, as `fortnight init` does.
    """
    made_here(home)
    configure_logging()
    service = open_service(settings_of(home), clock=now_ms, random=secrets.token_bytes)
    try:
        service.start()
        settings = service.settings
        if service.has_ended():
            ERRORS.print(f"The programme ended on {settings.programme_end}: {_STAYS}", markup=False)
        else:
            Thread(target=warm_up, name="warm-up", daemon=True).start()
        ERRORS.print(f"Fortnight listens on http://{settings.host}:{settings.port}", markup=False)
        sys.stderr.flush()
        serve_app(create_app(service), settings.host, settings.port)
    finally:
        service.close()


def warm_up() -> None:
    """Load the search now, so that the first case does not wait for it.

    What was never compiled on this machine is compiled by a process of its own: in this one it
    would keep the doors waiting.
    """
    if not was_compiled():
        subprocess.run(
            [sys.executable, "-m", "fortnight.cli.compile"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    compile_all()


def made_here(home: Path) -> None:
    """Make a service where there is none, and say so."""
    if home.exists() and any(home.iterdir()):
        return
    settings = make_home(home)
    ERRORS.print(
        f"Made a service in {home}, with keys in {settings.keys}. Everything in it is deleted on "
        f"{settings.programme_end}.",
        markup=False,
    )
