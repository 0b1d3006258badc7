"""A connection that the server ended while nobody used it is replaced before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import text

from fortnight.db import engine

if TYPE_CHECKING:
    import pytest
    from tests.databases import PostgresUrls


def test_a_connection_that_idled_is_asked_whether_the_server_is_there(
    postgres_urls: PostgresUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(engine, "monotonic", lambda: now)
    database = engine.open_postgres(postgres_urls.app)
    try:
        with database.read() as connection:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
        with database.read() as connection:
            assert connection.scalar(text("SELECT pg_backend_pid()")) == pid
        with psycopg.connect(postgres_urls.superuser, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        now += 2.0
        with database.write() as connection:
            assert connection.scalar(text("SELECT pg_backend_pid()")) != pid
    finally:
        database.close()
