"""The laboratory's FHIR R4 door: one Observation in, an Observation or an OperationOutcome out."""

import asyncio
from typing import Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from fortnight.errors import FortnightError
from fortnight.exchange.observation import ObservationError, Observed, read_observation
from fortnight.exchange.results import Taken
from fortnight.web import documents, problems
from fortnight.web.bodies import media_type, read
from fortnight.web.door import caller_of, door_of
from fortnight.web.laboratories import laboratory_of

TOKEN_SYSTEM: Final = "urn:fortnight:token"  # noqa: S105 - what names the kind, not a token
_ISSUES: Final = {
    problems.UNREADABLE: "structure",
    problems.UNKNOWN_SECRET: "login",
    problems.REFUSED: "forbidden",
    problems.NOT_FOUND: "not-found",
    problems.WRONG_METHOD: "not-supported",
    problems.TOO_SLOW: "timeout",
    problems.CONFLICT: "conflict",
    problems.GONE: "deleted",
    problems.TOO_LARGE: "too-long",
    problems.WRONG_TYPE: "not-supported",
    problems.UNUSABLE: "invalid",
    problems.TOO_OFTEN: "throttled",
    problems.FAULT: "exception",
    problems.NOT_READY: "transient",
}
_BY_STATUS: Final = {kind.status: issue for kind, issue in _ISSUES.items()}
_WITHDRAWN: Final = "The test was taken back: the case that it opened is withdrawn."
_NOTHING: Final = "Not detected: no token is given, and one that was given is void."


class Words(msgspec.Struct, frozen=True):
    """A text."""

    text: str


class Issue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to say of a request."""

    severity: str
    code: str
    details: Words
    expression: list[str] = []


class OperationOutcome(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a request, in FHIR's words."""

    resource_type: str
    issue: list[Issue]


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """A name of a system."""

    value: str
    system: str = ""


class TokenObservation(msgspec.Struct, frozen=True, rename="camel"):
    """The Observation as taken, with the token among its identifiers.

    Nothing of it is kept that could be read again.
    """

    resource_type: str
    status: str
    identifier: list[Named]


def _answer(status: int, content: object, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type=documents.FHIR_JSON,
        headers=headers,
    )


def outcome(status: int, issue: Issue, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Return an OperationOutcome with one issue as a response."""
    return _answer(status, OperationOutcome("OperationOutcome", [issue]), headers)


def _of_problem(found: Response[bytes]) -> Response[bytes]:
    """Return a problem in FHIR's words."""
    problem = msgspec.json.decode(found.content, type=problems.Problem)
    issue = Issue("error", _BY_STATUS[problem.status], Words(problem.detail))
    return outcome(problem.status, issue, dict(found.headers))


def _of_family(request: Request[Any, Any, Any], error: FortnightError) -> Response[bytes]:
    if isinstance(error, ObservationError):
        issue = Issue("error", error.code, Words(str(error)), [error.expression])
        unreadable = error.code == "structure"
        return outcome((problems.UNREADABLE if unreadable else problems.UNUSABLE).status, issue)
    return _of_problem(problems.of_family(request, error))


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _of_problem(problems.of_framework(request, error))


def _of_anything(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return _of_problem(problems.of_anything(request, error))


def _documented() -> dict[int, ResponseSpec]:
    kinds = set(_ISSUES) - {problems.NOT_FOUND, problems.WRONG_METHOD, problems.GONE}
    errors = {kind.status: kind.title for kind in sorted(kinds, key=lambda kind: kind.status)}
    return {
        201: documents.answers(TokenObservation, "A token was given", documents.FHIR_JSON),
        200: documents.answers(OperationOutcome, "No token was given", documents.FHIR_JSON),
        **{
            status: documents.answers(OperationOutcome, title, documents.FHIR_JSON)
            for status, title in errors.items()
        },
    }


@post(
    "/fhir/Observation",
    status_code=201,
    operation_class=documents.TAKES_OBSERVATION,
    security=[{"laboratory": []}],
    responses=_documented(),
    exception_handlers={
        FortnightError: _of_family,
        HTTPException: _of_framework,
        Exception: _of_anything,
    },
)
async def observation(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take one result of a laboratory test, as a FHIR R4 Observation.

    A positive one gets a token, and opens no case by itself. One that is cancelled, entered in
    error, or corrected to not detected voids the token and withdraws the case.
    """
    door = door_of(request)
    if media_type(request) not in {documents.FHIR_JSON, documents.JSON}:
        raise problems.ProblemError(problems.WRONG_TYPE, f"Send {documents.FHIR_JSON}.")
    body = await read(request, door.most_bytes(caller_of(request).route), door.patience)
    now = door.service.clock()
    observed = read_observation(body, now)
    taken = await asyncio.to_thread(
        door.service.results.take, laboratory_of(request), observed, now
    )
    return _taken(observed, taken)


def _taken(observed: Observed, taken: Taken) -> Response[bytes]:
    if taken.token is None:
        words = _WITHDRAWN if taken.has_withdrawn else _NOTHING
        return outcome(200, Issue("information", "informational", Words(words)))
    system, _, value = observed.test.rpartition("|")
    names = [Named(value, system), Named(taken.token, TOKEN_SYSTEM)]
    made = TokenObservation("Observation", "final", names)
    return _answer(201, made)
