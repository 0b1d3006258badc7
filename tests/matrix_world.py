"""One service with a colleague of each role, and for each a case of each relation and consent.

Cases are made once for each consent, as the service makes them; the others are copies of their
rows, with ids, tokens and contacts of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, select, update
from tests.staff_world import Colleague, colleague
from tests.unit.sample_document import sample_document
from tests.whole_service import DAY, WORKER, code_sent, enrolled

from fortnight.case.cases import NewCase
from fortnight.case.day_parts import cut
from fortnight.case.exposures import exposure_of, replace_all
from fortnight.case.named import NewNamed
from fortnight.db.office_tables import ROLES, case_assignment, named_contact, staff_conflict
from fortnight.db.tables import case_file, exposure, laboratory_token, trace_run
from fortnight.vault.people import FoundRow
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Table

    from fortnight.service import Service
    from fortnight.staff.relations import Nearness

CONSENTS: Final = tuple(
    f"{yes}, {told}"
    for yes in ("no yes", "yes given", "yes withdrawn")
    for told in ("texts", "no texts")
)
"""Of the case: whether they said yes, or took back what they agreed to; of the contact: whether
they agreed to be told by a text."""
OF_CASES: Final = ("assigned", "own-district", "other-district", "closed", "self", "conflict")
OF_CONTACTS: Final = (*OF_CASES, "tied", "self-contact")
_OWN_NUMBER: Final = "+3712900{place:04d}"
_COPIED: Final = (trace_run, named_contact, exposure)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Known:
    """Whom the calls tie to somebody: as the vault answers, without the calls."""

    by_contact: dict[str, Nearness]

    def near(self, _number: bytes, _case: str) -> dict[str, Nearness]:
        """Return which contacts are whoever asks, or tied to them."""
        return self.by_contact


@dataclass(frozen=True)
class Record:
    """A case, and somebody whom it named or met."""

    case_id: str
    contact: str


@dataclass(frozen=True)
class Matrix:
    """Who asks, and what for: by role, relation and consent."""

    who: Mapping[str, Colleague]
    records: Mapping[tuple[str, str, str], Record]
    models: Mapping[str, Record]


def matrix_in(service: Service, known: Known) -> Matrix:
    """Make everybody and every case; ``known`` learns who is tied to whom."""
    who = {
        role: colleague(service, role, number=_OWN_NUMBER.format(place=place))
        for place, role in enumerate(ROLES)
    }
    models = {consent: _model(service, consent) for consent in CONSENTS}
    records: dict[tuple[str, str, str], Record] = {}
    with service.database.write() as connection:
        copied = {consent: _rows_of(connection, model) for consent, model in models.items()}
        for role, relation, consent in _cells():
            made = _copy(connection, service, copied[consent], who[role], relation)
            relate(connection, service.clock(), who[role], made, relation)
            records[role, relation, consent] = made
    for (_, relation, _), record in records.items():
        if relation in {"tied", "self-contact"}:
            known.by_contact[record.contact] = "tied" if relation == "tied" else "self"
    return Matrix(who, records, models)


def _cells() -> Iterator[tuple[str, str, str]]:
    for role in ROLES:
        for relation in OF_CONTACTS:
            for consent in CONSENTS:
                yield role, relation, consent


# -- one case of each consent ------------------------------------------------------------------


def _model(service: Service, consent: str) -> Record:
    """Make a case with one contact, of whom both agreed to what ``consent`` says."""
    yes, told = consent.split(", ")
    place, now = CONSENTS.index(consent), service.clock()
    number, other, today = f"+371280000{place:02d}", f"+371281000{place:02d}", now // DAY
    person = enrolled(service, number, "trace.phone")
    met = enrolled(service, other, "trace.phone", *(["notify"] if told == "texts" else []))
    laboratory = service.laboratories.register(f"Laboratory {place}", now)
    token = service.laboratories.issue(laboratory.key, f"test {place}", number, now)
    new = NewCase(token, number, "covid-19", today - 3, today, now)
    case_id = service.cases.open(new, WORKER, now)
    if yes == "no yes":
        return Record(case_id, _named(service, case_id))
    service.cases.agree(case_id, code_sent(service, case_id), now)
    contact = _met(service, case_id, met)
    if yes == "yes withdrawn":
        service.consents.withdraw_all(person, now)
    return Record(case_id, contact)


def _met(service: Service, case_id: str, person: str) -> str:
    """Put down that a trace of the case found a person; return the contact."""
    now, run_id = service.clock(), service.cases.random(16).hex()
    name = service.vault.file_under(person, now // DAY - 1)
    row = FoundRow(now // DAY - 1, name, True, ("trace.phone",))
    (contact,) = service.vault.group(case_id, WORKER, [row], now)
    assert contact is not None
    document = msgspec.structs.replace(sample_document(1).contacts[0], participant=contact)
    found = [(exposure_of(document, 1, ("phone",), late=False), cut(document, "UTC"))]
    run = {"id": run_id, "case_id": case_id, "state": "done", "asked_at": now, "asked_by": "matrix"}
    run |= {"asked_role": "lead", "started_at": now, "ended_at": now, "contacts": 1}
    with service.database.write() as connection:
        connection.execute(insert(trace_run).values(run))
        replace_all(connection, case_id, run_id, found, service.vault.seal_case)
        traced = update(case_file).where(case_file.c.id == case_id).values(state="traced")
        connection.execute(traced)
    return contact


def _named(service: Service, case_id: str) -> str:
    """Put down somebody whom the case named; return the contact."""
    now = service.clock()
    day = now // DAY - 1
    new = NewNamed(
        case_id=case_id,
        name="Somebody whom the case named",
        number="+37129999999",
        notes="",
        first_day=day,
        last_day=day,
        setting="work",
        household=None,
        pregnant=False,
        weak_immunity=False,
    )
    account = service.staff.accounts.list()[0].id
    return service.work.named.add(new, account, Reader("lead", account, WORKER.district), now)


# -- copies for everybody and every relation ---------------------------------------------------


def _rows_of(connection: Connection, model: Record) -> dict[str, Rows]:
    """Return what is held of a case, by table."""
    held = {table.name: _rows(connection, table, model.case_id) for table in _COPIED}
    (file,) = connection.execute(
        select(case_file).where(case_file.c.id == model.case_id)
    ).mappings()
    of_token = select(laboratory_token).where(laboratory_token.c.id == file["token_id"])
    (token,) = connection.execute(of_token).mappings()
    return {**held, "case_file": [dict(file)], "laboratory_token": [dict(token)]}


def _rows(connection: Connection, table: Table, case_id: str) -> Rows:
    found = connection.execute(select(table).where(table.c.case_id == case_id))
    return [dict(row) for row in found.mappings()]


def _copy(
    connection: Connection, service: Service, rows: dict[str, Rows], who: Colleague, relation: str
) -> Record:
    """Copy a case's rows, with a contact of the same kind, for one colleague and relation."""
    random, now = service.cases.random, service.clock()
    made = Record(random(16).hex(), random(8).hex())
    own: dict[str, Any] = {"number_hash": random(32)}
    if relation == "self":
        own["number_hash"] = who.account.number_hash
    token = {"id": random(16).hex(), "token_hash": random(32), "test_hash": random(32)}
    connection.execute(insert(laboratory_token).values(rows["laboratory_token"][0] | own | token))
    if relation == "other-district":
        own["district"] = "elsewhere"
    if relation == "closed":
        own |= {"state": "closed", "agreed_at": now, "closed_at": now}
    own |= {"id": made.case_id, "token_id": token["id"]}
    connection.execute(insert(case_file).values(rows["case_file"][0] | own))
    change = {"id": made.case_id, "run_id": made.case_id, "case_id": made.case_id}
    change["contact"] = made.contact
    for table in _COPIED:
        for row in rows[table.name]:
            new = {name: change.get(name, value) for name, value in row.items()}
            connection.execute(insert(table).values(new))
    return made


def relate(connection: Connection, now: int, who: Colleague, record: Record, relation: str) -> None:
    """Assign every case but that of nobody: what forbids has to win over what allows."""
    account = who.account.id
    if relation != "own-district":
        row = {"id": record.case_id, "case_id": record.case_id, "account": account}
        connection.execute(insert(case_assignment).values(by=account, from_at=now, **row))
    if relation == "conflict":
        declared = {"account": account, "case_id": record.case_id, "declared_at": now}
        connection.execute(insert(staff_conflict).values(declared))
