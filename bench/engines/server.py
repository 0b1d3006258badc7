"""A private PostgreSQL cluster in a folder: started for one engine, stopped with it.

PostgreSQL refuses to run as root; there it runs as the account ``postgres`` that Debian makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from bench.measured import KIBIBYTE, load

PROGRAMS: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
ACCOUNT: Final = "postgres"
START_TIMEOUT_S: Final = 60
SETTINGS: Final = {
    "listen_addresses": "",  # a socket in the folder is the only way in
    "shared_buffers": "2GB",
    "work_mem": "512MB",
    "maintenance_work_mem": "2GB",
    "effective_cache_size": "12GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "8GB",
    "fsync": "off",  # a table that can be made again needs no safety; kind to the peer
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_parallel_workers_per_gather": "2",
    "max_parallel_maintenance_workers": "2",
}


class Server:
    """One cluster below ``workdir``."""

    def __init__(self, workdir: Path) -> None:
        self._data = workdir / "cluster"
        self._socket = workdir
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make an empty cluster, replacing what was there."""
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(parents=True)
        for folder in (self._data, self._socket):
            _hand_over(folder)
        self._run("initdb", "-D", str(self._data), "-U", ACCOUNT, "-A", "trust", "--no-sync")
        lines = [f"{name} = '{value}'" for name, value in SETTINGS.items()]
        lines.append(f"unix_socket_directories = '{self._socket}'")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start the server and wait until it takes connections.

        Not by ``pg_ctl``, which would put it into a session of its own: here whoever ends the
        engine's session ends the server with it.
        """
        pid_file = self._data / "postmaster.pid"
        pid_file.unlink(missing_ok=True)  # left by a server that was killed
        with (self._data / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
                [str(PROGRAMS[-1] / "postgres"), "-D", str(self._data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._account(),
            )
        until = time.monotonic() + START_TIMEOUT_S
        while not (pid_file.exists() and "ready" in pid_file.read_text()):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: see {self._data / 'log'}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, where this object started it and it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
            self._process.wait(START_TIMEOUT_S)

    def connect(self) -> Any:  # noqa: ANN401 - psycopg is optional
        """Return a connection that commits every statement."""
        return load("psycopg").connect(
            host=str(self._socket), user=ACCOUNT, dbname="postgres", autocommit=True
        )

    def peak_bytes(self) -> int:
        """Return shared memory once plus the largest private memory of one serving process."""
        peaks = [_status(pid) for pid in _children(self._postmaster())]
        private = max((peak - shared for peak, shared in peaks), default=0)
        return private + max((shared for _, shared in peaks), default=0)

    def _postmaster(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs, arguments made here
            [str(PROGRAMS[-1] / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._account(),
        )

    def _account(self) -> dict[str, Any]:
        """Return how to start a program: in the cluster's folder, and never as root."""
        if os.geteuid() != 0:
            return {"cwd": self._data}
        return {"cwd": self._data, "user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
        folder.chmod(0o700)


def _children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in tasks.read_text().split()]


def _status(pid: int) -> tuple[int, int]:
    """Return the peak and the shared resident size of a process, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    value = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith("kB")}
    shared = int(value["RssShmem"]) + int(value["RssFile"])
    return int(value["VmHWM"]) * KIBIBYTE, shared * KIBIBYTE
