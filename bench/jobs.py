"""Processes that hold one engine each: asked with a time limit, ended with all they started."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).parents[1]
GRACE_S: Final = 15.0


class OverLimitError(Exception):
    """The engine did not answer in time and was ended."""


class EngineError(Exception):
    """The engine's process ended by itself; its last words are in the text."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request took."""

    seconds: float
    rows: int
    peak_bytes: int


class Job:
    """A running engine. A context manager: leaving it ends the process and its servers."""

    def __init__(self, engine: str, log: Path) -> None:
        self._log = log
        with log.open("ab") as words:
            self._process = subprocess.Popen(  # noqa: S603 - this very Python, a name of ours
                [sys.executable, "-m", "bench.worker", engine],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                cwd=ROOT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        """Return the job itself."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Let the engine close by itself; end it where it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._end(signal.SIGQUIT if reason[0] else None)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, limit_s: float, **request: Any) -> Reply:  # noqa: ANN401 - becomes JSON
        """Send one request and wait for its reply.

        Raises
        ------
        OverLimitError
            After ``limit_s`` seconds. The job is of no use afterwards.
        EngineError
            Where the process ended.

        """
        if self._process.stdin is None or self._process.stdout is None:
            raise EngineError("the engine has no pipes")
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], limit_s)
        if not ready:
            raise OverLimitError(f"over {limit_s:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise EngineError(self._last_words())
        return Reply(**json.loads(line))

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "ended without a word"

    def _end(self, first: signal.Signals | None) -> None:
        """Signal the whole session: SIGQUIT is also PostgreSQL's word for stopping at once."""
        for word in (first, signal.SIGQUIT, signal.SIGKILL):
            if word is not None:
                self._signal(word)
            try:
                self._process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                continue
            break
        self._signal(signal.SIGQUIT)  # a server that was only just starting outlives the first

    def _signal(self, word: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, word)
        except ProcessLookupError:
            return
