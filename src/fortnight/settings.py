"""What the administrator decides, read once at the start; dangerous values are refused.

Settings come from ``fortnight.toml`` in the service's folder and from the environment, which
wins. There is no default for a secret: ``fortnight init`` makes them, in the folder of keys.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fortnight.errors import SettingsError
from fortnight.settings_duty import check_duty
from fortnight.settings_texts import check_secret_file, check_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SETTINGS_FILE: Final = "fortnight.toml"
PREFIX: Final = "FORTNIGHT_"
HELD_DAYS: Final = 14
"""Days that location and evidence are held. Not a setting: it is what people agreed to."""
CASE_DAYS_AFTER_END: Final = 30
"""Days that a case file outlives its follow-up."""
LONGEST_PROGRAMME: Final = timedelta(days=731)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_WHOLE_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """One service's settings, checked against themselves and against each other.

    Attributes
    ----------
    home : Path
        Folder of the databases, the lake, the log's tiles and the outgoing texts.
    keys : Path
        Folder of the keys. Never inside ``home``, so that no backup of one holds the other.
    database_url : str
        ``postgresql://…`` of the service's own role, or empty for SQLite in ``home``.
    owner_database_url : str
        The role that owns the schema; for ``fortnight migrate`` alone.
    programme_end : date
        Day on which everything is deleted, whoever is still there to ask for it.
    public_url : str
        Where the office is opened in a browser; empty for localhost.
    oidc_issuer, oidc_client_id, oidc_client_secret_file : str
        The identity provider of the staff; empty where passkeys alone are used.
    """

    home: Path
    keys: Path
    programme_end: date
    database_url: str = ""
    owner_database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8014
    behind_proxy: bool = False
    district: str = "district"
    timezone: str = "UTC"
    log_name: str = "fortnight.invalid/log"
    max_body_bytes: int = 8 * _WHOLE_MEGABYTE
    max_part_bytes: int = 64 * _WHOLE_MEGABYTE
    max_rows: int = 1_000_000
    posts_a_minute: int = 600
    drain_every_s: float = 5.0
    public_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    texts_by: str = "file"
    published_number: str = ""
    texts_a_day: int = 4
    quiet_from: int = 21
    quiet_until: int = 8
    smpp_host: str = ""
    smpp_port: int = 2775
    smpp_system_id: str = ""
    smpp_password_file: str = ""
    smpp_tls: bool = False
    smpp_tunnel: bool = False
    smpp_source: str = ""
    smpp_window: int = 10
    smpp_per_second: float = 20.0
    smpp_long: str = "parts"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_from: str = ""
    smtp_to: str = ""
    emergency_number: str = "112"
    duty_number: str = ""
    duty_from: int = 0
    duty_until: int = 24
    codes_an_hour: int = 600
    consent_age: int = 16
    smtp_user: str = ""
    smtp_password_file: str = ""
    leave_to: str = "https://www.wikipedia.org/"

    @property
    def is_embedded(self) -> bool:
        """Whether the databases are SQLite files in ``home``."""
        return not self.database_url

    @property
    def ends_at(self) -> int:
        """When the programme ends, ms since 1970: with the beginning (UTC) of its last day."""
        return int(datetime.combine(self.programme_end, time(), UTC).timestamp() * 1_000)

    @property
    def origin(self) -> str:
        """What browsers of the office call this service, such as ``https://office.example``.

        A passkey holds for a name, never for an address: without a public URL it is localhost.
        """
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"


def read_settings(
    home: Path, environment: Mapping[str, str], *, now: int, keys: Path | None = None
) -> Settings:
    """Read the settings of the service in ``home``.

    Raises SettingsError for an unknown name, a value that cannot be read, a dangerous value, or
    two that contradict each other.
    """
    given = _of_file(home / SETTINGS_FILE) | _of_environment(environment)
    known = {field.name for field in fields(Settings)} - {"home"}
    for name, (_, where) in given.items():
        if name not in known:
            raise SettingsError(f"{where}: there is no setting {name!r}: see docs/settings.md.")
    if keys is not None:
        given["keys"] = (str(keys), "--keys")
    settings = Settings(home=home, **_values(given, home))  # type: ignore[arg-type] # each was made by its reader
    check(settings, now=now)
    return settings


def _of_file(path: Path) -> dict[str, tuple[object, str]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path} is not there: make it with `fortnight init {path.parent}`."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}.") from error
    return {name: (value, f"{path}, {name}") for name, value in document.items()}


def _of_environment(environment: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    own = {name for name in environment if name.startswith(PREFIX)} - {"FORTNIGHT_HOME"}
    return {name.removeprefix(PREFIX).lower(): (environment[name], name) for name in sorted(own)}


def _values(given: Mapping[str, tuple[object, str]], home: Path) -> dict[str, object]:
    values: dict[str, object] = {"keys": home.with_name(f"{home.name}-keys")}
    kinds = {field.name: str(field.type) for field in fields(Settings)}
    for name, (value, where) in given.items():
        try:
            values[name] = _READERS[kinds[name]](value)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{where}: {value!r} cannot be read: {error}.") from error
    if "programme_end" not in values:
        raise SettingsError(
            f"{home / SETTINGS_FILE}: programme_end is missing: the day on which everything is "
            "deleted, such as 2027-06-30."
        )
    return values


def _date(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _bool(value: object) -> bool:
    words = {"yes": True, "true": True, "no": False, "false": False}
    if str(value).lower() not in words:
        raise ValueError("say yes or no")
    return words[str(value).lower()]


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "str": str,
    "int": lambda value: int(str(value)),
    "float": lambda value: float(str(value)),
    "bool": _bool,
    "date": _date,
    "Path": lambda value: Path(str(value)),
}


def check(settings: Settings, *, now: int) -> None:
    """Refuse dangerous values, and contradictions between values."""
    home, keys = settings.home.resolve(), settings.keys.resolve()
    if keys == home or home in keys.parents:
        raise SettingsError(
            f"keys is {keys}, inside {home}: a backup of the one would hold the other. "
            "Choose a folder outside."
        )
    if settings.host not in _LOOPBACK and not settings.behind_proxy:
        raise SettingsError(
            f"host is {settings.host}: the service speaks plain HTTP. Listen on 127.0.0.1 behind a "
            "proxy that holds the certificate, or set behind_proxy = true where the proxy is on "
            "another machine of a closed network."
        )
    _check_end(settings.programme_end, datetime.fromtimestamp(now / 1_000, tz=UTC).date())
    _check_database(settings)
    _check_numbers(settings)
    _check_public_url(settings.public_url)
    _check_leave_to(settings.leave_to)
    _check_oidc(settings)
    check_texts(settings)  # type: ignore[arg-type] # frozen: it is read alone
    check_duty(settings)  # type: ignore[arg-type] # the same
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(
            f"timezone is {settings.timezone!r}: give a name such as Europe/Riga."
        ) from error


def _check_end(end: date, today: date) -> None:
    if end > today + LONGEST_PROGRAMME:
        raise SettingsError(
            f"programme_end is {end}, more than two years away: people agree to a programme that "
            "ends. Choose an earlier day; it can be renewed in public before it comes."
        )


def _check_database(settings: Settings) -> None:
    for name in ("database_url", "owner_database_url"):
        url = urlsplit(getattr(settings, name))
        if url.geturl() and url.scheme not in ("postgresql", "postgres"):
            raise SettingsError(
                f"{name} is of kind {url.scheme!r}: give postgresql://user@host/db."
            )
    app, owner = urlsplit(settings.database_url), urlsplit(settings.owner_database_url)
    if settings.owner_database_url and app.username == owner.username:
        raise SettingsError(
            f"database_url and owner_database_url have one role, {app.username}: the service's own "
            "role must not own the tables of people, or the database cannot keep the door."
        )


def _check_public_url(text: str) -> None:
    """Refuse an address that is no origin, or to which a session would be sent in the clear."""
    url = urlsplit(text)
    if not text:
        return
    if url.path.strip("/") or url.query or url.fragment or url.username or not url.hostname:
        raise SettingsError(f"public_url is {text}: give scheme and name alone, no path.")
    if not _is_private_way(text):
        raise SettingsError(f"public_url is {text}: give https://…, or http://localhost for one.")


def _check_leave_to(text: str) -> None:
    """Refuse an address to which "leave at once" would lead nobody, or tell where they were."""
    url = urlsplit(text)
    if url.scheme != "https" or not url.hostname or url.query or url.fragment or url.username:
        raise SettingsError(f"leave_to is {text}: give https://…, of a site that many open.")


def _is_private_way(text: str) -> bool:
    url = urlsplit(text)
    return url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)


def _check_oidc(settings: Settings) -> None:
    issuer = settings.oidc_issuer
    if bool(issuer) != bool(settings.oidc_client_id):
        raise SettingsError(
            "oidc_issuer and oidc_client_id belong together: give both, or neither."
        )
    if issuer and not (_is_private_way(issuer) and urlsplit(issuer).hostname):
        raise SettingsError(
            f"oidc_issuer is {issuer}: give https://…. Whoever can change its answers on the way "
            "can sign in as anybody."
        )
    file = settings.oidc_client_secret_file
    if not file:
        return
    if not issuer:
        raise SettingsError("oidc_client_secret_file is given without oidc_issuer.")
    check_secret_file("oidc_client_secret_file", file)


def _check_numbers(settings: Settings) -> None:
    bounds = {
        "port": (1, 65_535),
        "max_body_bytes": (1_024, 64 * _WHOLE_MEGABYTE),
        "max_part_bytes": (1_024, 64 * _WHOLE_MEGABYTE),
        "max_rows": (1, 10_000_000),
        "posts_a_minute": (1, 100_000),
        "texts_a_day": (1, 24),
        "codes_an_hour": (10, 100_000),
        "consent_age": (13, 21),
        "smpp_port": (1, 65_535),
        "smpp_window": (1, 100),
        "smpp_per_second": (0.1, 1_000.0),
        "smtp_port": (1, 65_535),
        "drain_every_s": (0.05, 30.0),  # withdrawal has to take hold within a minute
    }
    for name, (low, high) in bounds.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise SettingsError(f"{name} is {value}: give {low} to {high}.")
