"""Who may change the lake, and how an index outlives its successor while a search reads it.

Both are locks of the system on files: they end with the process that held them, however it ended.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITER: Final = ".writer"
LEASE: Final = "lease"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only one who changes the lake, among all threads and processes of this machine."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / WRITER, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def leased(index: Path) -> Iterator[None]:
    """Keep an index folder where it is.

    Raises FileNotFoundError where it is gone, or goes this moment: look up its successor.
    """
    descriptor = os.open(index / LEASE, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        # a remover may have held the lock until now: then this file has no name any more
        if os.fstat(descriptor).st_ino != (index / LEASE).stat().st_ino:
            raise FileNotFoundError(index)
        yield
    finally:
        os.close(descriptor)


def remove_index(index: Path, *, wait: bool = False) -> bool:
    """Remove an index folder that no search holds; return whether it is gone.

    ``wait`` waits for running searches: an erasure may not leave it to a later sweep.
    """
    try:
        descriptor = os.open(index / LEASE, os.O_RDWR)
    except FileNotFoundError:
        shutil.rmtree(index, ignore_errors=True)  # never finished: nobody can hold it
        return not index.exists()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        (index / LEASE).unlink(missing_ok=True)  # first: whoever waits for it finds it gone
        shutil.rmtree(index)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
