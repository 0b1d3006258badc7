"""The office that is measured: 100 workers, two hundred traced cases; in a process of its own.

python -m bench.service.office_process FOLDER PORT DATABASE_URL (empty for SQLite)
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, select, update
from tests.unit.sample_document import sample_document
from tests.whole_service import WORKER, open_case

from fortnight.case.day_parts import cut
from fortnight.case.exposures import exposure_of, replace_all
from fortnight.clock import now_ms
from fortnight.consent.texts import current_text
from fortnight.db.tables import case_file, consent_grant, trace_run
from fortnight.service import open_service
from fortnight.settings import Settings
from fortnight.staff.accounts import NewAccount
from fortnight.vault.keys import FileKeys
from fortnight.vault.people import FoundRow
from fortnight.vault.purposes import Reader
from fortnight.web.app import create_app
from fortnight.web.logging import configure_logging
from fortnight.web.server import serve

if TYPE_CHECKING:
    from fortnight.report.document import ContactDocument
    from fortnight.service import Service

WORKERS: Final = 100
CASES_EACH: Final = 2
PEOPLE: Final = 1_000
CONTACTS: Final = (30, 60)
WALKS: Final = "walks.json"
DAY_MS: Final = 86_400_000
_GRANTS: Final = ("trace.phone", "notify")
_SAMPLES: Final = 6
_LAST_DAY: Final = (date(2026, 11, 8) - date(1970, 1, 1)).days
"""The last day of the sample's contacts."""


def main(folder: Path, port: int, database_url: str) -> None:
    """Fill an office, write who works there on what into the folder, and serve it."""
    configure_logging()
    settings = Settings(
        home=folder / "home",
        keys=folder / "keys",
        programme_end=(datetime.now(UTC) + timedelta(days=30)).date(),
        database_url=database_url,
        port=port,
        district=WORKER.district,
    )
    FileKeys.create(settings.keys).close()
    service = open_service(settings, clock=_clock(), random=token_bytes)
    try:
        (folder / WALKS).write_text(json.dumps(_fill(service)))
        while service.outbox.drain(service.texts.gateway, service.clock()).sent:
            pass  # what opening two hundred cases left to send belongs to no page
        service.log.sequence()  # nor does what it left to log
        service.start()
        print("ready", flush=True)
        serve(create_app(service), settings.host, port)
    finally:
        service.close()


def _clock() -> Any:  # noqa: ANN401 - a callable
    """Return a clock that runs as ours does, set to the morning after the sample's last day."""
    shift = (_LAST_DAY + 1) * DAY_MS + DAY_MS // 3 - now_ms()
    return lambda: now_ms() + shift


def _fill(service: Service) -> list[dict[str, Any]]:
    """Return for each worker their session, the token of its forms, and their cases."""
    chance = random.Random(1)  # noqa: S311 - a bench has to be repeatable
    now = service.clock()
    names = _people(service, now)
    samples = [sample_document(CONTACTS[1], seed).contacts for seed in range(_SAMPLES)]
    walks = []
    for place in range(WORKERS):
        district = service.settings.district
        new = NewAccount(f"worker-{place}", "case-worker", f"Worker {place}", district)
        account = service.staff.accounts.add(new, by="bench", now=now).account
        cases = {}
        for turn in range(CASES_EACH):
            number = f"+371300{place * CASES_EACH + turn:05d}"
            case_id = _case(service, number, account)
            met = chance.sample(names, chance.randint(*CONTACTS))
            cases[case_id] = _traced(service, case_id, met, chance.choice(samples))
        secret = service.staff.sessions.begin(account, now)
        session = service.staff.sessions.touch(secret, now)
        assert session is not None  # noqa: S101 - a script
        walks.append({"secret": secret, "csrf": session.csrf, "cases": cases})
    return walks


def _people(service: Service, now: int) -> list[bytes]:
    """Enrol people; return what each is called on the last day."""
    people = [service.vault.enrol(f"+371200{k:05d}", language="en", now=now) for k in range(PEOPLE)]
    for kind in _GRANTS:
        version = current_text(kind, "en").version
        service.consents.give(
            people[0], kind, text_version=version, language="en", by="self", now=now
        )
    _agree(service, people)
    return list(service.vault.file_under_many(people, _LAST_DAY).values())


def _agree(service: Service, people: list[str]) -> None:
    """Give all the grants of the first; their entries of the log are one and the same."""
    with service.database.write() as connection:
        held = connection.execute(select(consent_grant)).mappings().all()
        rows = [
            dict(row) | {"id": token_bytes(16).hex(), "person": person}
            for row in held
            for person in people[1:]
        ]
        connection.execute(insert(consent_grant), rows)


def _case(service: Service, number: str, account: str) -> str:
    version = current_text("trace.phone", "en").version
    now = service.clock()
    person = service.vault.enrol(number, language="en", now=now)
    service.consents.give(
        person, "trace.phone", text_version=version, language="en", by="self", now=now
    )
    case_id = open_case(service, number, _LAST_DAY - 2, f"test-{number}")
    reader = Reader("case-worker", account, service.settings.district)
    service.work.assignments.assign(case_id, account, account, reader, now)
    return case_id


def _traced(
    service: Service, case_id: str, met: list[bytes], documents: list[ContactDocument]
) -> list[str]:
    """Put down what a trace found; return the contacts by rank."""
    reader, now = Reader("service", "bench", service.settings.district), service.clock()
    found = [FoundRow(_LAST_DAY, name, True, ("trace.phone",)) for name in met]
    numbers = [one for one in service.vault.group(case_id, reader, found, now) if one is not None]
    named = [
        msgspec.structs.replace(document, participant=number)
        for document, number in zip(documents, numbers, strict=False)
    ]
    rows = [
        (exposure_of(one, rank, ("phone",), late=False), cut(one, "UTC"))
        for rank, one in enumerate(named, start=1)
    ]
    run = {
        "id": token_bytes(16).hex(),
        "case_id": case_id,
        "state": "done",
        "asked_at": now,
        "asked_by": "bench",
        "asked_role": "case-worker",
        "started_at": now,
        "ended_at": now,
        "window_first_day": _LAST_DAY - 14,
        "window_last_day": _LAST_DAY,
        "held_from_day": _LAST_DAY - 14,
        "contacts": len(rows),
    }
    with service.database.write() as connection:
        connection.execute(insert(trace_run).values(run))
        replace_all(connection, case_id, str(run["id"]), rows, service.vault.seal_case)
        traced = update(case_file).where(case_file.c.id == case_id).values(state="traced")
        connection.execute(traced)
    return numbers


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
