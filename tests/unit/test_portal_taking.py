"""The pages on which people take everything, and leave: unlocked, and with a code for the proof."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select
from tests.portal_world import checked
from tests.services import DAY, NOON, Clock
from tests.taking_world import NUMBER, taking_world

from fortnight.db.tables import GRANT_KINDS, message
from fortnight.errors import RefusedError
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.taking_world import Portal

VERIFIER: Final = Path(__file__).parents[2] / "verify" / "verify_ledger.py"
CODE: Final = re.compile(r'<bdi dir="ltr">([0-9a-f ]{39})</bdi>')
PATHS: Final = ("/portal/take", "/portal/leave-all")


@pytest.fixture(scope="module")
def staying(world_folders: pytest.TempPathFactory) -> Iterator[Portal]:
    with taking_world(world_folders.mktemp("stays"), Clock(NOON), *GRANT_KINDS) as portal:
        portal.choose_pin()
        portal.unlock()
        yield portal


@pytest.fixture
def leaving(world_folder: Path) -> Iterator[Portal]:
    with taking_world(world_folder, Clock(NOON), *GRANT_KINDS) as portal:
        yield portal


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
@pytest.mark.parametrize("path", [*PATHS, "/portal/proof"])
def test_each_page_is_small_and_runs_nothing(staying: Portal, path: str, language: str) -> None:
    page = checked(staying.get(path, language))
    assert f'lang="{language}"' in page


def test_everything_is_given_as_one_zip_that_is_named_after_nobody(staying: Portal) -> None:
    answer = staying.send("/portal/take", "ar")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="copy.zip"'
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = json.loads(archive.read("everything.json"))["parts"]
        assert 'dir="rtl"' in archive.read("index.html").decode()
    assert parts["you"] == [{"person": staying.person, "number": NUMBER, "language": "en"}]
    assert {one["kind"] for one in parts["grants"]} == set(GRANT_KINDS)


def test_nothing_of_it_lies_on_disk_on_the_way(
    staying: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = _files(staying)
    assert staying.send("/portal/take").status_code == 200
    assert list(tmp_path.iterdir()) == []
    assert _files(staying) == before


def _files(portal: Portal) -> set[str]:
    return {str(path) for path in portal.service.settings.home.rglob("*")}


@pytest.mark.parametrize("path", PATHS)
def test_whoever_has_a_pin_shows_it_first(leaving: Portal, path: str) -> None:
    leaving.choose_pin()
    for answer in (leaving.get(path), leaving.send(path, sure="yes")):
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/portal/unlock?next={path}"
    assert leaving.service.vault.person_with(NUMBER) == leaving.person
    assert len(leaving.service.consents.held(leaving.person)) == len(GRANT_KINDS)


def test_a_copy_asks_for_a_pin_from_whoever_has_none_too(leaving: Portal) -> None:
    assert leaving.get("/portal/take").status_code == 303


def test_without_the_tick_nothing_is_deleted_and_the_page_says_what_to_do(
    leaving: Portal,
) -> None:
    answer = leaving.send("/portal/leave-all")
    assert "Tick the box first" in checked(answer, 422)
    assert leaving.service.eraser.resume(leaving.clock()) == 0


def test_whoever_leaves_is_out_at_once_and_fetches_a_proof_that_stands_alone(
    leaving: Portal, tmp_path: Path
) -> None:
    service, person = leaving.service, leaving.person
    queue_text(leaving)
    code = left(leaving)
    assert leaving.get("/portal/take").headers["location"] == "/portal"
    assert all(one.withdrawn_at for one in service.consents.held(person))
    assert [row.state for row in texts(leaving)] == ["stopped"]
    assert "not yet" in checked(leaving.send("/portal/proof", code=code))

    leaving.turn("leaving")
    state = service.taking.leaving.left(code, leaving.clock())
    assert (state.key_gone_at, state.rows_gone_at) == (NOON, NOON)
    assert state.files_gone_at is None
    assert service.keys.people() == set()
    assert texts(leaving) == []
    assert service.people.ids() == []

    leaving.turn("erasures")
    leaving.turn("log")
    assert "Take the proof" in checked(leaving.send("/portal/proof", code=code.replace(" ", "-")))
    receipt = leaving.send("/portal/proof", code=code, act="file")
    assert person not in receipt.text
    assert NUMBER[1:] not in receipt.text
    assert "erasure" in verified(tmp_path, receipt.content, service.log_key)


def test_a_wrong_code_is_refused_in_one_wording_and_kept_in_the_form(leaving: Portal) -> None:
    for code in ("", "f" * 32, "what is this", "<b>"):
        page = checked(leaving.send("/portal/proof", code=code), 404)
        assert "There is no proof under this code" in page
        assert f'value="{code}"' in page


def test_a_proof_is_given_out_for_thirty_days(leaving: Portal) -> None:
    code = left(leaving)
    leaving.turn("erasures")
    leaving.clock.advance(30 * DAY)
    assert leaving.service.taking.leaving.left(code, leaving.clock()).files_gone_at == NOON
    with pytest.raises(RefusedError, match="no proof"):
        leaving.service.taking.leaving.left(code, leaving.clock() + 1)


def test_an_erasure_that_was_asked_for_goes_on_after_a_restart(leaving: Portal) -> None:
    code = left(leaving)
    assert leaving.service.eraser.resume(leaving.clock() + 5) == 1  # as a start of the service does
    assert leaving.service.taking.leaving.left(code, leaving.clock()).rows_gone_at == NOON + 5


def left(portal: Portal) -> str:
    """Leave; return the code."""
    page = checked(portal.send("/portal/leave-all", sure="yes"))
    found = CODE.search(page)
    assert found is not None
    return found[1]


def queue_text(portal: Portal) -> None:
    """Have a text wait."""
    service, now = portal.service, portal.clock()
    with service.database.write() as connection:
        service.outbox.queue(
            connection, portal.person, "waits", Template.PLEASE_CALL, {}, None, now
        )


def texts(portal: Portal) -> list[Any]:
    with portal.service.database.read() as connection:
        return list(connection.execute(select(message)).all())


def verified(folder: Path, receipt: bytes, key: str) -> str:
    (folder / "key").write_text(key)
    (folder / "proof.json").write_bytes(receipt)
    said = ["--key", str(folder / "key"), "--receipt", str(folder / "proof.json")]
    command = [sys.executable, str(VERIFIER), *said]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
