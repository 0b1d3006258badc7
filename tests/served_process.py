"""Starts `fortnight serve` again and again, quickly: imports once, then forks at each word.

Run as a script: HOME. It reads lines: "start" makes a child that serves, and says its id; "reap"
waits for the child, and says the number of the signal that ended it. Children end with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

from fortnight.cli.serve import serve

_PR_SET_PDEATHSIG: Final = 1


def main(home: Path) -> None:
    child = 0
    for line in sys.stdin:
        if line == "start\n":
            child = os.fork()  # before anything of this process has made a thread
            if child == 0:
                _serve(home)
            answer = child
        else:
            answer = os.WTERMSIG(os.waitpid(child, 0)[1])
        print(answer, flush=True)  # noqa: T201 - whoever started this process reads it


def _serve(home: Path) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        serve(home)
    finally:
        os._exit(1)  # tests kill it: it has no other end


if __name__ == "__main__":
    main(Path(sys.argv[1]))
