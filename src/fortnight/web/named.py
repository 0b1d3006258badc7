"""Who sends where an app knows neither a password nor a header: its own name is the secret.

Traccar Client is such an app. Its name stands in the address, in a form or in JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fortnight.arrivals.traccar import NAMES, named_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.arrivals.bounds import Bounds

_MOST_PARAMETERS = 50


def parameters(scope: Mapping[str, Any], body: bytes) -> dict[str, str]:
    """Return the parameters of the address, or of a form; none where the body is JSON."""
    query: bytes = scope["query_string"]
    if not query and body.lstrip()[:1] != b"{":
        query = body
    try:
        return dict(parse_qsl(query.decode("ascii"), max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        return {}


def secret_in(scope: Mapping[str, Any], body: bytes, bounds: Bounds) -> str | None:
    """Return the secret by which a message names its phone, None where there is none."""
    said = parameters(scope, body)
    found = next((said[name] for name in NAMES if name in said), None)
    return named_in(body, bounds) if found is None and not said else found
