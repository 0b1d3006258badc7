"""Settings: what is refused, and with which words."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.services import NOON

from fortnight.errors import SettingsError
from fortnight.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROVIDER = 'oidc_issuer = "https://id.example"\noidc_client_id = "fortnight"\n'
SMPP = 'texts_by = "smpp"\nsmpp_system_id = "f"\nsmpp_password_file = "/pw"\nsmpp_source = "1234"\n'
HERE = 'smpp_host = "localhost"\n'
SMTP = 'texts_by = "smtp"\nsmtp_host = "localhost"\nsmtp_from = "texts@health.example"\n'
SOUND = 'programme_end = 2026-12-31\ndistrict = "north"\n'


def read(tmp_path: Path, text: str, environment: Mapping[str, str] | None = None) -> Settings:
    home = tmp_path / "service"
    home.mkdir(exist_ok=True)
    (home / "fortnight.toml").write_text(text, encoding="utf-8")
    return read_settings(home, environment or {}, now=NOON)


def test_what_is_not_given_has_its_default_and_keys_lie_outside(tmp_path: Path) -> None:
    settings = read(tmp_path, SOUND)
    assert settings.programme_end == date(2026, 12, 31)
    assert settings.district == "north"
    assert settings.is_embedded
    assert settings.keys == tmp_path / "service-keys"
    assert settings.host == "127.0.0.1"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = {
        "FORTNIGHT_PORT": "9000",
        "FORTNIGHT_BEHIND_PROXY": "yes",
        "FORTNIGHT_HOME": "ignored",
        "PATH": "/usr/bin",
    }
    settings = read(tmp_path, SOUND, environment)
    assert settings.port == 9000
    assert settings.behind_proxy


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ("", {}, "programme_end is missing"),
        ("programme_end = 2029-01-01", {}, "more than two years"),
        (SOUND + "keep_days = 30", {}, "no setting 'keep_days'"),
        (SOUND + 'home = "/elsewhere"', {}, "no setting 'home'"),
        (SOUND, {"FORTNIGHT_SECRET": "x"}, "FORTNIGHT_SECRET: there is no setting"),
        (SOUND + "port = 0", {}, "port is 0: give 1 to 65535"),
        (SOUND + 'port = "many"', {}, "'many' cannot be read"),
        (SOUND + 'behind_proxy = "perhaps"', {}, "say yes or no"),
        (SOUND + 'host = "0.0.0.0"', {}, "the service speaks plain HTTP"),
        (SOUND + 'timezone = "Mars"', {}, "timezone is 'Mars'"),
        (SOUND + "drain_every_s = 300.0", {}, "drain_every_s is 300.0: give"),
        (SOUND + 'database_url = "mysql://a@b/c"', {}, "of kind 'mysql'"),
        (
            SOUND,
            {
                "FORTNIGHT_DATABASE_URL": "postgresql://one@host/db",
                "FORTNIGHT_OWNER_DATABASE_URL": "postgresql://one@host/db",
            },
            "one role, one",
        ),
        ("programme_end = ", {}, "fortnight.toml"),
        (SOUND + 'public_url = "http://office.example"', {}, "give https://"),
        (SOUND + 'public_url = "https://office.example/x"', {}, "no path"),
        (SOUND + 'public_url = "https://a:b@office.example"', {}, "scheme and name alone"),
        (SOUND + 'oidc_issuer = "https://id.example"', {}, "belong together"),
        (SOUND + 'oidc_client_id = "fortnight"', {}, "belong together"),
        (SOUND + 'oidc_client_secret_file = "/secret"', {}, "without oidc_issuer"),
        (SOUND + PROVIDER.replace("https", "http"), {}, "sign in as anybody"),
        (SOUND + PROVIDER + 'oidc_client_secret_file = "/no/such"', {}, "No such file"),
        (SOUND + 'texts_by = "pigeon"', {}, "give file, smpp, smtp"),
        (SOUND + 'texts_by = "smpp"', {}, "it needs smpp_host"),
        (SOUND + 'smpp_host = "127.0.0.1"', {}, "texts would not go there"),
        (SOUND + 'texts_by = "smtp"\nsmtp_host = "localhost"', {}, "it needs smtp_from, smtp_to"),
        (SOUND + SMPP + 'smpp_host = "smsc.example"', {}, "in the clear"),
        (SOUND + SMPP + 'smpp_host = "h"\nsmpp_tls = true\nsmpp_tunnel = true', {}, "one of them"),
        (SOUND + SMPP.replace("1234", "a name too long") + HERE, {}, "up to 11 letters"),
        (SOUND + SMPP + HERE + 'smpp_long = "short"', {}, "give parts, payload"),
        (SOUND + SMPP.replace("/pw", "/no/such") + HERE, {}, "No such file"),
        (SOUND + SMTP + 'smtp_to = "texts@sms.example"', {}, "has to hold {number}"),
        (SOUND + SMTP + 'smtp_to = "{number}@sms.example"\nsmtp_user = "u"', {}, "belong together"),
        (SOUND + 'published_number = "2000"', {}, "give it whole"),
        (SOUND + "quiet_from = 23", {}, "nights are 21 to 8"),
        (SOUND + "quiet_until = 7", {}, "nights are 21 to 8"),
        (SOUND + "texts_a_day = 100", {}, "texts_a_day is 100: give"),
        (SOUND + 'emergency_number = ""', {}, "people in danger"),
        (SOUND + 'emergency_number = "call us"', {}, "people in danger"),
        (SOUND + 'duty_number = "2000 0000"', {}, "whole and without spaces"),
        (SOUND + "duty_from = 24", {}, "duty_from is 24"),
        (SOUND + 'leave_to = "http://www.example"', {}, "of a site that many open"),
        (SOUND + 'leave_to = "https://www.example/?from=x"', {}, "of a site that many open"),
        (SOUND + "duty_from = 8\nduty_until = 8", {}, "not the same"),
    ],
)
def test_what_is_dangerous_or_contradicts_is_refused(
    tmp_path: Path, text: str, environment: Mapping[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=r".") as refused:
        read(tmp_path, text, environment)
    assert said in str(refused.value)


def test_staff_sign_in_where_the_settings_say(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND + "port = 9000").origin == "http://localhost:9000"
    public = read(tmp_path, SOUND + 'public_url = "https://office.example/"')
    assert public.origin == "https://office.example"


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("x", encoding="utf-8")
    given = SOUND + PROVIDER + f'oidc_client_secret_file = "{file}"'
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        read(tmp_path, given)
    file.chmod(0o600)
    assert read(tmp_path, given).oidc_client_secret_file == str(file)


def test_keys_inside_the_service_are_refused(tmp_path: Path) -> None:
    inside = str(tmp_path / "service" / "keys")
    with pytest.raises(SettingsError, match="a backup of the one would hold the other"):
        read(tmp_path, SOUND, {"FORTNIGHT_KEYS": inside})


def test_a_folder_without_settings_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="fortnight init"):
        read_settings(tmp_path / "nowhere", {}, now=NOON)


def test_there_is_no_setting_for_a_secret_or_for_how_long_evidence_is_held() -> None:
    names = {field.name for field in fields(Settings)}
    held = {name for name in names if "secret" in name or "password" in name}
    files = {"oidc_client_secret_file", "smpp_password_file", "smtp_password_file"}
    assert held == files  # which file holds it, never the secret
    assert not {name for name in names if "days" in name or "retention" in name}
