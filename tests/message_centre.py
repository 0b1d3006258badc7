"""A message centre that we did not write (npm's `smpp`, as server), and what stands in its log."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fortnight.notify.smpp.gateway import Manner
from fortnight.notify.smpp.link import Backoff
from fortnight.notify.smpp.opening import Centre, open_gateway
from fortnight.notify.smpp.session import Times

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from fortnight.notify.gateway import Heard
    from fortnight.notify.smpp.gateway import SmppGateway

FOLDER = Path(__file__).parent / "smsc"
PASSWORD = "secret"  # noqa: S105 - of the centre that the test starts
SOURCE = "1234"
PATIENCE_S = 30.0


@dataclass
class Manners:
    """How the centre behaves; shares of submissions, and milliseconds."""

    throttle: float = 0.0
    drop: float = 0.0
    late: int = 0
    seed: int = 1
    receipt: str = "both"
    bare: bool = False
    password: str = PASSWORD
    tls: str = ""


@dataclass
class MessageCentre:
    """One that runs."""

    port: int
    log: Path
    process: subprocess.Popen[str] = field(repr=False)

    def lines(self) -> list[dict[str, Any]]:
        """Return what it wrote down: binds, texts that it took, receipts that were taken."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def taken(self) -> list[dict[str, Any]]:
        """Return the parts that it took."""
        return [line for line in self.lines() if "to" in line]

    def reply(self, number: str, words: str) -> None:
        """Send a text from a phone to the service."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"from": number.removeprefix("+"), "words": words}))
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@contextmanager
def running_centre(folder: Path, manners: Manners) -> Iterator[MessageCentre]:
    """Start one in a folder, and end it; skip where it is not installed."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "smpp").is_dir():
        pytest.skip("no message centre here: `npm install --prefix tests/smsc` (.ci/run does)")
    log = folder / "centre.jsonl"
    told = asdict(manners) | {"port": 0, "log": str(log)}
    with subprocess.Popen(
        [node, str(FOLDER / "centre.cjs"), json.dumps(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield MessageCentre(json.loads(process.stdout.readline())["port"], log, process)
        finally:
            process.kill()


def gateway_to(
    port: int,
    heard: Heard,
    clock: Callable[[], int],
    random: Callable[[int], bytes],
    *,
    manner: Manner | None = None,
    password: str = PASSWORD,
    alarm: Callable[[str, int], None] = lambda _words, _now: None,
    tls: ssl.SSLContext | None = None,
) -> SmppGateway:
    """Return a gateway to a centre on this machine, that waits milliseconds for seconds."""
    times = Times(answer=10.0, quiet=5.0)
    host = "127.0.0.1" if tls is None else "localhost"
    centre = Centre(host, port, "fortnight", lambda: password, tls, times)
    backoff = Backoff(random, first_ms=10, most_ms=100)
    chosen = manner or Manner(SOURCE, window=10, per_second=100_000.0)
    return open_gateway(centre, chosen, heard, backoff, clock, alarm)


def until(is_so: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait until something is so; fail where it is not in time."""
    end = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)
