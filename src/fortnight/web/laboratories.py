"""Tokens for laboratories that ask for them directly, by their key."""

import asyncio
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, post

from fortnight.web import documents, problems
from fortnight.web.bodies import media_type, read
from fortnight.web.door import caller_of, door_of


class TokenAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A positive test: the laboratory's own name of it, and the tested person's number."""

    test: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class TokenGiven(msgspec.Struct, frozen=True):
    """The token, shown this once, and for how many hours it opens a case."""

    token: str
    hours: int


HOURS: Final = 48


@post(
    "/api/v1/laboratories/tokens",
    status_code=200,
    operation_class=documents.TAKES_TEST,
    security=[{"laboratory": []}],
    responses={200: documents.answers(TokenGiven, "The token, shown this once")}
    | problems.documented(
        problems.UNREADABLE,
        problems.UNKNOWN_SECRET,
        problems.REFUSED,
        problems.TOO_SLOW,
        problems.CONFLICT,
        problems.TOO_LARGE,
        problems.WRONG_TYPE,
        problems.UNUSABLE,
        problems.NOT_READY,
    ),
)
async def tokens(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give a token for one positive test of one person; it opens one case, once."""
    door = door_of(request)
    if media_type(request) != documents.JSON:
        raise problems.ProblemError(problems.WRONG_TYPE, f"Send {documents.JSON}.")
    body = await read(request, door.most_bytes(caller_of(request).route), door.patience)
    asked = _asked(body)
    token = await asyncio.to_thread(
        door.service.laboratories.issue_for,
        laboratory_of(request),
        asked.test,
        asked.number,
        door.service.clock(),
    )
    return problems.json_bytes(TokenGiven(token, HOURS))


def _asked(body: bytes) -> TokenAsked:
    try:
        return msgspec.json.decode(body, type=TokenAsked)
    except msgspec.ValidationError as error:
        raise problems.ProblemError(
            problems.UNUSABLE,
            "The body has to hold test (1 to 200 characters) and number (1 to 40), and no more.",
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise problems.ProblemError(problems.UNREADABLE, "The body is no JSON.") from error


def laboratory_of(request: Request[Any, Any, Any]) -> str:
    """Return the id of the laboratory that was admitted."""
    laboratory = caller_of(request).laboratory
    if laboratory is None:
        raise problems.ProblemError(problems.UNKNOWN_SECRET, "This route is for laboratories.")
    return laboratory
