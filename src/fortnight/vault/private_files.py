"""Files that nobody else may read, and that leave nothing behind on the disk."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from typing import TYPE_CHECKING

from fortnight.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from copying at the same time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read; it must not be there."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def refuse_if_open_to_others(path: Path) -> None:
    """Raise SettingsError where anyone but the owner may read, write or enter."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        right = "700" if path.is_dir() else "600"
        raise SettingsError(
            f"{path} has mode {mode:o}: others on this machine may read the keys. "
            f"Run `chmod {right} {path}`."
        )


def blank(path: Path) -> None:
    """Overwrite a file with zeros and remove it, if it is there."""
    if path.exists():
        zero(os.open(path, os.O_RDWR))
        path.unlink()


def zero(descriptor: int) -> None:
    """Overwrite an open file with zeros, and close it."""
    try:
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, outlive the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
