"""A PostgreSQL server for tests, in a folder of its own; it is gone when they end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS: Final = Path("/usr/lib/postgresql/15/bin")
SUPERUSER: Final = "postgres"
OWNER: Final = "fortnight_owner"
APP: Final = "fortnight_app"
TEMPLATE: Final = "fortnight_template"
_SERVER_SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "jit=off",
)
_UNSAFE: Final = (
    "fsync=off",  # the folder does not outlive the tests
    "full_page_writes=off",
    "shared_buffers=32MB",
    "autovacuum=off",  # would be a visitor of the template while it is being copied
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: no password is asked, so a role is whoever connects by its name."""

    folder: Path
    port: int

    def url(self, role: str, database: str) -> str:
        """Return the URL by which a role opens a database."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, *names: str, database: str = "postgres") -> None:
        """Run one statement as the superuser; each ``{}`` in it is a name."""
        composed = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self.url(SUPERUSER, database), autocommit=True) as connection:
            connection.execute(composed)

    def make_database(self, name: str, *, template: str = "template1") -> None:
        """Make a database that belongs to the owner role: its files are copied, not logged."""
        made = "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy"
        self.run(made, name, OWNER, template)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still in it."""
        self.run("DROP DATABASE {} WITH (FORCE)", name)


def why_not_here() -> str:
    """Return why no server can be started on this machine; nothing where it can."""
    if not (PROGRAMS / "initdb").exists():
        return f"PostgreSQL 15 is not at {PROGRAMS}"
    if os.geteuid() == 0 and not _has_user(SUPERUSER):
        return "PostgreSQL refuses to run as root, and there is no user postgres"
    return ""


def _has_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


@contextmanager
def running_server(*, fsync: bool = False) -> Iterator[Server]:
    """Start a server with the two roles and no database of ours; stop it and delete its folder."""
    folder = Path(tempfile.mkdtemp(prefix="fortnight-pg-"))  # short: a socket's path is limited
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, SUPERUSER, SUPERUSER)
        server = Server(folder, _free_port())
        _program(folder, "initdb", "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        _start(server, fsync=fsync)
        try:
            for role in (OWNER, APP):
                server.run("CREATE ROLE {} LOGIN", role)
            yield server
        finally:
            _program(folder, "pg_ctl", "stop", "-w", "-m", "immediate", must=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(server: Server, *, fsync: bool) -> None:
    settings = [
        *_SERVER_SETTINGS,
        f"port={server.port}",
        f"unix_socket_directories={server.folder}",
    ]
    if not fsync:
        settings += _UNSAFE
    options = " ".join(f"-c {setting}" for setting in settings)
    log = str(server.folder / "server.log")
    _program(server.folder, "pg_ctl", "start", "-w", "-l", log, "-o", options)


def _program(folder: Path, name: str, *arguments: str, must: bool = True) -> None:
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(SUPERUSER)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    done = subprocess.run(
        [PROGRAMS / name, "-D", folder / "data", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server keeps what it is given: a pipe would never end
        stderr=subprocess.DEVNULL,
        check=False,
        **as_user,
    )
    if must and done.returncode:
        log = folder / "server.log"
        told = log.read_text(encoding="utf-8") if log.exists() else "it said nothing"
        raise RuntimeError(f"{name} ended with {done.returncode}: {told}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
