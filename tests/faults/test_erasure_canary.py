"""One person's bytes, looked for in every file of a service, before they are erased and after."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest
from tests.services import DAY, HOUR, NOON, Clock, seeded
from tests.whole_service import enrolled, open_case, opened, settings_in

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.rows import fixes_of_json

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.service import Service

CANARY, OTHER = "+37126666666", "+37127777777"
LON, LAT = 24.1234567, 56.7654321
GRANTS = ("trace.phone", "trace.bluetooth", "notify")


def send(service: Service, person: str, lon: float) -> None:
    fixes = [
        {"time": NOON - hours * HOUR, "lon": lon, "lat": LAT, "accuracy": 10.0}
        for hours in range(1, 40)
    ]
    body = json.dumps({"fixes": fixes}).encode()
    rows = fixes_of_json(body, Bounds(1 << 20, 10_000), NOON).checked
    service.journal.put(person, "fixes", "phone", f"batch-{person}", rows)


def work(service: Service, now: int) -> None:
    """Do what the service does by the clock."""
    service.drain.drain(now)
    service.days.refresh(now)
    service.outbox.drain(service.texts.gateway, now)
    service.sweeper.sweep(now)
    service.log.sequence(now)


def needles(service: Service, person: str) -> dict[str, bytes]:
    """Return bytes that only this person put anywhere."""
    days = range(NOON // DAY - 14, NOON // DAY + 2)
    pseudonyms = {day: service.vault.file_under(person, day) for day in days}
    return {
        "id": person.encode(),
        "id in bytes": bytes.fromhex(person),
        "number": CANARY.encode(),
        "national number": CANARY.removeprefix("+371").encode(),
        "number's hash": service.vault.number_hash(CANARY),
        "key": service.keys.person_key(person),
        "longitude": struct.pack("<i", round(LON * 1e7)),
        "longitude as it came": struct.pack("<d", LON),
        "longitude in words": str(LON).encode(),
        **{f"pseudonym of {day}": one for day, one in pseudonyms.items()},
        **{f"pseudonym of {day} in words": one.hex().encode() for day, one in pseudonyms.items()},
    }


def found(folder: Path, wanted: dict[str, bytes]) -> dict[str, list[str]]:
    """Return which needles are in which files."""
    held: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            names = [name for name, needle in wanted.items() if needle in content]
            if names:
                held[path.name] = names
    return held


@pytest.mark.parametrize("is_case", [False, True], ids=["a participant", "a case"])
def test_no_byte_of_an_erased_person_is_left_in_any_file(tmp_path: Path, *, is_case: bool) -> None:
    clock = Clock()
    settings = settings_in(tmp_path, clock(), "")
    with opened(settings, clock, seeded().randbytes) as service:
        person = enrolled(service, CANARY, *GRANTS)
        service.vault.add_device(person, "owntracks", NOON)
        other = enrolled(service, OTHER, *GRANTS)
        send(service, person, LON)
        send(service, other, LON + 0.001)
        wanted = needles(service, person)
        if is_case:
            open_case(service, CANARY, NOON // DAY - 1)
        work(service, clock())
    before = {name for names in found(tmp_path, wanted).values() for name in names}
    assert before >= {"id", "number's hash", "key", f"pseudonym of {NOON // DAY}"}

    with opened(settings, clock, seeded(8).randbytes) as service:
        service.eraser.erase(person, clock())
        for _ in range(24):
            work(service, clock.advance(HOUR))
    assert found(tmp_path, wanted) == {}
    with opened(settings, clock, seeded(9).randbytes) as service:
        assert service.people.ids() == [other]
        assert service.fsck.findings(clock()) == []
