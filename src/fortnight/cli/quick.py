"""What the program leaves out so that it starts quickly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


class _NotThere:
    """Says of one module that it is not installed."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


def do_without_pandas() -> None:
    """Let Arrow find that there is no pandas; it asks once, at its first array.

    Where pandas is installed, Arrow would load all of it to see whether a list is one of its
    series. No command has any use for it. In a notebook nothing is left out.
    """
    if "pandas" in sys.modules:
        return
    finder = _NotThere()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow as pa  # noqa: PLC0415 - only where a command is run that needs it

        pa.array([])
    finally:
        sys.meta_path.remove(finder)
