"""How the identity provider is asked: at once, in the open of nobody, and never elsewhere.

No redirect is followed: an address that the provider did not publish is not its own.
"""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_S: Final = 10.0
MOST_BYTES: Final = 1 << 20
_UNREACHABLE: Final = "The identity provider cannot be reached. Try again, or ask who keeps it."


class _NoRedirect(HTTPRedirectHandler):
    """Takes every redirect for the error that it is here."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - whatever the handler is given
        """Follow nothing."""


class ProviderWeb:
    """Asks over HTTP, past no proxy of the environment."""

    def __init__(self) -> None:
        self._opener = build_opener(_NoRedirect, ProxyHandler({}))

    def get(self, url: str) -> bytes:
        """Return what is at a URL. Raises RefusedError where it cannot be had."""
        return self._ask(Request(url, headers={"accept": "application/json"}))  # noqa: S310 - checked by whoever asks

    def post(self, url: str, fields: Mapping[str, str], authorization: str | None) -> bytes:
        """Return the answer to a form. Raises RefusedError where it cannot be had."""
        headers = {
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        }
        if authorization is not None:
            headers["authorization"] = authorization
        return self._ask(Request(url, urlencode(fields).encode(), headers))  # noqa: S310 - checked by whoever asks

    def _ask(self, request: Request) -> bytes:
        try:
            with self._opener.open(request, timeout=PATIENCE_S) as answer:
                body: bytes = answer.read(MOST_BYTES + 1)
        except HTTPError as error:
            error.close()
            raise RefusedError("The identity provider refused the sign-in. Begin again.") from error
        except (OSError, HTTPException, ValueError) as error:
            raise RefusedError(_UNREACHABLE) from error
        if len(body) > MOST_BYTES:
            raise RefusedError(_UNREACHABLE)
        return body
