"""Files that pages are made of. An address holds the file's hash, so it is kept for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.web import problems
from fortnight.web.bodies import header

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}
OF_THE_REPORT: Final = frozenset(
    {
        "maplibre-gl.js",
        "maplibre-gl-worker.js",
        "maplibre-gl.css",
        "maplibre-gl.LICENSE.txt",
    }
)
"""The map, which the report has too."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class File:
    """One file, as it is served."""

    plain: bytes
    packed: bytes
    version: str
    kind: str


@cache
def names() -> frozenset[str]:
    """Return the names of all files that are served."""
    own = (file.name for file in files("fortnight.web").joinpath("static").iterdir())
    return OF_THE_REPORT | {name for name in own if name.rpartition(".")[2] in KINDS}


@cache
def file_named(name: str) -> File:
    """Return one of ``names``."""
    room, folder = (
        ("fortnight.report", "assets") if name in OF_THE_REPORT else ("fortnight.web", "static")
    )
    plain = files(room).joinpath(folder, name).read_bytes()
    return File(
        plain,
        gzip.compress(plain, mtime=0),
        hashlib.sha256(plain).hexdigest()[:_LETTERS],
        KINDS[name.rpartition(".")[2]],
    )


def address(name: str) -> str:
    """Return where a file is served."""
    return f"/office/static/{file_named(name).version}/{name}"


@get("/office/static/{version:str}/{name:str}", include_in_schema=False, sync_to_thread=True)
def static(
    request: Request[Any, Any, Any], version: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """Give a file that pages are made of."""
    if name not in names() or file_named(name).version != version:
        raise problems.ProblemError(problems.NOT_FOUND, "There is nothing here.")
    file = file_named(name)
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"}
    if b"gzip" in header(request.scope, b"accept-encoding"):
        headers["content-encoding"] = "gzip"
        return Response(file.packed, media_type=file.kind, headers=headers)
    return Response(file.plain, media_type=file.kind, headers=headers)
