"""`fortnight init`: the folder of a service, its keys and its settings."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter
from rich.console import Console

from fortnight.clock import now_ms
from fortnight.errors import SettingsError
from fortnight.settings import SETTINGS_FILE, Settings, read_settings
from fortnight.vault.keys import FileKeys

HOME: Final = Path("fortnight-service")
_A_YEAR: Final = timedelta(days=365)
_TEXT: Final = """\
# Settings of this Fortnight service. Every one is explained in docs/settings.md; the environment
# (FORTNIGHT_NAME) wins over this file. There are no secrets here: they are in the folder of keys.

# The day on which everything is deleted, whoever is still there to ask for it.
programme_end = {end}

# Where the keys are. Back this folder up apart from the service's own, or not at all.
keys = "{keys}"

district = "{district}"
timezone = "{timezone}"
"""


def init(
    home: Annotated[Path, Parameter(help="Folder of the service.")] = HOME,
    *,
    keys: Annotated[Path | None, Parameter(help="Folder of the keys, outside HOME.")] = None,
    programme_end: Annotated[
        date | None, Parameter(help="Day on which everything is deleted; a year from now.")
    ] = None,
    district: Annotated[str, Parameter(help="Name of the health district.")] = "district",
    timezone: Annotated[str, Parameter(help="Zone of its dates, such as Europe/Riga.")] = "UTC",
) -> None:
    """Make the folder of a service: settings, and keys that nobody chose.

    Nothing that is there is overwritten.
    """
    settings = make_home(
        home, keys=keys, programme_end=programme_end, district=district, timezone=timezone
    )
    Console(highlight=False, soft_wrap=True).print(
        f"Service in {settings.home}, keys in {settings.keys}.\n"
        f"Everything is deleted on {settings.programme_end}. "
        f"Settings: {settings.home / SETTINGS_FILE}\nNext: fortnight serve {settings.home}",
        markup=False,
    )


def make_home(
    home: Path,
    *,
    keys: Path | None = None,
    programme_end: date | None = None,
    district: str = "district",
    timezone: str = "UTC",
) -> Settings:
    """Make settings and keys; return the settings. SettingsError where either is there already."""
    now = now_ms()
    path = home / SETTINGS_FILE
    if path.exists():
        raise SettingsError(f"{path} is there already: nothing was changed.")
    beside = keys or home.with_name(f"{home.name}-keys")
    if beside.exists() and any(beside.iterdir()):
        raise SettingsError(f"{beside} already holds keys: nothing was changed.")
    end = programme_end or datetime.fromtimestamp(now / 1_000, tz=UTC).date() + _A_YEAR
    for word in (str(beside.resolve()), district, timezone):
        if '"' in word or "\\" in word or not word.isprintable():
            raise SettingsError(f"{word!r} holds a quote, a backslash or a control character.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(
        _TEXT.format(end=end, keys=beside.resolve(), district=district, timezone=timezone),
        encoding="utf-8",
    )
    try:
        settings = read_settings(home, {}, now=now)
    except SettingsError:
        path.unlink()
        raise
    FileKeys.create(settings.keys, secrets.token_bytes).close()
    return settings
