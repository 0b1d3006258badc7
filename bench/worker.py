"""One engine in a process of its own, so that peaks of memory are its own. Speaks JSON lines.

Started by ``bench.jobs``. Each request is one line on standard input, each reply one line on
standard output; what an engine itself prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow.parquet as pq

from bench.registry import make

if TYPE_CHECKING:
    from bench.contract import Engine


def main() -> None:
    """Answer requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    engine = make(sys.argv[1])
    try:
        for line in sys.stdin:
            _say(replies, _reply(engine, json.loads(line)))
    finally:
        engine.close()


def _reply(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    begin = time.perf_counter()
    rows = _carried_out(engine, request, Path(request.get("workdir", ".")))
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "rows": rows, "peak_bytes": engine.peak_bytes()}


def _carried_out(engine: Engine, request: dict[str, Any], workdir: Path) -> int:
    match request["do"]:
        case "prepare":
            engine.prepare(Path(request["source"]), workdir)
        case "open":
            engine.open(workdir)
        case "contacts":
            return engine.contacts(request["cases"]).num_rows
        case "save":
            answer = engine.contacts(request["cases"])
            pq.write_table(answer, request["answer"])
            return answer.num_rows
    return 0


def _say(replies: IO[str], reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
