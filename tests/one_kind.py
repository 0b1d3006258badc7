"""Which tests are about one kind of database, and why: all others are run on both.

A key is a file of tests, or one test of a file.
"""

from __future__ import annotations

from typing import Final

POSTGRES_ONLY: Final = {
    "integration/test_postgres_roles.py": "what the service's role may not touch",
    "integration/test_postgres_looks.py": "what the service's role is told of people",
    "integration/test_postgres_people.py": "the functions that read and write people",
    "integration/test_postgres_idle.py": "a server that ended a connection",
    "integration/test_migrations.py": "schemas and roles that a migration makes or refuses",
    "unit/test_emptied.py": "how a test's database is given to the next",
    "unit/test_retention_schedule.py": "the catalogue of every schema there",
    "promises/test_canary.py": "bytes in the server's own files, after the owner tidied them",
    "faults/test_restore_crash.py": "a database that is dropped and copied back",
}
"""Tests that take roles of PostgreSQL, or the server itself."""

SQLITE_ONLY: Final = {
    "unit/test_database_reading.py": "writers of one file take turns",
    "unit/test_vault_sqlite.py": "people in a file of their own; its bytes and its log of writes",
    "unit/test_vault_near.py": "25 towns beside a plain twin; the rule itself is tried on both",
    "integration/test_web_server.py": "a process that is told to end, seen from outside",
    "integration/test_demo_service.py": "the demonstration that starts with nothing set up",
    "integration/test_migrations.py": "a file made by each version",
    "property/test_restore.py": "files that are copied away and back; PostgreSQL's is beside it",
    "property/test_service_stateful.py": "a service in a folder that is copied for each sequence",
    "faults/test_arrivals_crash.py": "a process killed beside its file; kill -9 of all is on both",
    "faults/test_erasure_canary.py": "bytes in files; promises/test_canary.py has PostgreSQL's",
    "faults/test_erasure_crash.py": "a folder that is copied for each death",
    "faults/test_outbox_crashes.py": "a process killed beside its file; kill -9 of all is on both",
    "faults/test_restore_crash.py": "files that are copied away and back",
    "faults/test_smpp_kills.py": "a process killed beside its file; kill -9 of all is on both",
    "promises/test_canary.py": "bytes in files and in their log of writes",
    "promises/test_leaving.py": "bytes in files and in a copy of them",
    "promises/test_operator_delivery.py": "bytes of strangers on the disk of a service as set up",
}
"""Files in which a test opens SQLite whatever is asked for."""
