"""A service that lives, is backed up, lives on, and is put back: beside a model of what holds."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from tests.reference.ledger import load_verifier
from tests.services import DAY, HOUR, MINUTE, seeded
from tests.whole_service import opened, send_fixes

from fortnight.consent.texts import current_text
from fortnight.db.tables import message, trace_run
from fortnight.errors import ConflictError
from fortnight.ledger.note import PublicKey
from fortnight.ledger.restoring import Restoring

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services import Clock

    from fortnight.retention.restore import Restored
    from fortnight.service import Service
    from fortnight.settings import Settings

NUMBERS: Final = [f"+3712000000{place}" for place in range(4)]
KINDS: Final = ("trace.phone", "notify")
ACTS: Final = ("agree", "reword", "withdraw", "send", "erase", "drain", "publish", "day")
FILES: Final = ("fortnight.db", "people.db")


@dataclass
class Model:
    """Who takes part, and which grants were ever withdrawn."""

    people: dict[str, str] = field(default_factory=dict)
    live: set[tuple[str, str]] = field(default_factory=set)  # (person, kind)
    withdrawn: set[tuple[str, str]] = field(default_factory=set)
    batches: int = 0

    def copy(self) -> Model:
        return Model(dict(self.people), set(self.live), set(self.withdrawn), self.batches)


def act(service: Service, clock: Clock, model: Model, what: str, who: int, kind: str) -> None:
    """Let one thing happen, where it can."""
    number = NUMBERS[who]
    if what in {"agree", "reword"}:
        _agree(service, model, number, kind, "ru" if what == "reword" else "en")
    elif what == "drain":
        service.drain.drain(clock())
        service.days.refresh(clock())
    elif what == "publish":
        service.log.sequence(clock())
    elif what == "day":
        clock.advance(DAY)
        service.sweeper.sweep(clock())
    elif (person := model.people.get(number)) is not None:
        _of_person(service, clock, model, what, number, (person, kind))


def _of_person(
    service: Service, clock: Clock, model: Model, what: str, number: str, grant: tuple[str, str]
) -> None:
    person, kind = grant
    if what == "withdraw" and grant in model.live:
        service.consents.withdraw(person, kind, clock())
        model.live.discard(grant)
        model.withdrawn.add(grant)
    elif what == "send" and (person, "trace.phone") in model.live:
        yesterday = clock() // DAY * DAY - 6 * HOUR
        fixes = [(yesterday + minute * MINUTE, 24.1, 56.95) for minute in range(10)]
        model.batches += 1
        send_fixes(service, person, fixes, str(model.batches))
    elif what == "erase":
        service.eraser.erase(person, clock())
        del model.people[number]


def _agree(service: Service, model: Model, number: str, kind: str, language: str) -> None:
    now = service.clock()
    person = model.people.setdefault(number, service.vault.enrol(number, language="en", now=now))
    version = current_text(kind, language).version
    with suppress(ConflictError):  # the same text once more
        service.consents.give(
            person, kind, text_version=version, language=language, by="self", now=now
        )
    model.live.add((person, kind))


def back_up(settings: Settings, to: Path) -> None:
    """Copy the databases of a service that is closed, and no key of it."""
    to.mkdir()
    for name in FILES:
        shutil.copy2(settings.home / name, to / name)


def put_back(settings: Settings, backup: Path) -> None:
    for name in FILES:
        for end in ("-wal", "-shm"):
            (settings.home / f"{name}{end}").unlink(missing_ok=True)
        shutil.copy2(backup / name, settings.home / name)


def published(service: Service) -> Restoring:
    folder = service.settings.home / "log"
    return Restoring(service.database, folder, PublicKey.parse(service.log_key))


def restore(settings: Settings, clock: Clock, seed: int = 5) -> Restored:
    with opened(settings, clock, seeded(seed).randbytes) as service:
        return service.restorer.restore(published(service), clock(), all_are_gone=True)


def check_restored(
    settings: Settings, clock: Clock, before: Model, after: Model, earlier: str, seed: int = 6
) -> None:
    """Check what holds after a restore, by the model of the backup and that of the last moment."""
    with opened(settings, clock, seeded(seed).randbytes) as service:
        service.log.check_current()
        there = {number: one for number, one in before.people.items() if number in after.people}
        same = {one for number, one in there.items() if after.people[number] == one}
        # Erased again, and whoever enrolled since is nobody any more; the sweep may let go of more.
        assert set(service.people.ids()) <= same
        assert service.keys.people() == set(service.people.ids())
        for person, kind in before.live:
            ended = (person, kind) in after.withdrawn - before.withdrawn or person not in same
            if ended:
                assert not service.consents.live(None, person, kind)
            elif (person, kind) not in before.withdrawn:
                assert service.consents.live(None, person, kind)
        _check_quiet(service)
        service.drain.drain(clock())
        service.days.refresh(clock())
        service.log.sequence(clock())
        findings = service.fsck.findings(clock())
        assert [one for one in findings if one.kind != "no-reason"] == []
        verify(service, settings.home.parent / "key", earlier)
        assert not published(service).lacking()


def _check_quiet(service: Service) -> None:
    """Nothing of the backup is on its way."""
    with service.database.read() as connection:
        waiting = select(message.c.id).where(message.c.state.in_(("queued", "sending")))
        running = select(trace_run.c.id).where(trace_run.c.state.in_(("queued", "running")))
        assert connection.execute(waiting).all() == connection.execute(running).all() == []


def verify(service: Service, key: Path, earlier: str) -> None:
    """Check the published log with the stand-alone verifier, and that it begins as it did."""
    key.write_text(service.log_key, encoding="utf-8")
    kept = key.with_name("earlier")
    kept.write_text(earlier, encoding="utf-8")
    words = ["--key", key, "--log", service.settings.home / "log", "--earlier", kept]
    assert load_verifier().main([str(word) for word in words]) == 0
