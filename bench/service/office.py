"""How long the office's pages take while a hundred case workers work, load generator included.

uv run python -m bench.service.office [THINK_S …]

Each worker goes on their own from home to a case, its places and a contact, decides, and comes
back, with a pause before each page that is THINK_S seconds on average (exponential). SQLite and
PostgreSQL one after the other, on the same walks; both write through to the disk.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from tests.databases import make_template
from tests.postgres_server import APP, TEMPLATE, running_server, why_not_here

from bench.service.load import Connection
from bench.service.office_process import WALKS

if TYPE_CHECKING:
    from collections.abc import Iterator

THINKS_S: Final = (10.0, 5.0)
SECONDS: Final = 40.0
WARM_S: Final = 15.0
"""The service loads its search as it starts, beside the first pages."""
MOST_MS: Final = 300.0
_WELL: Final = frozenset({200, 303})
_PATIENCE_S: Final = 30.0


class Page(NamedTuple):
    """One request of a walk, ready to be sent, and what it is called in the table."""

    name: str
    request: bytes


@dataclass(eq=False)
class Worker:
    """One who works: a connection where one is open, and where they are on their way.

    The service closes a connection that idles for 15 seconds, and a browser opens another for the
    next page: so does a worker.
    """

    walk: Iterator[Page]
    connection: Connection | None = None
    page: Page | None = None


@dataclass
class Seen:
    """Latencies in milliseconds by page, and how many answers were not what they should be."""

    by_page: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def share(self, share: float, name: str | None = None) -> float:
        """Return what this share of pages stayed under, in milliseconds."""
        of = self.by_page.values() if name is None else [self.by_page[name]]
        found = sorted(one for page in of for one in page)
        return found[min(int(len(found) * share), len(found) - 1)]


def main(thinks_s: tuple[float, ...]) -> None:
    """Measure, and print a table for each database and pause."""
    with contextlib.ExitStack() as stack:
        _measure("SQLite", "", thinks_s)
        if why := why_not_here():
            print(f"PostgreSQL is left out: {why}.", file=sys.stderr)
            return
        server = stack.enter_context(running_server(fsync=True))
        make_template(server)
        _measure("PostgreSQL", server.url(APP, TEMPLATE), thinks_s)


def _measure(database: str, url: str, thinks_s: tuple[float, ...]) -> None:
    with _office(url) as (port, people):
        for turn, think_s in enumerate(thinks_s):
            chance = random.Random(turn)  # noqa: S311 - a bench has to be repeatable
            walks = [_walk(one, chance) for one in people]
            _print(f"{database}, a page each {think_s:g} s", _go(port, walks, think_s, chance))


def _said(wrong: Counter[int]) -> str:
    """Return how many answers were not what they should be, by status."""
    counts = ", ".join(f"{count} times {status}" for status, count in sorted(wrong.items()))
    return f"{wrong.total()} wrong answers" + (f" ({counts})" if counts else "")


def _print(title: str, seen: Seen) -> None:
    count = sum(map(len, seen.by_page.values()))
    print(f"\n{title}: {count / seen.seconds:.1f} pages/s, {_said(seen.wrong)}\n")
    print("| page | asked | p50 ms | p95 ms | p99 ms | max ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in (*seen.by_page, None):
        of = count if name is None else len(seen.by_page[name])
        cells = " | ".join(f"{seen.share(one, name):,.0f}" for one in (0.5, 0.95, 0.99, 1.0))
        print(f"| {name or 'all'} | {of:,} | {cells} |", flush=True)


# -- walking -----------------------------------------------------------------------------------


def _walk(one: dict[str, Any], chance: random.Random) -> Iterator[Page]:
    """Yield a worker's pages without end, the contacts of both their cases in turn.

    Whoever walks after them goes on with the next contact: nobody decides twice about one.
    """
    waiting = one["cases"]
    while True:
        yield _get("home", one, "/office")
        case_id = chance.choice(list(waiting))
        path = f"/office/cases/{case_id}"
        yield _get("case", one, path)
        yield _get("places", one, f"{path}/places")
        for _ in range(3):
            contacts = waiting[case_id]
            contact = contacts.pop(0)
            contacts.append(contact)
            met = f"{path}/contacts/{contact}"
            yield _get("contact", one, met)
            yield _decision(one, met, chance)
            yield _get("contact", one, met)
            yield _get("case", one, path)


def _decision(one: dict[str, Any], path: str, chance: random.Random) -> Page:
    fields = {
        "csrf": one["csrf"],
        "kind": "tell" if chance.random() < 1 / 3 else "dismiss",
        "reason": "What they say fits what was measured",
    }
    body = urlencode(fields).encode()
    head = (
        f"POST {path}/decide HTTP/1.1\r\nHost: localhost\r\nCookie: session={one['secret']}\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Page("decide", head.encode() + body)


def _get(name: str, one: dict[str, Any], path: str) -> Page:
    head = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: session={one['secret']}\r\n"
        "Accept: text/html\r\nAccept-Language: en\r\n\r\n"
    )
    return Page(name, head.encode())


def _go(port: int, walks: list[Iterator[Page]], think_s: float, chance: random.Random) -> Seen:
    """Let everybody walk for a while; what came in the first seconds is not counted."""
    workers = [Worker(walk) for walk in walks]
    begun = time.perf_counter()
    due = [(begun + chance.random() * think_s, place) for place in range(len(workers))]
    heapq.heapify(due)
    seen, end = Seen(), begun + WARM_S + SECONDS
    with selectors.DefaultSelector() as selector:
        while (now := time.perf_counter()) < end:
            while due and due[0][0] <= now:
                worker = workers[heapq.heappop(due)[1]]
                worker.page = next(worker.walk)
                _ask(worker, port, selector)
            wait = min(due[0][0] if due else end, end) - time.perf_counter()
            for key, _ in selector.select(max(wait, 0)):
                place = workers.index(key.data)
                if _take(key.data, port, selector, seen, counts=now - begun > WARM_S):
                    pause = chance.expovariate(1 / think_s)
                    heapq.heappush(due, (time.perf_counter() + pause, place))
        seen.seconds = time.perf_counter() - begun - WARM_S
        for key in list(selector.get_map().values()):
            _hang_up(key.data, selector)
    return seen


def _ask(worker: Worker, port: int, selector: selectors.BaseSelector) -> None:
    if worker.connection is None:
        worker.connection = Connection(port)
        selector.register(worker.connection.socket, selectors.EVENT_READ, worker)
    if worker.page is not None:
        worker.connection.send(worker.page.request)


def _hang_up(worker: Worker, selector: selectors.BaseSelector) -> None:
    if worker.connection is not None:
        selector.unregister(worker.connection.socket)
        worker.connection.socket.close()
        worker.connection = None


def _take(
    worker: Worker, port: int, selector: selectors.BaseSelector, seen: Seen, *, counts: bool
) -> bool:
    """Take what came; tell whether it is the whole answer."""
    if worker.connection is None or worker.page is None:
        return False
    if not worker.connection.waits:  # nothing but an end can come of itself
        _hang_up(worker, selector)
        return False
    try:
        answer = worker.connection.receive()
    except ConnectionError:  # it was closed as we asked: nothing was read, and we ask again
        _hang_up(worker, selector)
        _ask(worker, port, selector)
        return False
    if answer is None:
        return False
    if counts:
        seen.by_page[worker.page.name].append(answer[1] * 1e3)
        seen.wrong.update({answer[0]} - _WELL)
    return True


# -- the office --------------------------------------------------------------------------------


@contextlib.contextmanager
def _office(database_url: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the port of an office, and who works there."""
    with tempfile.TemporaryDirectory(prefix="fortnight-bench-") as name, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        command = [sys.executable, "-m", "bench.service.office_process"]
        with subprocess.Popen(  # noqa: S603 - it is this repository's own script
            [*command, name, str(port), database_url], stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None  # noqa: S101 - it was asked for above
                process.stdout.readline()
                _wait_for(port, process)
                yield port, json.loads((Path(name) / WALKS).read_text())
            finally:
                process.terminate()
                process.wait(_PATIENCE_S)


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("The office ended while it was starting.")


if __name__ == "__main__":
    main(tuple(map(float, sys.argv[1:])) or THINKS_S)
