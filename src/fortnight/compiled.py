"""How kernels are compiled: by Numba, once, kept on disk, without holding the interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba as nb

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def kernel(function: F) -> F:
    """Compile a function of plain loops over arrays at its first call, and cache the code.

    Two things keep compilation short, which a new user waits for: rows are written column by
    column (a slice assignment drags its error messages in), and counters that are passed on
    start as ``np.int64(0)`` (a literal 0 would be compiled as a second version of the callee).
    """
    compiled: F = nb.njit(cache=True, nogil=True)(function)
    return compiled


def was_compiled() -> bool:
    """Whether the search was compiled on this machine before, by this version of the code."""
    from fortnight.contact import search  # noqa: PLC0415 - search itself is a kernel's module

    folder = Path(search.compiled_folder())
    return any(folder.glob("search._search-*.nbi"))
