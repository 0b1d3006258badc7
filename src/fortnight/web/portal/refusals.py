"""What a person is shown where a request of theirs cannot be done: a page in plain words.

What belongs to somebody else is answered like what is not there, byte for byte.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response

from fortnight.errors import RefusedError
from fortnight.web import problems
from fortnight.web.door import Caller, Door
from fortnight.web.office.forms import Form
from fortnight.web.office.who import ElsewhereError, nothing_here
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.typed import ticked_in, typed_into
from fortnight.web.portal.who import START, OldFormError
from fortnight.web.rows import Route

_NOT_FOUND: Final = 404
_NOWHERE: Final = Route(
    START, "GET", "anyone", "none", "nobody", "public", 0, "Whoever was not let in."
)
_Answer = Callable[[Request[Any, Any, Any], Any], Response[Any]]


def handlers(
    door: Door, otherwise: Mapping[int | type[Exception], _Answer]
) -> dict[int | type[Exception], _Answer]:
    """Return how each kind of error is answered, in the portal and elsewhere."""
    return {kind: _in_the_portal(door, answer) for kind, answer in otherwise.items()}


def _in_the_portal(door: Door, otherwise: _Answer) -> _Answer:
    def answered(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        path = request.scope["path"]
        if path not in {"/", START} and not path.startswith(START + "/"):
            return otherwise(request, error)
        if isinstance(error, ElsewhereError):
            return see(error.where)
        if isinstance(error, RefusedError):
            error = nothing_here()
        found = otherwise(request, error)
        if found.status_code == _NOT_FOUND:
            found = problems.answer(nothing_here())
        return _page(door, request, found, _form_of(request, error))

    return answered


def _form_of(request: Request[Any, Any, Any], error: Exception) -> Form:
    """Return the form that was sent; an empty one where none was read."""
    if isinstance(error, OldFormError):
        return error.form
    caller = request.scope.get("user")
    guest = caller.guest if isinstance(caller, Caller) else None
    return Form({}) if guest is None else guest.form


def _page(
    door: Door, request: Request[Any, Any, Any], found: Response[Any], form: Form
) -> Response[bytes]:
    problem = msgspec.json.decode(found.content, type=problems.Problem)
    if problem.status == _NOT_FOUND or not isinstance(request.scope.get("user"), Caller):
        request.scope["user"] = Caller(door, _NOWHERE)
    # No link back to this very path: ids swapped in it change nothing in the answer.
    kept = Form({}) if problem.status == _NOT_FOUND else form
    shown = page(
        request,
        "problem.html",
        status=problem.status,
        problem=problem,
        typed=typed_into(kept),
        ticked=ticked_in(kept),
        path=START,
        next=START,
    )
    shown.headers.update(found.headers)
    return shown
