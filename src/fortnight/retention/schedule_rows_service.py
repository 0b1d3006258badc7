"""How long the service keeps what it runs by: accounts of others, log, keys, jobs."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import CASE, END, ENROLLED, HELD, Ending, part

SERVICE: Final = (
    part(
        "laboratory",
        "id name key_hash made_at revoked_at",
        END,
        "Which laboratories may give tokens.",
        Ending.SUNSET,
    ),
    part(
        "operator",
        "id name key_hash made_at revoked_at",
        END,
        "Which operators may deliver.",
        Ending.SUNSET,
    ),
    part(
        "ledger_leaf",
        "id kind entry made_at place",
        "for ever",
        "What was done, to the hour, under commitments that only those concerned can open.",
        Ending.PUBLIC,
    ),
    part(
        "ledger_leaf",
        "xid",
        "for ever",
        "PostgreSQL alone: in which transaction the entry was made.",
        Ending.PUBLIC,
    ),
    part(
        "ledger_head",
        "id size root checkpoint made_at",
        "for ever",
        "What the log swore to last.",
        Ending.PUBLIC,
    ),
    part("home/log", "files", "for ever", "The log, for everybody to check.", Ending.PUBLIC),
    part(
        "alembic_version",
        "version_num",
        "for ever",
        "Which form the tables have.",
        Ending.PUBLIC,
    ),
    part(
        "people.alembic_version",
        "version_num",
        "for ever",
        "Which form the tables of people have.",
        Ending.PUBLIC,
    ),
    part(
        "keys",
        "person",
        ENROLLED,
        "Opens what is sealed for a person. Goes first when they are erased.",
        Ending.ERASED,
    ),
    part(
        "keys",
        "day",
        HELD,
        "Makes the pseudonyms of a day. That it is gone is kept, or it could be made again.",
        Ending.SWEPT,
    ),
    part("keys", "case", CASE, "Opens the places of a case.", Ending.SWEPT),
    part(
        "keys",
        "secret",
        END,
        "Without them no number, token or log entry could be matched or signed.",
        Ending.SUNSET,
    ),
    part(
        "keys",
        "copy",
        "as long as each key, and an hour",
        "The one copy, for when the file is lost.",
        Ending.ERASED,
    ),
    part(
        "logs",
        "lines",
        "as long as the machine keeps its journal",
        "To find faults. Holds no personal data.",
        Ending.PUBLIC,
    ),
)
_OF_A_JOB: Final = (
    "workflow_status workflow_input workflow_output operation_outputs workflow_events "
    "workflow_events_history streams notifications"
)
_OF_THE_QUEUE: Final = (
    "event_dispatch_kv workflow_schedules queues application_versions dbos_migrations"
)
QUEUE: Final = (
    part(
        "dbos",
        _OF_A_JOB,
        CASE,
        "Jobs outlive a crash. They hold ids of traces, and no personal data.",
        Ending.SWEPT,
    ),
    part(
        "dbos",
        _OF_THE_QUEUE,
        END,
        "When the service's own jobs run, how many at once, and for which version of it.",
        Ending.SUNSET,
    ),
)
