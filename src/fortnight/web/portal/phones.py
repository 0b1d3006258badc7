"""The phones that send: set up by one link or one picture, whose secret is shown once."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, get, post

from fortnight.arrivals.phones import APPS
from fortnight.errors import QuestionError
from fortnight.web.in_thread import in_thread
from fortnight.web.portal import sending_words
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.sending import sending_of
from fortnight.web.portal.who import form_of, person_of
from fortnight.web.qr import svg

if TYPE_CHECKING:
    from markupsafe import Markup

    from fortnight.arrivals.phones import NewPhone

PHONES: Final = "/portal/phones"
GRANT: Final = "trace.phone"
USER: Final = "me"
_UNUSABLE: Final = 422
_ID: Final = 32
_Request = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class SetUp:
    """How one app is told where to send: by a link, or typed by hand."""

    app: str
    link: str
    address: str
    secret: str
    key: str | None
    picture: Markup


def link_of(made: NewPhone, origin: str) -> str:
    """Return the link that sets an app up, as its own documents describe it."""
    if made.app == "owntracks":
        said = {
            "_type": "configuration",
            "mode": 3,
            "url": f"{origin}/owntracks",
            "auth": True,
            "username": USER,
            "password": made.secret,
            "deviceId": "phone",
            "tid": "me",
            "encryptionKey": made.key or "",
            "monitoring": 1,
            "cmd": False,
            "remoteConfiguration": False,
        }
        inline = b64encode(msgspec.json.encode(said)).decode()
        return f"owntracks:///config?inline={quote(inline, safe='')}"
    if made.app == "overland":
        told = {"url": f"{origin}/overland", "token": made.secret, "device_id": "phone"}
        return f"overland://setup?{urlencode(told)}"
    told = {"url": f"{origin}/traccar", "id": made.secret, "accuracy": "medium"}
    told |= {"distance": "75", "interval": "300", "stop_detection": "true"}
    return f"org.traccar.client://config?{urlencode(told)}"


@get(PHONES, include_in_schema=False)
@in_thread
def phones(request: _Request) -> Response[bytes]:
    """Show which phones send, and the ways to send more."""
    return _page(request)


@post(PHONES, include_in_schema=False)
@in_thread
def change(request: _Request) -> Response[bytes]:
    """Let one more phone send, or stop one."""
    rooms, form, person = sending_of(request), form_of(request), person_of(request)
    try:
        if form.text("act", 10) == "stop":
            rooms.phones.stop(person, form.text("device", _ID), rooms.clock())
            return see(PHONES)
        made = rooms.phones.add(person, form.text("app", 20), rooms.clock())
    except QuestionError as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    link = link_of(made, rooms.settings.origin)
    name = speech(request).gettext("The picture that sets up the app")
    address = f"{rooms.settings.origin}/{made.app}"
    shown = SetUp(made.app, link, address, made.secret, made.key, svg(link, name))
    return page(request, "phone_new.html", sending=sending_words, new=shown, user=USER)


def _page(request: _Request, *, status: int = 200, wrong: str = "") -> Response[bytes]:
    rooms, person = sending_of(request), person_of(request)
    return page(
        request,
        "phones.html",
        sending=sending_words,
        status=status,
        phones=rooms.phones.of(person),
        apps=APPS,
        is_on=rooms.consents.live(None, person, GRANT),
        wrong=wrong,
    )


HANDLERS: Final = (phones, change)
