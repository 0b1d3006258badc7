"""What tests of several rooms share: where their files lie, in which order they are begun."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pytest
from tests.longest import LONGEST

pytest_plugins = ["tests.databases", "tests.services"]

_TESTS: Final = Path(__file__).parent
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
_NAME: Final = "fortnight-tests-"
_ROOM_BYTES: Final = 6 << 30
_FOLDER: Final = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep what tests write in memory, where there is room; ``TMPDIR`` says otherwise.

    Every commit of a store waits for the disk: thousands of them were most of the time. Tests let
    processes die at any moment, which a file in memory outlives, and never the machine.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return  # a process of xdist, whose controller has chosen
    if shutil.disk_usage(_MEMORY).free < _ROOM_BYTES:
        return
    _clear()
    folder = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=_MEMORY))
    folder.chmod(0o711)  # PostgreSQL runs as another user, in a folder of its own below
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    config.stash[_FOLDER] = folder


def _clear() -> None:
    """Give back the memory of runs that were killed."""
    for left in _MEMORY.glob(f"{_NAME}*"):
        process = left.name.removeprefix(_NAME).partition("-")[0]
        if process.isdecimal() and not Path("/proc", process).exists():
            shutil.rmtree(left, ignore_errors=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the memory back."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ["TMPDIR"]
        tempfile.tempdir = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    places = {_TESTS / one: place for place, one in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data beside the repository, or skip where it is not there."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder}")
    return folder
