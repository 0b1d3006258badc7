"""Handlers that ask a database, beside the event loop."""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Request, Response


def in_thread(
    handler: Callable[[Request[Any, Any, Any]], Response[bytes]],
) -> Callable[[Request[Any, Any, Any]], Awaitable[Response[bytes]]]:
    """Return a handler that runs beside the event loop, as it asks a database.

    The framework's own way of it wraps a handler once more for each other method of its path,
    and then awaits the wrong one.
    """

    @wraps(handler)
    async def run(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await asyncio.to_thread(handler, request)

    return run
