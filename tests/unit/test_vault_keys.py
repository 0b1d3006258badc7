"""Keys in files: who may read them, and that a destroyed one is nowhere."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from tests.services import seeded

from fortnight.errors import GoneError, SettingsError
from fortnight.vault.keys import NOTICED_WITHIN_S, SECRETS, FileKeys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERSON, OTHER, CASE = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[FileKeys]:
    opened = FileKeys.create(tmp_path / "keys", seeded().randbytes)
    yield opened
    opened.close()


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_may_read_the_keys_or_their_copy(keys: FileKeys, tmp_path: Path) -> None:
    keys.make_person_key(PERSON)
    keys.refresh_copy()
    folder = tmp_path / "keys"
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "keys.db": 0o600,
        "keys.copy.db": 0o600,
    }


@pytest.mark.parametrize(("name", "right"), [("", 0o710), ("keys.db", 0o604), ("keys.db", 0o640)])
def test_keys_that_others_may_read_are_refused(
    keys: FileKeys, tmp_path: Path, name: str, right: int
) -> None:
    keys.close()
    path = tmp_path / "keys" / name if name else tmp_path / "keys"
    path.chmod(right)
    with pytest.raises(SettingsError, match=f"mode {right:o}"):
        FileKeys(tmp_path / "keys")
    path.chmod(0o700 if not name else 0o600)
    FileKeys(tmp_path / "keys").close()


def test_keys_are_made_once_and_never_replaced(keys: FileKeys, tmp_path: Path) -> None:
    secret = keys.named("lookup")
    with pytest.raises(SettingsError, match="never replaced"):
        FileKeys.create(tmp_path / "keys", seeded(2).randbytes)
    assert keys.named("lookup") == secret


def test_lost_keys_are_not_made_anew_where_the_copy_is(keys: FileKeys, tmp_path: Path) -> None:
    keys.close()
    folder = tmp_path / "keys"
    (folder / "keys.db").unlink()
    with pytest.raises(SettingsError, match=r"put keys\.copy\.db in its place"):
        FileKeys(folder)
    with pytest.raises(SettingsError, match="never replaced"):
        FileKeys.create(folder)


def test_the_services_secrets_are_all_there_and_differ(keys: FileKeys, tmp_path: Path) -> None:
    secrets = {keys.named(name) for name in SECRETS}
    assert len(secrets) == len(SECRETS)
    assert {len(secret) for secret in secrets} == {32}
    again = FileKeys(tmp_path / "keys")
    assert {again.named(name) for name in SECRETS} == secrets
    again.close()
    with pytest.raises(SettingsError, match="no secret 'master'"):
        keys.named("master")


def test_making_a_key_twice_gives_the_first(keys: FileKeys) -> None:
    assert keys.make_person_key(PERSON) == keys.make_person_key(PERSON) == keys.person_key(PERSON)
    assert keys.make_day_key(20_000) == keys.make_day_key(20_000) == keys.day_key(20_000)
    assert keys.make_case_key(CASE) == keys.make_case_key(CASE) == keys.case_key(CASE)
    assert keys.make_person_key(OTHER) != keys.person_key(PERSON)
    assert keys.people() == {PERSON, OTHER}
    assert keys.days() == {20_000}
    assert keys.cases() == {CASE}


def test_of_many_keys_those_that_are_there_are_given(keys: FileKeys) -> None:
    made, other = keys.make_person_key(PERSON), keys.make_person_key(OTHER)
    assert keys.person_keys([PERSON, OTHER, CASE]) == {PERSON: made, OTHER: other}
    keys.destroy_person_key(OTHER)
    assert keys.person_keys([PERSON, OTHER, CASE]) == {PERSON: made}


def test_a_key_never_made_is_gone(keys: FileKeys) -> None:
    with pytest.raises(GoneError, match="no key of this person"):
        keys.person_key(PERSON)
    with pytest.raises(GoneError, match="no key of this day"):
        keys.day_key(20_000)
    with pytest.raises(GoneError, match="no key of this case"):
        keys.case_key(CASE)


def test_a_destroyed_key_is_gone_from_the_file_and_at_the_next_copy_from_the_copy(
    keys: FileKeys, tmp_path: Path
) -> None:
    made = [keys.make_person_key(PERSON), keys.make_day_key(20_000), keys.make_case_key(CASE)]
    keys.refresh_copy()
    assert all(bytes_below(tmp_path / "keys").count(key) == 2 for key in made)
    for _ in range(2):  # destroying twice changes nothing
        keys.destroy_person_key(PERSON)
        keys.destroy_day_key(20_000)
        keys.destroy_case_key(CASE)
    held = (tmp_path / "keys" / "keys.db").read_bytes()
    assert not any(key in held for key in made)
    assert PERSON.encode() not in held
    keys.refresh_copy()
    everything = bytes_below(tmp_path / "keys")
    assert not any(key in everything for key in made)
    assert PERSON.encode() not in everything
    with pytest.raises(GoneError):
        keys.person_key(PERSON)
    with pytest.raises(GoneError):
        keys.case_key(CASE)
    assert (keys.people(), keys.days(), keys.cases()) == (set(), set(), set())


def test_a_destroyed_key_goes_even_where_the_database_keeps_what_it_deletes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fortnight.vault.keys._PRAGMAS", ("secure_delete = OFF",))
    keys = FileKeys.create(tmp_path / "keys", seeded().randbytes)
    made, other = keys.make_person_key(PERSON), keys.make_person_key(OTHER)
    keys.destroy_person_key(PERSON)
    assert made not in (tmp_path / "keys" / "keys.db").read_bytes()
    assert keys.person_key(OTHER) == other
    keys.close()


def test_a_day_whose_key_was_destroyed_gets_no_other(keys: FileKeys) -> None:
    keys.make_day_key(20_000)
    for day in (20_000, 20_001):  # one that had a key, one that never did
        keys.destroy_day_key(day)
        with pytest.raises(GoneError):
            keys.make_day_key(day)
        with pytest.raises(GoneError):
            keys.day_key(day)


def test_what_another_process_destroys_is_gone_here_too(keys: FileKeys, tmp_path: Path) -> None:
    keys.make_person_key(PERSON)
    keys.make_person_key(OTHER)
    seconds = [0.0]
    here = FileKeys(tmp_path / "keys", seconds=lambda: seconds[0])
    assert here.person_key(PERSON) == keys.person_key(PERSON)  # both remember it
    keys.destroy_person_key(PERSON)
    seconds[0] += NOTICED_WITHIN_S
    with pytest.raises(GoneError):
        here.person_key(PERSON)
    assert here.person_key(OTHER) == keys.person_key(OTHER)
    here.close()


def test_the_copy_opens_as_keys_when_the_file_was_lost(keys: FileKeys, tmp_path: Path) -> None:
    made, secret = keys.make_person_key(PERSON), keys.named("log")
    keys.refresh_copy()
    keys.close()
    (tmp_path / "keys" / "keys.copy.db").replace(tmp_path / "keys" / "keys.db")
    restored = FileKeys(tmp_path / "keys")
    assert (restored.person_key(PERSON), restored.named("log")) == (made, secret)
    restored.close()


def test_a_copy_that_a_crash_left_unfinished_goes_at_the_next_start(
    keys: FileKeys, tmp_path: Path
) -> None:
    left = tmp_path / "keys" / "keys.copy.new"
    left.write_bytes(keys.make_person_key(PERSON))
    FileKeys(tmp_path / "keys").close()
    assert not left.exists()
    left.write_bytes(b"left by a crash while the service ran")
    keys.refresh_copy()
    assert not left.exists()


def test_keys_that_half_were_made_are_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "keys.db.new").write_bytes(b"a crash while the secrets were made")
    made = FileKeys.create(folder, seeded().randbytes)
    assert len(made.named("token")) == 32
    made.close()
