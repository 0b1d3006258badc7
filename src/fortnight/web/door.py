"""Who comes in: every request is admitted by its row of the table of routes, or not at all."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from litestar import Request

from fortnight.arrivals.bounds import Bounds
from fortnight.web import problems
from fortnight.web.bodies import Patience, header, read
from fortnight.web.devices import Known, secret_of
from fortnight.web.limits import Meter, Rate
from fortnight.web.metrics import Metrics
from fortnight.web.named import secret_in
from fortnight.web.networks import is_closed
from fortnight.web.office import who
from fortnight.web.portal import who as people
from fortnight.web.portal.sessions import Sessions
from fortnight.web.routes import BY_PATH

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

    from fortnight.vault.people import Device
    from fortnight.web.bodies import Incoming
    from fortnight.web.needs import Service
    from fortnight.web.office.who import Staff, Visit
    from fortnight.web.portal.who import Guest
    from fortnight.web.rows import LimitClass, Route

_CHALLENGE: Final = 'Basic realm="fortnight", charset="UTF-8", Bearer realm="fortnight"'
_PHONES_BEHIND_ONE_ADDRESS: Final = 100
"""Mobile networks put very many phones behind one address."""
AFTER_THE_END: Final = frozenset(
    {
        "/healthz",
        "/readyz",
        "/metrics",
        "/log/checkpoint",
        "/log/tile/{path}",
        "/log/vkey",
        "/office/static/{version}/{name}",  # of the page that says so
    }
)
"""What is answered once the programme is over: the log, for anyone to check, and nothing else."""
ENDED: Final = (
    "The programme has ended, on the day that was published before it began. What it held of "
    "people is deleted. Its log stays at /log/checkpoint, for anyone to check."
)
_DEVICE_KINDS: Final = {"tracker": "owntracks", "app": "api", "named": "api"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was admitted, and through which door."""

    door: Door
    route: Route
    device: Device | None = None
    operator: str | None = None
    laboratory: str | None = None
    visit: Visit | None = None
    guest: Guest | None = None
    body: bytes = field(default=b"", repr=False)  # where it had to be read to know who sends

    @property
    def staff(self) -> Staff | None:
        """Who is signed in, of those who work here."""
        return None if self.visit is None else self.visit.staff


