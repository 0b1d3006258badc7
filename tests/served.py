"""`fortnight serve` in a process of its own, started quickly as often as a test likes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[1]


@dataclass
class Nursery:
    """Has `fortnight serve` begin, and kills it."""

    process: subprocess.Popen[str]

    def start(self) -> int:
        """Begin to serve; return the process's id."""
        return self._ask("start")

    def kill(self, child: int) -> None:
        """Kill the service; it must not have ended by itself before."""
        os.kill(child, signal.SIGKILL)
        assert self._ask("reap") == signal.SIGKILL

    def _ask(self, word: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextlib.contextmanager
def nursery(home: Path, settings: Mapping[str, str]) -> Iterator[Nursery]:
    """Yield what starts services in a folder, with settings from the environment."""
    command = [sys.executable, "-m", "tests.served_process", str(home)]
    with (
        (home.parent / "service.log").open("w") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Nursery(process)
        finally:
            process.kill()


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
