"""What a browser is shown where a request cannot be done: a page, not a document for programs."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Request, Response

from fortnight.web import problems
from fortnight.web.bodies import header
from fortnight.web.door import Caller, Door
from fortnight.web.office.pages import page, speech
from fortnight.web.office.who import ElsewhereError, nothing_here
from fortnight.web.rows import Route

_OFFICE: Final = "/office"
_NOT_FOUND: Final = 404
_NOWHERE: Final = Route(
    _OFFICE, "GET", "anyone", "none", "nobody", "public", 0, "Whoever was not let in."
)
_Answer = Callable[[Request[Any, Any, Any], Any], Response[Any]]


def handlers(door: Door) -> dict[int | type[Exception], _Answer]:
    """Return how each kind of error is answered."""
    return {
        kind: _in_the_office(door, answer) for kind, answer in problems.EXCEPTION_HANDLERS.items()
    }


def _in_the_office(door: Door, answer: _Answer) -> _Answer:
    """Return an answer that is a page for browsers in the office, and what it was elsewhere."""

    def answered(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        path = request.scope["path"]
        if path != _OFFICE and not path.startswith(_OFFICE + "/"):
            return answer(request, error)
        if isinstance(error, ElsewhereError):
            return _elsewhere(request, error)
        found = answer(request, error)
        if found.status_code == _NOT_FOUND:
            found = problems.answer(nothing_here())
        if _is_a_script(request):
            return _in_words(request, found)
        return _page(door, request, found)

    return answered


def _in_words(request: Request[Any, Any, Any], found: Response[Any]) -> Response[Any]:
    """Return a problem in the language of the page whose script asked: it shows the words."""
    said = speech(request)
    problem = msgspec.json.decode(found.content, type=problems.Problem)
    told = msgspec.structs.replace(
        problem, title=said.said(problem.title), detail=said.said(problem.detail)
    )
    return Response(
        msgspec.json.encode(told),
        status_code=found.status_code,
        media_type=found.media_type,
        headers=found.headers,
    )


def _page(door: Door, request: Request[Any, Any, Any], found: Response[Any]) -> Response[bytes]:
    problem = msgspec.json.decode(found.content, type=problems.Problem)
    if problem.status == _NOT_FOUND or not isinstance(request.scope.get("user"), Caller):
        # Nobody's page: what is not there and what is not allowed are one, whoever asked.
        request.scope["user"] = Caller(door, _NOWHERE)
    # No link back to this very path: ids swapped in it change nothing in the answer.
    shown = page(
        request,
        "problem.html",
        status=problem.status,
        problem=problem,
        path=_OFFICE,
        next=_OFFICE,
    )
    shown.headers.update(found.headers)
    return shown


def _elsewhere(request: Request[Any, Any, Any], error: ElsewhereError) -> Response[Any]:
    if header(request.scope, b"hx-request"):  # htmx would put the other page into this one
        return Response(b"", status_code=200, headers={"hx-redirect": error.where})
    if _is_a_script(request):
        return _in_words(request, problems.answer(error))
    return Response(b"", status_code=303, headers={"location": error.where})


def _is_a_script(request: Request[Any, Any, Any]) -> bool:
    return header(request.scope, b"accept").startswith(b"application/json")
