"""Texts put together as the settings say: what sends, what comes back, what people have to do."""

from __future__ import annotations

import hmac
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from fortnight.notify.alarms import REFUSED, raise_once
from fortnight.notify.calling_words import calling_words
from fortnight.notify.desk import Desk
from fortnight.notify.file_gateway import FileGateway
from fortnight.notify.outbox import Outbox
from fortnight.notify.pace import Pace
from fortnight.notify.post import Post
from fortnight.notify.reminders import Reminders
from fortnight.notify.reply_file import ReplyFile
from fortnight.notify.smpp.gateway import Manner
from fortnight.notify.smpp.link import Backoff
from fortnight.notify.smpp.opening import Centre, open_gateway
from fortnight.notify.smtp_gateway import MailServer, SmtpGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.notify.gateway import Gateway
    from fortnight.notify.replies import Answers
    from fortnight.settings import Settings
    from fortnight.vault.door import Vault

TEXTS_FILE: Final = "texts.jsonl"
REPLIES_FILE: Final = "replies.jsonl"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class TextRooms:
    """Everything about texts."""

    outbox: Outbox
    post: Post
    gateway: Gateway
    reminders: Reminders
    desk: Desk

    def send(self, now: int) -> None:
        """Take in what came back, and send what is due: for the clock."""
        self.gateway.turn(now)
        self.outbox.drain(self.gateway, now)

    def calling_words(self, person: str, language: str, now: int) -> str:
        """Return what a caller says to this person today, and what they see in Fortnight."""
        return calling_words(self.post.key, person, self.post.pace.day(now), language)


def open_texts(
    settings: Settings,
    database: Database,
    vault: Vault,
    consents: Consents,
    answers: Answers,
    secret: bytes,
    random: Callable[[int], bytes],
    clock: Callable[[], int],
) -> TextRooms:
    """Open the rooms of texts. ``secret`` is one of the service's own."""
    pace = Pace(
        ZoneInfo(settings.timezone),
        settings.quiet_from,
        settings.quiet_until,
        settings.texts_a_day,
    )
    line = settings.published_number
    outbox = Outbox(database, vault, consents, random, settings.district, pace, line)
    key = hmac.digest(secret, b"texts", "sha256")
    post = Post(database, vault, consents, outbox, answers, random, key, pace)

    def alarm(words: str, now: int) -> None:
        raise_once(database, random, REFUSED, words, now)

    gateway = _gateway(settings, post, random, clock, alarm)
    return TextRooms(outbox, post, gateway, Reminders(outbox), Desk(database, vault, random))


def _gateway(
    settings: Settings,
    post: Post,
    random: Callable[[int], bytes],
    clock: Callable[[], int],
    alarm: Callable[[str, int], None],
) -> Gateway:
    if settings.texts_by == "smpp":
        manner = Manner(
            settings.smpp_source,
            settings.smpp_window,
            settings.smpp_per_second,
            in_payload=settings.smpp_long == "payload",
        )
        return open_gateway(_centre(settings), manner, post, Backoff(random), clock, alarm)
    if settings.texts_by == "smtp":
        return SmtpGateway(_mail_server(settings))
    home = settings.home
    return FileGateway(home / TEXTS_FILE, ReplyFile(home / REPLIES_FILE, post))


def _centre(settings: Settings) -> Centre:
    return Centre(
        settings.smpp_host,
        settings.smpp_port,
        settings.smpp_system_id,
        lambda: _secret(settings.smpp_password_file),
        ssl.create_default_context() if settings.smpp_tls else None,
    )


def _mail_server(settings: Settings) -> MailServer:
    is_near = settings.smtp_host in _LOOPBACK
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_from,
        settings.smtp_to,
        settings.smtp_user,
        lambda: _secret(settings.smtp_password_file),
        None if is_near else ssl.create_default_context(),
    )


def _secret(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip()
