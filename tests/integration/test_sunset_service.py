"""Time passes until the programme's end: everything goes without anyone's help; the log stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.restored_world import verify
from tests.services import DAY, HOUR, MINUTE, NOON, Clock, seeded
from tests.whole_service import enrolled, opened, send_fixes, settings_in

from fortnight.jobs.schedule import Turns
from fortnight.vault.keys import SECRETS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_service_that_is_left_alone_ends_on_its_day(world_folder: Path) -> None:
    clock, kept = Clock(), settings_in(world_folder, NOON)
    with opened(kept, clock, seeded(3).randbytes) as service:
        person = enrolled(service, "+37120000001", "trace.phone", "notify")
        send_fixes(service, person, [(NOON - HOUR, 24.1, 56.9)], "one")
        service.schedule.run_due(clock())
        earlier = service.log.sequence(clock())
        before = {name: service.keys.named(name) for name in SECRETS}
        clock.now = kept.ends_at - 1
        service.schedule.run_due(clock())
        assert not service.has_ended()
        clock.advance(1)
        assert service.has_ended()  # nobody is answered from here on
        clock.advance(MINUTE)
        service.schedule.run_due(clock())
        assert service.sunset.is_over()
        verify(service, world_folder / "key", earlier.note)
    clock.advance(DAY)
    with opened(kept, clock, seeded(4).randbytes) as service:
        service.start()  # as after a power cut: nothing runs, and the log is whole
        assert (service.people.ids(), service.keys.people()) == ([], set())
        assert [name for name in SECRETS if service.keys.named(name) == before[name]] == ["log"]
        assert service.schedule.health() == dict.fromkeys(service.schedule.health(), Turns())
        assert service.ready() == {}
        assert service.fsck.findings(clock()) == []
        verify(service, world_folder / "key", earlier.note)
