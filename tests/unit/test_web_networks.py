"""Whose address it is where a proxy stands between: what granian's own wrapper says."""

from __future__ import annotations

import asyncio
from typing import Any

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from hypothesis import given, settings
from hypothesis import strategies as st

from fortnight.web.networks import behind_proxies, is_closed

CLOSED = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
addresses = st.sampled_from(
    ["127.0.0.1", "10.1.2.3", "203.0.113.7", "198.51.100.1", "::1", "fd00::1", "2001:db8::1", "?"]
)
chains = st.lists(addresses | st.just(""), min_size=1, max_size=4).map(", ".join)
headers = st.lists(
    st.tuples(st.just(b"x-forwarded-for"), chains.map(str.encode))
    | st.tuples(st.just(b"x-forwarded-proto"), st.sampled_from([b"http", b"https", b"", b"ftp"]))
    | st.just((b"accept", b"*/*")),
    max_size=4,
)


def seen(wrap: Any, scope: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - either wrapper
    found: dict[str, Any] = {}

    async def app(scope: Any, _: object, __: object) -> None:  # noqa: ANN401 - as it comes
        found.update(scope)

    asyncio.run(wrap(app)(dict(scope), None, None))
    return found


@settings(deadline=None)
@given(addresses, headers, st.sampled_from(["http", "lifespan"]))
def test_the_client_is_the_one_that_the_closed_networks_proxies_saw(
    address: str, sent: list[tuple[bytes, bytes]], kind: str
) -> None:
    scope = {"type": kind, "client": (address, 7), "scheme": "http", "headers": sent}
    theirs = seen(lambda app: wrap_asgi_with_proxy_headers(app, CLOSED), scope)
    assert seen(behind_proxies, scope) == theirs


def test_closed_networks_are_this_machines_and_private_ones() -> None:
    assert all(map(is_closed, ["127.0.0.9", "::1", "172.31.0.1", "192.168.1.1", "fd12::1"]))
    assert not any(map(is_closed, ["", "localhost", "172.32.0.1", "8.8.8.8", "2001:db8::1"]))