class Door:
    """What all routes share: the service, allowances, known secrets and counts."""

    def __init__(self, service: Service, patience: Patience | None = None) -> None:
        self.service = service
        self.patience = patience or Patience()
        self.metrics = Metrics()
        self.devices = Known(service.vault.authenticate, recall=service.vault.recall)
        self.operators = Known(service.operators.authenticate)
        self.laboratories = Known(service.laboratories.authenticate)
        self.portal = Sessions(secrets.token_bytes)
        self.one_delivery = asyncio.Lock()
        settings = service.settings
        self.bounds = Bounds(max_bytes=settings.max_body_bytes, max_rows=settings.max_rows)
        self._ends_at = settings.ends_at
        self.addresses, self.meters = _meters(settings.posts_a_minute)

    def most_bytes(self, route: Route) -> int:
        """Return how large a body the route takes, in bytes."""
        if isinstance(route.most_bytes, int):
            return route.most_bytes
        most: int = getattr(self.service.settings, route.most_bytes)
        return most

    def guarding(self, app: ASGIApp) -> ASGIApp:
        """Return a route that only who was admitted reaches.

        A middleware, because the framework copies a route's handler for each of its guards: that
        took a quarter of the time of a phone's message.
        """

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] != "OPTIONS":  # type: ignore[typeddict-item] # there is only HTTP
                await self.admit(scope, receive)
            await app(scope, receive, send)

        return guarded

    async def admit(self, scope: Any, receive: Receive) -> None:  # noqa: ANN401 - routing added keys of its own
        """Admit a request, or raise the problem that it is answered with."""
        route = BY_PATH.get((scope["path_template"], scope["method"]))
        if route is None:  # a route that nobody thought through is not served
            raise problems.ProblemError(problems.NOT_FOUND, "There is nothing here.")
        now = self.service.clock()
        address = scope["client"][0] if scope.get("client") else ""
        _check_rate(self.addresses[route.limit], address, now)
        if now >= self._ends_at and route.path not in AFTER_THE_END:
            raise problems.ProblemError(problems.GONE, ENDED)
        if route.permission in {"browser", "staff"}:
            visit = await who.admit(self, scope, receive, route)
            scope["user"] = Caller(self, route, visit=visit)
        elif route.permission in {"visitor", "person"}:
            guest = await people.admit(self, scope, receive, route)
            scope["user"] = Caller(self, route, guest=guest)
        elif route.permission == "named":
            scope["user"] = await self._named(scope, receive, route, now)
        else:
            scope["user"] = await self._caller(scope, route, address, now)

    def check_account(self, account: str, route: Route) -> None:
        """Raise the problem of an account that asks too often."""
        _check_rate(self.meters[route.limit], account, self.service.clock())

    async def _caller(self, scope: Any, route: Route, address: str, now: int) -> Caller:  # noqa: ANN401 - as above
        if route.permission in {"anyone", "near"}:
            if route.permission == "near":
                _check_near(address)
            return Caller(self, route)
        secret = secret_of(header(scope, b"authorization"))
        if secret is None:
            raise _unknown()
        if route.permission == "operator":
            named = scope["path_params"].get("operator_id")
            return await self._operator(named, route, secret, now)
        if route.permission == "laboratory":
            return await self._laboratory(route, secret, now)
        return await self._device(route, secret, now)

    async def _device(self, route: Route, secret: str, now: int) -> Caller:
        device = await self.devices.of(secret, now)
        if device is None:
            raise _unknown()
        _check_rate(self.meters[route.limit], device.id, now)
        if device.kind != _DEVICE_KINDS[route.permission]:
            raise problems.ProblemError(
                problems.REFUSED,
                "This secret is of a device of another kind: OwnTracks sends to /owntracks, "
                "everything else to /api/v1.",
            )
        return Caller(self, route, device=device)

    async def _named(self, scope: Any, receive: Receive, route: Route, now: int) -> Caller:  # noqa: ANN401 - as above
        most = self.most_bytes(route)
        body = await read(Request(scope, receive=receive), most, self.patience) if most else b""
        secret = secret_in(scope, body, self.bounds)
        if not secret or not secret.isascii():
            raise _unknown()
        return replace(await self._device(route, secret, now), body=body)

    async def _laboratory(self, route: Route, secret: str, now: int) -> Caller:
        laboratory = await self.laboratories.of(secret, now)
        if laboratory is None:
            raise _unknown()
        _check_rate(self.meters[route.limit], laboratory, now)
        return Caller(self, route, laboratory=laboratory)

    async def _operator(self, named: object, route: Route, secret: str, now: int) -> Caller:
        operator = await self.operators.of(secret, now)
        if operator is None:
            raise _unknown()
        _check_rate(self.meters[route.limit], operator, now)
        if named != operator:
            raise problems.ProblemError(problems.REFUSED, "This key is of another operator.")
        return Caller(self, route, operator=operator)


def _meters(posts_a_minute: int) -> tuple[dict[LimitClass, Meter], dict[LimitClass, Meter]]:
    """Return the allowances of addresses and of callers, by class of limit."""
    of_callers: dict[LimitClass, Rate] = {
        "post": Rate(posts_a_minute, posts_a_minute),  # a phone that was offline sends all at once
        "delivery": Rate(60, 20),
        "public": Rate(3_000, 200),  # whoever checks the log fetches many tiles
        "check": Rate(3_000, 200),
        "office": Rate(1_200, 200),
        "sign-in": Rate(60, 30),
        "portal": Rate(60, 60),
    }
    posts = posts_a_minute * _PHONES_BEHIND_ONE_ADDRESS
    of_addresses: dict[LimitClass, Rate] = {
        **of_callers,
        "post": Rate(posts, posts),
        "office": Rate(60_000, 2_000),  # a whole office stands behind one address
        "sign-in": Rate(600, 120),
        "portal": Rate(60 * _PHONES_BEHIND_ONE_ADDRESS, 60 * _PHONES_BEHIND_ONE_ADDRESS),
    }
    return (
        {name: Meter(rate) for name, rate in of_addresses.items()},
        {name: Meter(rate) for name, rate in of_callers.items()},
    )


def _check_rate(meter: Meter, asker: str, now: int) -> None:
    taken = meter.take(asker, now)
    if not taken.is_allowed:
        raise problems.too_often(taken.wait_ms)


def _check_near(address: str) -> None:
    if not is_closed(address):
        raise problems.ProblemError(
            problems.REFUSED, "This is answered to the service's own network only."
        )


def _unknown() -> problems.ProblemError:
    return problems.ProblemError(
        problems.UNKNOWN_SECRET,
        "Give a secret of the service: Basic with any user and the secret, or Bearer.",
        headers={"www-authenticate": _CHALLENGE},
    )


def caller_of(request: Incoming) -> Caller:
    """Return who was admitted."""
    caller: Caller = request.scope["user"]
    return caller


def door_of(request: Incoming) -> Door:
    """Return the door that a request came in by."""
    return caller_of(request).door
