"""The trace of a case as a durable job: it may be started twice, and may die on any line.

Nothing is kept but by the last transaction, and that one asks again whether the case stands. What
was looked up before a death is looked up again, and people see the second look too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import select, update

from fortnight.api import question
from fortnight.case import links
from fortnight.case.changes import compared, note_update, still_known
from fortnight.case.day_parts import DayPart, cut, day_of
from fortnight.case.exposures import Exposure, exposure_of, exposures, replace_all
from fortnight.case.files import locked, log, step
from fortnight.case.state import State, Step, after
from fortnight.contact.trace import Case
from fortnight.contact.window import local_date, window_of, zone_of
from fortnight.db.tables import case_file, hidden_stay, trace_run
from fortnight.errors import ConflictError, FortnightError
from fortnight.parameters import MILLISECONDS_A_DAY
from fortnight.report.contacts import contacts_of
from fortnight.settings import HELD_DAYS
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from fortnight.contact.trace import Question
    from fortnight.contact.window import Window
    from fortnight.db.engine import Database
    from fortnight.lake.lake import Lake
    from fortnight.report.document import ContactDocument
    from fortnight.vault.door import Vault

CASE_NAME: Final = "case"
"""What the case is called in the evidence of its own trace."""
_LONGEST_PROBLEM: Final = 500
_GAVE_UP: Final = "The trace failed more than once. Ask for it again, or tell the administrator."


@dataclass(frozen=True, slots=True)
class TraceParts:
    """What a trace works with.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    timezone : str
        Of the district: in it dates become instants.
    """

    database: Database
    vault: Vault
    lake: Lake
    random: Callable[[int], bytes]
    timezone: str


class _Started(NamedTuple):
    """A run that is under way, and what it is about."""

    run_id: str
    case_id: str
    reader: Reader  # who asked for it: their looks
    case: Case
    asked: Question
    sample_at: int
    hidden: tuple[tuple[int, int], ...]


class _Result(NamedTuple):
    """What a run found, and over which days it looked."""

    window: Window
    held_from_day: int
    contacts: tuple[tuple[Exposure, list[DayPart]], ...]
    follow_up_end_day: int | None
    links: links.Found | None = None


def run_trace(parts: TraceParts, run_id: str, now: int) -> None:
    """Run one queued trace, ``now`` ms since 1970; a run that has ended is left as it is.

    What refuses it, such as a grant that was withdrawn, is written down as its problem. Anything
    else is raised, and the run may be started again.
    """
    started = _begin(parts, run_id, now)
    if started is None:
        return
    try:
        result = _search(parts, started, now)
    except FortnightError as error:
        give_up(parts, run_id, now, str(error))
        return
    _keep(parts, started, result, now)


def give_up(parts: TraceParts, run_id: str, now: int, problem: str = _GAVE_UP) -> None:
    """Write down that a run failed, and why, unless it has ended."""
    with parts.database.write() as connection:
        values = {"problem": problem[:_LONGEST_PROBLEM], "ended_at": now}
        if ended := _move(connection, run_id, "failed", values):
            _log(parts, connection, ended.case_id, run_id, {"step": "failed"}, now)


# -- before --------------------------------------------------------------------------------------


def _begin(parts: TraceParts, run_id: str, now: int) -> _Started | None:
    """Mark a run as running. None where there is nothing to do (any more)."""
    with parts.database.write() as connection:
        run = connection.execute(select(trace_run).where(trace_run.c.id == run_id)).first()
        if run is None or run.state not in {"queued", "running"}:
            return None
        row = locked(connection, run.case_id)
        try:
            after(State(row.state), Step.TRACE)
        except ConflictError as error:
            _move(connection, run_id, "failed", {"problem": str(error), "ended_at": now})
            return None
        if _move(connection, run_id, "running", {"started_at": now}) is None:
            return None
        return _Started(
            run_id=run_id,
            case_id=row.id,
            reader=Reader(run.asked_role, run.asked_by, row.district),
            case=Case(CASE_NAME, _date(row.onset_day), _date(row.test_day)),
            asked=question(
                disease=row.disease,
                timezone=parts.timezone,
                until=local_date(now, zone_of(parts.timezone)),
            ),
            sample_at=row.sample_at,
            hidden=_hidden(connection, row.id),
        )


def _hidden(connection: Connection, case_id: str) -> tuple[tuple[int, int], ...]:
    rows = connection.execute(
        select(hidden_stay.c.start, hidden_stay.c.end)
        .where(hidden_stay.c.case_id == case_id)
        .order_by(hidden_stay.c.start)
    )
    return tuple((row.start, row.end) for row in rows)


# -- the search ----------------------------------------------------------------------------------


def _search(parts: TraceParts, started: _Started, now: int) -> _Result:
    """Look up the case, search, ask who of those found agreed, and weigh them together."""
    case_id, reader = started.case_id, started.reader
    own = parts.vault.own(case_id, reader, _days(started, now), now)
    # no list of the same area is kept of a case: ten times as many would be looked at for nothing
    found = parts.lake.search(
        own, started.case, started.asked, started.hidden, now, same_area=False
    )
    numbers = parts.vault.group(case_id, reader, found.rows, now) if found.rows else []
    if not any(numbers):
        return _Result(found.window, found.held_from_day, (), None)
    together = parts.lake.assemble(found, numbers, started.sample_at)
    traced = together.trace()
    documents = contacts_of(traced)
    linked = links.find(parts.database, parts.vault, case_id, reader, together, traced, now)
    return _Result(
        found.window,
        found.held_from_day,
        tuple(
            (
                exposure_of(
                    contact,
                    rank,
                    together.origins.get(contact.participant, frozenset()),
                    late=contact.participant in together.late,
                ),
                cut(contact, parts.timezone),
            )
            for rank, contact in enumerate(documents, start=1)
        ),
        _last_follow_up(documents),
        linked,
    )


def _days(started: _Started, now: int) -> list[int]:
    """Return the UTC days of the window that may still be held."""
    asked = started.asked
    window = window_of(
        started.case.anchor,
        asked.disease,
        days=-asked.disease.look_back.first_day,
        until=local_date(now, zone_of(asked.timezone)),
        timezone=asked.timezone,
        dated_by=started.case.dated_by,
    )
    today = now // MILLISECONDS_A_DAY
    first = max(window.start // MILLISECONDS_A_DAY, today - HELD_DAYS)
    last = min((window.end - 1) // MILLISECONDS_A_DAY, today)
    return list(range(first, last + 1))


def _last_follow_up(contacts: Sequence[ContactDocument]) -> int | None:
    ends = [contact.assessment.follow_up_end for contact in contacts]
    return max([day_of(end) for end in ends if end is not None], default=None)


# -- after ---------------------------------------------------------------------------------------


def _keep(parts: TraceParts, started: _Started, result: _Result, now: int) -> None:
    """Keep what was found, in one transaction, if the case stands still."""
    with parts.database.write() as connection:
        locked(connection, started.case_id)  # first, as every step of a case: or two could deadlock
        values = _values(started, result, now)
        if _move(connection, started.run_id, "done", values) is None:
            return  # the test was withdrawn, or the same run ended elsewhere
        row = step(connection, started.case_id, Step.TRACE)
        _move_follow_up(connection, row, result.follow_up_end_day)
        _replace(parts, connection, started, result, now)
        done: dict[str, str | int] = {
            "contacts": len(result.contacts),
            "parameters": started.asked.parameters.version,
            "step": "done",
        }
        _log(parts, connection, started.case_id, started.run_id, done, now)


def _replace(
    parts: TraceParts, connection: Connection, started: _Started, result: _Result, now: int
) -> None:
    """Put what was found in the place of what was, and write down how the list changed."""
    case_id = started.case_id
    before = exposures(connection, case_id)
    found, unseen = still_known(before, [one for one, _ in result.contacts], result.held_from_day)
    details = [days for _, days in result.contacts] + [[] for _ in unseen]
    listed = [*found, *unseen]
    rows = list(zip(listed, details, strict=True))
    replace_all(connection, case_id, started.run_id, rows, parts.vault.seal_case)
    if result.links is not None:
        store = links.Store(parts.vault.seal_case, parts.vault.unseal_case, now)
        links.keep(connection, case_id, result.links, store, result.held_from_day)
    changed = compared(before, listed)
    if changed is not None and _ran_before(connection, started):
        note_update(connection, case_id, changed, now, parts.random)


def _ran_before(connection: Connection, started: _Started) -> bool:
    c = trace_run.c
    earlier = (c.case_id == started.case_id) & (c.state == "done") & (c.id != started.run_id)
    return connection.scalar(select(c.id).where(earlier).limit(1)) is not None


def _values(started: _Started, result: _Result, now: int) -> dict[str, object]:
    parameters = {
        **started.asked.parameters.as_dict(),
        "min_minutes": started.asked.min_minutes,
        "disease": started.asked.disease.id,
        "disease_version": started.asked.disease.version,
    }
    return {
        "ended_at": now,
        "problem": None,
        "window_first_day": _number(result.window.first),
        "window_last_day": _number(result.window.last),
        "held_from_day": result.held_from_day,
        "parameters": msgspec.json.encode(parameters, order="deterministic").decode(),
        "contacts": len(result.contacts),
    }


def _move(
    connection: Connection, run_id: str, state: str, values: Mapping[str, object]
) -> Row[Any] | None:
    """Move on a run that waits or runs; return its row, or None where it has ended."""
    return connection.execute(
        update(trace_run)
        .where(trace_run.c.id == run_id, trace_run.c.state.in_(("queued", "running")))
        .values(state=state, **values)
        .returning(trace_run)
    ).first()


def _move_follow_up(connection: Connection, row: Row[Any], end: int | None) -> None:
    if end is not None and end > (row.follow_up_end_day or 0):
        moved = update(case_file).where(case_file.c.id == row.id)
        connection.execute(moved.values(follow_up_end_day=end))


def _log(
    parts: TraceParts,
    connection: Connection,
    case_id: str,
    run_id: str,
    said: dict[str, str | int],
    now: int,
) -> None:
    detail = said | {"case": case_id, "run": run_id}
    log(connection, "trace", detail, None, now, parts.random)


def _date(day: int | None) -> date | None:
    if day is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()


def _number(day: date) -> int:
    return (day - datetime(1970, 1, 1, tzinfo=UTC).date()).days
