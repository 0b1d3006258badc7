"""Texts by e-mail: to an operator's own e-mail gateway, which has a mailbox for each number.

Whether a mail was taken is known once the server answered the end of its words. A link that breaks
before them took nothing; one that breaks after may have.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Final

from fortnight.notify.gateway import Answer, Said

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from fortnight.notify.gateway import Text

_TIMEOUT_S: Final = 30.0
_NOT_NOW: Final = 400
_NEVER: Final = 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and who we are there.

    Attributes
    ----------
    to : str
        A pattern with ``{number}``, such as ``{number}@sms.operator.example``.
    user : str
        Empty where the server wants no sign-in.
    tls : ssl.SSLContext or None
        With it nothing is said before STARTTLS; None where the way is private already.
    """

    host: str
    port: int
    sender: str
    to: str
    user: str = ""
    password: Callable[[], str] = field(default=str, repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class SmtpGateway:
    """The gateway: see `fortnight.notify.gateway.Gateway`."""

    server: MailServer

    @property
    def window(self) -> int:
        """How many texts it takes at once: one mail after the other."""
        return 1

    def ready(self, now: int) -> bool:  # noqa: ARG002 - the port's
        """Return True: whether the server is there is seen when it is asked."""
        return True

    def turn(self, now: int) -> None:
        """Do nothing: no link is kept."""

    def close(self) -> None:
        """Do nothing: no link is kept."""

    def send(self, texts: Sequence[Text]) -> Sequence[Said]:
        """Hand over texts. Never raises."""
        return [Said(self._send(text)) for text in texts]

    def _send(self, text: Text) -> Answer:
        try:
            link = self._connected()
        except (OSError, smtplib.SMTPException):
            return Answer.BUSY  # it has heard of nothing yet
        try:
            return self._hand_over(link, text)
        finally:
            link.close()

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        link = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
        try:
            if server.tls is not None:
                link.starttls(context=server.tls)
            link.ehlo()
            if server.user:
                link.login(server.user, server.password())
        except BaseException:
            link.close()
            raise
        return link

    def _hand_over(self, link: smtplib.SMTP, text: Text) -> Answer:
        mailbox = self.server.to.format(number=text.number.removeprefix("+"))
        try:
            for command, value in ((link.mail, self.server.sender), (link.rcpt, mailbox)):
                code, _ = command(value)
                if (said := _said(code)) is not Answer.TAKEN:
                    return said
        except (OSError, smtplib.SMTPException):
            return Answer.BUSY
        try:
            return _said(link.data(self._mail(text, mailbox))[0])
        except smtplib.SMTPDataError as error:  # it does not want the words, and said so first
            return _said(error.smtp_code)
        except (OSError, smtplib.SMTPException):
            return Answer.UNKNOWN

    def _mail(self, text: Text, mailbox: str) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = self.server.sender, mailbox
        mail["Message-ID"] = f"<{text.id}@{self.server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text.words)
        return mail.as_bytes()


def _said(code: int) -> Answer:
    """Return what a reply code means: yes, not now, or never."""
    if code >= _NEVER:
        return Answer.REFUSED
    return Answer.BUSY if code >= _NOT_NOW else Answer.TAKEN
