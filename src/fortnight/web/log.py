"""The public log over HTTP: its checkpoint, its tiles and its key, for anyone."""

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.openapi.spec import Example
from litestar.params import PathParameter

from fortnight.web import documents, problems
from fortnight.web.door import Door, door_of

FOLDER: Final = "log"
CHECKPOINT: Final = "checkpoint"
TEXT: Final = "text/plain"
OCTETS: Final = "application/octet-stream"
_TILE: Final = re.compile(
    r"(?:entries|[0-9]|[1-5][0-9]|6[0-3])(?:/x[0-9]{3}){0,5}/[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
)
"""Every path that a tile can have (C2SP tlog-tiles), and none that leaves the folder."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"

TilePath = Annotated[
    Path,
    PathParameter(
        description="level/index, or entries/index; an index is groups of three digits, all but "
        "the last with an x before them; .p/width follows where the tile is not full",
        examples=[Example(value="0/000.p/1")],
    ),
]


@get(
    "/log/checkpoint",
    media_type=TEXT,
    responses={200: documents.answers(str, "A signed note (C2SP tlog-checkpoint)", "text/plain")}
    | problems.documented(problems.NOT_FOUND),
)
async def checkpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give how large the log is and what its root is, signed."""
    return await _file(door_of(request), CHECKPOINT, TEXT, {})


@get(
    "/log/tile/{path:path}",
    media_type=OCTETS,
    responses={200: documents.answers(bytes, "The tile's bytes", OCTETS)}
    | problems.documented(problems.UNREADABLE, problems.NOT_FOUND),
)
async def tile(request: Request[Any, Any, Any], path: TilePath) -> Response[bytes]:
    """Give a tile of hashes, or a bundle of entries (C2SP tlog-tiles)."""
    name = path.as_posix().removeprefix("/")
    if _TILE.fullmatch(name) is None:
        raise problems.ProblemError(problems.NOT_FOUND, "No tile of a log has this name.")
    return await _file(door_of(request), f"tile/{name}", OCTETS, {"cache-control": _FOR_EVER})


@get(
    "/log/vkey",
    media_type=TEXT,
    responses={200: documents.answers(str, "name+id+base64 (C2SP signed-note)", "text/plain")}
    | problems.documented(),
)
async def vkey(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the key by which checkpoints are verified."""
    return Response(f"{door_of(request).service.log_key}\n".encode(), media_type=TEXT)


async def _file(door: Door, name: str, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    """Answer with a file of the log's folder."""
    path = door.service.settings.home / FOLDER / name
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise problems.ProblemError(
            problems.NOT_FOUND, "The log has not grown to this yet."
        ) from error
    return Response(content, media_type=media_type, headers=headers)
