"""What most engines share: where they were opened, and how much memory the process took."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import resource
from pathlib import Path
from typing import Any

KIBIBYTE = 1024


def own_peak_bytes() -> int:
    """Return the largest resident size of this process so far.

    ``getrusage`` would not do on Linux: a new process starts with its parent's figure.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) * KIBIBYTE


def load(module: str) -> Any:  # noqa: ANN401 - peers are optional and mostly have no types
    """Import an optional peer when it is needed, not when the list of engines is read."""
    return importlib.import_module(module)


def missing(*modules: str) -> str | None:
    """Return a sentence naming the packages that are not installed, or None."""
    absent = [module for module in modules if importlib.util.find_spec(module) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


def version_of(distribution: str) -> str:
    """Return the installed version of one distribution."""
    return importlib.metadata.version(distribution)
