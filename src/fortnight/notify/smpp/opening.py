"""Opens the SMPP gateway as the settings say."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from fortnight.notify.smpp.gateway import Delivered, Manner, SmppGateway, Waits
from fortnight.notify.smpp.link import Backoff, Link
from fortnight.notify.smpp.pdu import Bind
from fortnight.notify.smpp.session import Session, Times

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from fortnight.notify.gateway import Heard


@dataclass(frozen=True, slots=True)
class Centre:
    """Where the message centre is, and who we are there.

    Attributes
    ----------
    password : callable
        Returns the password; asked at each sign-in, so that a new one needs no restart.
    tls : ssl.SSLContext or None
        None where the way is private already: the same machine, or a tunnel.
    """

    host: str
    port: int
    system_id: str
    password: Callable[[], str] = field(repr=False)
    tls: ssl.SSLContext | None = None
    times: Times = field(default_factory=Times)


def open_gateway(
    centre: Centre,
    manner: Manner,
    heard: Heard,
    backoff: Backoff,
    clock: Callable[[], int],
    alarm: Callable[[str, int], None],
) -> SmppGateway:
    """Return a gateway; its link comes up at its first turn."""
    delivered = Delivered(heard, clock)

    def connect() -> Session:
        bind = Bind(centre.system_id, centre.password())
        session = Session(_connected(centre), delivered, window=manner.window, times=centre.times)
        session.bind(bind)
        return session

    stopped = Event()
    return SmppGateway(
        Link(connect, backoff, alarm), manner, backoff, Waits(monotonic, stopped.wait)
    )


def _connected(centre: Centre) -> socket.socket:
    plain = socket.create_connection((centre.host, centre.port), timeout=centre.times.answer)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if centre.tls is None:
        return plain
    try:
        return centre.tls.wrap_socket(plain, server_hostname=centre.host)
    except OSError:
        plain.close()
        raise
