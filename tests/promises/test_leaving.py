"""Somebody leaves by the portal: nothing more is read, matched or sent, and no byte is left.

What they made there is searched for too: a PIN, choices, a question about a look, a copy, the
digits and words of texts, what they never send, and what was still on its way when they left.
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import select
from tests.portal_world import checked
from tests.promises.test_canary import (
    CANARY,
    CASE,
    LAT,
    LON,
    MET_ON,
    TODAY,
    ended,
    found_in,
    look_at,
    needles,
)
from tests.services import DAY, HOUR, MINUTE, Clock
from tests.taking_world import NUMBER, Portal, taking_world
from tests.unit.test_portal_taking import CODE, verified
from tests.whole_service import WORKER, app_of, enrolled, open_case, send_fixes

from fortnight.db.tables import GRANT_KINDS, look
from fortnight.errors import FortnightError, RefusedError
from fortnight.notify.gateway import Incoming
from fortnight.notify.templates import Template
from fortnight.vault.purposes import Field, Purpose, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIN: Final = "730281946527"
WORDS: Final = "marmalade on the second shelf"
SECOND: Final = 1_000
assert NUMBER == CANARY


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    with taking_world(tmp_path, Clock(), *GRANT_KINDS, database_url="") as portal:
        yield portal


def test_who_leaves_is_not_read_matched_or_texted_and_no_byte_of_them_is_left(
    portal: Portal, tmp_path: Path
) -> None:
    service, person, clock = portal.service, portal.person, portal.clock
    device = app_of(service, person)
    case_id = met(portal)
    use(portal)
    sought = needles(service, person, device)
    wanted = {**sought.secret, **sought.ids, "PIN": PIN.encode(), "words": WORDS.encode()}
    run = service.cases.request_trace(case_id, WORKER, clock())  # queued, and not yet begun
    texts_wait(portal, "sent")
    portal.turn("texts")
    texts_wait(portal, "waits")
    send_fixes(service, person, [(clock() - MINUTE, LON, LAT)], "on-its-way")
    before = found_in([tmp_path], wanted)
    assert {"number", "key", "person", "lon e7"} <= set(before)

    sent = texts_sent(portal)
    code = left(portal)
    assert all(one.withdrawn_at for one in service.consents.held(person))  # before any turn
    clock.advance(5 * SECOND)
    portal.turn("leaving")
    clock.advance(55 * SECOND)
    looks = seen(portal)
    ended(service, run)
    assert service.cases.exposures(case_id) == ()
    for purpose in Purpose:
        assert_not_read(portal, purpose)
    portal.turn("texts")
    assert seen(portal) == looks == 0
    assert texts_sent(portal) == sent
    with pytest.raises(FortnightError):
        send_fixes(service, person, [(clock(), LON, LAT)], "after")

    clock.advance(HOUR)
    assert service.taking.leaving.left(code, clock()).rows_gone_at is not None
    assert service.people.ids() == [service.vault.person_with(CASE)]
    for _ in range(12):
        clock.advance(2 * HOUR - 5 * MINUTE)
        for task in ("drain", "log", "texts", "keys", "erasures", "sweep"):
            portal.turn(task)
    dump(service.settings.home, tmp_path / "dumps")
    assert found_in([tmp_path], wanted) == {}
    assert service.fsck.findings(clock()) == []
    answer = portal.send("/portal/proof", code=code, act="file")
    assert "erasure" in verified(tmp_path, answer.content, service.log_key)


def met(portal: Portal) -> str:
    """Let a case meet whoever is signed in, and open it."""
    service = portal.service
    case = enrolled(service, CASE, "trace.phone")
    for day in MET_ON:
        times = range(day * DAY + 18 * HOUR, day * DAY + 20 * HOUR, MINUTE)
        send_fixes(service, case, [(at, LON + 2e-5, LAT - 1e-5) for at in times], f"case-{day}")
        send_fixes(service, portal.person, [(at, LON, LAT) for at in times], f"own-{day}")
    portal.turn("drain")
    return open_case(service, CASE, TODAY - 2)


def use(portal: Portal) -> None:
    """Use the portal: a PIN, a choice, a question about a look, a copy, a text that is sent."""
    service, person, clock = portal.service, portal.person, portal.clock
    portal.choose_pin(PIN)
    portal.unlock(PIN)
    changed = portal.send("/portal/choices", act="withdraw", kind="statistics")
    assert changed.status_code == 303, changed.text
    look_at(service, person)
    portal.turn("log")
    asked = re.search(r'name="look" value="(\w+)"', portal.get("/portal/looks").text)
    assert asked is not None
    assert portal.send("/portal/looks", look=asked[1]).status_code == 303
    assert portal.send("/portal/take").status_code == 200
    service.texts.post.incoming(Incoming(NUMBER, WORDS), clock())


def texts_wait(portal: Portal, reason: str) -> None:
    service, now = portal.service, portal.clock()
    with service.database.write() as connection:
        service.outbox.queue(connection, portal.person, reason, Template.PLEASE_CALL, {}, None, now)


def left(portal: Portal) -> str:
    found = CODE.search(checked(portal.send("/portal/leave-all", sure="yes")))
    assert found is not None
    return found[1]


def seen(portal: Portal) -> int:
    """Return how many looks at them there are."""
    with portal.service.database.read() as connection:
        mine = select(look.c.id).where(look.c.person == portal.person)
        return len(connection.execute(mine).all())


def assert_not_read(portal: Portal, purpose: Purpose) -> None:
    reader = Reader("case-worker", "worker-1", "north")
    field = Field.CASE if purpose is Purpose.REPAIR else Field.NUMBER
    vault, now = portal.service.vault, portal.clock()
    with pytest.raises(RefusedError):
        vault.open_access(reader, purpose, None, (field,), (portal.person,), now)


def texts_sent(portal: Portal) -> int:
    """Return how many texts were handed over for them."""
    path = portal.service.settings.home / "texts.jsonl"
    return path.read_text(encoding="utf-8").count(CANARY) if path.exists() else 0


def dump(home: Path, folder: Path) -> None:
    """Copy the databases as a backup does."""
    folder.mkdir()
    for path in sorted(home.glob("*.db")):
        source = sqlite3.connect(path)
        source.execute("VACUUM INTO ?", [str(folder / path.name)])
        source.close()
