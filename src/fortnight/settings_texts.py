"""Settings of texts: what is dangerous in them, or contradicts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from fortnight.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

WAYS: Final = ("file", "smpp", "smtp")
LONG: Final = ("parts", "payload")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_NUMBER: Final = re.compile(r"\+[1-9][0-9 ]{4,18}[0-9]")
_SENDER: Final = re.compile(r"\+?[0-9]{2,15}|[A-Za-z0-9 ._-]{1,11}")
_MAILBOX: Final = re.compile(r"[^@\s{}]*\{number\}[^@\s{}]*@[^@\s{}]+")
_QUIET_FROM, _QUIET_UNTIL = 21, 8
_NOON: Final = 12
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "file": (),
    "smpp": ("smpp_host", "smpp_system_id", "smpp_password_file", "smpp_source"),
    "smtp": ("smtp_host", "smtp_from", "smtp_to"),
}


class TextSettings(Protocol):
    """The settings that are checked here; see docs/settings.md for each."""

    texts_by: str
    published_number: str
    quiet_from: int
    quiet_until: int
    smpp_host: str
    smpp_tls: bool
    smpp_tunnel: bool
    smpp_source: str
    smpp_long: str
    smpp_password_file: str
    smtp_host: str
    smtp_to: str
    smtp_user: str
    smtp_password_file: str


def check_texts(settings: TextSettings) -> None:
    """Refuse dangerous values, and contradictions between values."""
    _check_way(settings)
    _check_words(settings)
    _check_hours(settings)
    _check_private(settings)
    for name in ("smpp_password_file", "smtp_password_file"):
        check_secret_file(name, getattr(settings, name))
    if bool(settings.smtp_user) != bool(settings.smtp_password_file):
        raise SettingsError("smtp_user and smtp_password_file belong together.")


def check_secret_file(name: str, file: str) -> None:
    """Refuse a file of a secret that is not there, or that others may read."""
    if not file:
        return
    try:
        mode = Path(file).stat().st_mode
    except OSError as error:
        raise SettingsError(f"{name}: {file}: {error.strerror}.") from error
    if mode & 0o077:
        raise SettingsError(f"{name}: others may read {file}: chmod 600 it.")


def _check_way(settings: TextSettings) -> None:
    way = settings.texts_by
    if way not in WAYS:
        raise SettingsError(f"texts_by is {way!r}: give {', '.join(WAYS)}.")
    if missing := [name for name in _NEEDS[way] if not getattr(settings, name)]:
        raise SettingsError(f"texts_by is {way}: it needs {', '.join(missing)} too.")
    for other in WAYS:
        if other != way and (said := [one for one in _NEEDS[other] if getattr(settings, one)]):
            raise SettingsError(
                f"{said[0]} is given and texts_by is {way}: texts would not go there. "
                f"Set texts_by = {other!r}, or take it out."
            )


def _check_words(settings: TextSettings) -> None:
    number = settings.published_number
    if number and not _NUMBER.fullmatch(number):
        raise SettingsError(f"published_number is {number!r}: give it whole, as +371 2000 0000.")
    if settings.smpp_source and not _SENDER.fullmatch(settings.smpp_source):
        raise SettingsError(
            "smpp_source is what phones show: a number, a short number, or up to 11 letters."
        )
    if settings.smpp_long not in LONG:
        raise SettingsError(f"smpp_long is {settings.smpp_long!r}: give {', '.join(LONG)}.")
    if settings.smtp_to and not _MAILBOX.fullmatch(settings.smtp_to):
        raise SettingsError("smtp_to has to hold {number}, as {number}@sms.operator.example.")


def _check_hours(settings: TextSettings) -> None:
    early, late = settings.quiet_until, settings.quiet_from
    if not (_NOON <= late <= _QUIET_FROM and _QUIET_UNTIL <= early <= _NOON):
        raise SettingsError(
            f"quiet_from is {late} and quiet_until {early}: nights are 21 to 8 at the least, "
            "as people were told. They can be longer: give 12 to 21, and 8 to 12."
        )


def _check_private(settings: TextSettings) -> None:
    host = settings.smpp_host
    if host and host not in _LOOPBACK and not (settings.smpp_tls or settings.smpp_tunnel):
        raise SettingsError(
            f"smpp_host is {host}: SMPP says password, numbers and words in the clear. Set "
            "smpp_tls = true, or smpp_tunnel = true where the way is a tunnel of your own."
        )
    if settings.smpp_tls and settings.smpp_tunnel:
        raise SettingsError("smpp_tls and smpp_tunnel: give one of them.")
