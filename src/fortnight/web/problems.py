"""What an error looks like from outside: one shape (RFC 9457), a closed list of kinds.

Every error becomes one here: our own family, the framework's, and whatever nobody foresaw. The
last says nothing of itself to whoever asked; its type and place are logged, never its text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from fortnight.errors import (
    ConflictError,
    DatabaseError,
    FortnightError,
    GoneError,
    InputError,
    QuestionError,
    RefusedError,
)
from fortnight.web.logging import log_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_JSON: Final = "application/problem+json"
_SERVER_FAULT: Final = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its word, its HTTP status and its title."""

    word: str
    status: int
    title: str


UNREADABLE: Final = Kind("unreadable", 400, "The request cannot be read")
UNKNOWN_SECRET: Final = Kind("unknown-secret", 401, "No valid secret was given")
REFUSED: Final = Kind("refused", 403, "This is not done")
NOT_FOUND: Final = Kind("not-found", 404, "There is nothing here")
WRONG_METHOD: Final = Kind("wrong-method", 405, "This path does not take that method")
TOO_SLOW: Final = Kind("too-slow", 408, "The body did not arrive in time")
CONFLICT: Final = Kind("conflict", 409, "This contradicts what is there")
GONE: Final = Kind("gone", 410, "This was erased")
TOO_LARGE: Final = Kind("too-large", 413, "The body is too large")
WRONG_TYPE: Final = Kind("wrong-type", 415, "This kind of content is not read here")
UNUSABLE: Final = Kind("unusable", 422, "The content cannot be used")
TOO_OFTEN: Final = Kind("too-often", 429, "Too many requests")
FAULT: Final = Kind("fault", 500, "The service failed")
NOT_READY: Final = Kind("not-ready", 503, "The service is not ready")

KINDS: Final = (
    UNREADABLE,
    UNKNOWN_SECRET,
    REFUSED,
    NOT_FOUND,
    WRONG_METHOD,
    TOO_SLOW,
    CONFLICT,
    GONE,
    TOO_LARGE,
    WRONG_TYPE,
    UNUSABLE,
    TOO_OFTEN,
    FAULT,
    NOT_READY,
)
_BY_STATUS: Final = {kind.status: kind for kind in KINDS}
_OF_FAMILY: Final[tuple[tuple[type[FortnightError], Kind], ...]] = (
    (RefusedError, REFUSED),
    (GoneError, GONE),
    (ConflictError, CONFLICT),
    (InputError, UNUSABLE),
    (QuestionError, UNUSABLE),
    (DatabaseError, NOT_READY),
)
RETRY_S: Final = 5
"""After how many seconds to ask a service again that is not ready."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that was wrong: where in the request, and why."""

    where: str
    reason: str


class Problem(msgspec.Struct, frozen=True):
    """A problem as RFC 9457 writes it, with one entry for each thing that was wrong."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]


class ProblemError(FortnightError):
    """A request that is answered with a problem."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: tuple[Fault, ...] = (),
        headers: "Mapping[str, str] | None" = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def too_large(most: int) -> ProblemError:
    """Return the problem of a body over ``most`` bytes."""
    return ProblemError(TOO_LARGE, f"At most {most} bytes are read here: send less at once.")


def too_often(wait_ms: int) -> ProblemError:
    """Return the problem of someone who asks too often."""
    seconds = -(-wait_ms // 1_000)
    return ProblemError(
        TOO_OFTEN,
        f"Ask again in {seconds} s.",
        headers={"retry-after": str(seconds)},
    )


def answer(problem: ProblemError) -> Response[bytes]:
    """Return a problem as a response."""
    kind = problem.kind
    body = Problem(
        type=f"urn:fortnight:problem:{kind.word}",
        title=kind.title,
        status=kind.status,
        detail=problem.detail,
        errors=list(problem.errors),
    )
    return Response(
        msgspec.json.encode(body),
        status_code=kind.status,
        media_type=PROBLEM_JSON,
        headers=problem.headers,
    )


def of_family(_: object, error: FortnightError) -> Response[bytes]:
    """Answer an error of our own. Its text is made for the user and names nobody."""
    if isinstance(error, ProblemError):
        return answer(error)
    for family, kind in _OF_FAMILY:
        if isinstance(error, family):
            headers = {"retry-after": str(RETRY_S)} if kind is NOT_READY else {}
            return answer(ProblemError(kind, str(error), headers=headers))
    return of_anything(_, error)


def of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer an error of the framework, in our words: its own may repeat what was sent."""
    kind = _BY_STATUS.get(error.status_code)
    if kind is None or kind.status >= _SERVER_FAULT:
        return of_anything(request, error)
    if isinstance(error, ValidationException):
        detail = "The request's parameters cannot be used: see errors."
        return answer(ProblemError(UNREADABLE, detail, errors=_parameters(error)))
    allowed = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    return answer(ProblemError(kind, f"{kind.title}: see /openapi.json.", headers=allowed))


def _parameters(error: ValidationException) -> tuple[Fault, ...]:
    """Return which parameters were at fault; what they held is not repeated."""
    listed = error.extra if isinstance(error.extra, list) else []
    return tuple(
        Fault(f"{one.get('source', 'parameter')} {one.get('key', '')}", "cannot be used")
        for one in listed
        if isinstance(one, dict)
    )


def of_anything(_: object, error: Exception) -> Response[bytes]:
    """Answer an error that nobody foresaw, and log where it came from."""
    log_fault("a request failed", error)
    detail = "The service failed. What went wrong was logged; nothing was acknowledged."
    return answer(ProblemError(FAULT, detail))


_Answer = Callable[[Request[Any, Any, Any], Any], Response[Any]]
EXCEPTION_HANDLERS: Final[dict[int | type[Exception], _Answer]] = {
    FortnightError: of_family,
    HTTPException: of_framework,
    Exception: of_anything,
}


def documented(*kinds: Kind) -> dict[int, ResponseSpec]:
    """Return the problems of a route for the OpenAPI document; every route has the last two."""
    return {
        kind.status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=kind.title,
            media_type=PROBLEM_JSON,
        )
        for kind in (*kinds, TOO_OFTEN, FAULT)
    }


def json_bytes(value: object, status: int = 200) -> Response[bytes]:
    """Return a value as a JSON response."""
    return Response(msgspec.json.encode(value), status_code=status, media_type=MediaType.JSON)
