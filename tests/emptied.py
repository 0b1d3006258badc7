"""Databases of PostgreSQL that are emptied after a test, and given to the next one.

To copy one costs a test more than most tests take. An emptied one has a new name, so that whoever
still knows the old one finds nothing, and is the template's to the last row of its catalogue: else
it is dropped.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import sql
from tests.postgres_server import OWNER, SUPERUSER, TEMPLATE

if TYPE_CHECKING:
    from tests.postgres_server import Server

SPARE: Final = 4
"""How many are kept: a copy is 12 MB, and they lie in memory."""
_MADE_OF: Final = (OWNER, TEMPLATE)
_ASKED_TIMES: Final = 1_000
_SEND_AWAY: Final = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_INSIDE: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
_EMPTY: Final = """DO $$
DECLARE
  written text;
  counted record;
BEGIN
  SET LOCAL session_replication_role = replica;  -- no trigger, and no guard of the log
  SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') INTO written
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname IN ('fortnight', 'people', 'dbos', 'public')
    AND c.relname NOT IN ('alembic_version', 'dbos_migrations') AND pg_relation_size(c.oid) > 0;
  IF written IS NOT NULL THEN
    EXECUTE 'TRUNCATE ' || written || ' CASCADE';
  END IF;
  FOR counted IN SELECT schemaname, sequencename FROM pg_sequences WHERE last_value IS NOT NULL
  LOOP
    EXECUTE format('ALTER SEQUENCE %I.%I RESTART', counted.schemaname, counted.sequencename);
  END LOOP;
END $$"""
"""Empties every table that was ever written to, whether it holds a row now or not."""
_CATALOGUES: Final = (
    ("pg_attribute", "attrelid"), ("pg_attrdef", "oid"), ("pg_constraint", "oid"),
    ("pg_default_acl", ""), ("pg_description", "objoid"), ("pg_index", "indexrelid"),
    ("pg_namespace", ""), ("pg_policy", ""), ("pg_proc", "oid"), ("pg_rewrite", "oid"),
    ("pg_statistic", "starelid"), ("pg_trigger", "oid"), ("pg_type", "oid"),
    ("fortnight.alembic_version", ""), ("people.alembic_version", ""),
    ("dbos.dbos_migrations", ""),
)  # fmt: skip
"""Where a change of the schema leaves a row of a later transaction, or takes one away; to empty a
table does not. Of most the rows of the server's own things, which have low numbers, are passed by.
"""
_RELATIONS: Final = """SELECT count(*), md5(string_agg(concat_ws(' ', oid, relname, relkind,
relowner, relacl, reloptions, relhastriggers, relrowsecurity, relpersistence), ';' ORDER BY oid))
FROM pg_class WHERE oid >= 16384 AND relkind <> 't'"""
_SETTINGS: Final = """SELECT count(*), NULL FROM pg_db_role_setting s JOIN pg_database d
ON d.oid = s.setdatabase WHERE d.datname = current_database()"""


@dataclass
class Emptied:
    """The spare databases of one server, which its end ends too."""

    server: Server
    names: list[str] = field(default_factory=list)
    _kept: list[psycopg.Connection[Any]] = field(default_factory=list)
    _new: list[tuple[Any, ...]] = field(default_factory=list)  # what one is like that nobody used

    def take(self, name: str) -> None:
        """Have a database with the template's rows, under a name that nobody knows yet."""
        if self.names:
            self._beside("ALTER DATABASE {} RENAME TO {}", self.names.pop(), name)
            return
        self._beside("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy", name, *_MADE_OF)
        if not self._new:
            with self._inside(name) as connection:
                self._new = connection.execute(_LIKENESS).fetchall()

    def give_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it: whoever is still in it is sent away."""
        if len(self.names) < SPARE and self._is_as_new(name) and self._is_left(name):
            self.names.append(name)
        else:
            self._beside("DROP DATABASE {} WITH (FORCE)", name)

    def end(self) -> None:
        """Drop what is kept."""
        while self.names:
            self._beside("DROP DATABASE {} WITH (FORCE)", self.names.pop())
        for connection in self._kept:
            connection.close()

    def _is_as_new(self, name: str) -> bool:
        try:
            with self._inside(name) as connection:
                connection.execute(_SEND_AWAY)
                connection.execute(_EMPTY)
                return connection.execute(_LIKENESS).fetchall() == self._new
        except psycopg.Error:  # such as a schema that is not there any more
            return False

    def _is_left(self, name: str) -> bool:
        """Tell whether nobody is inside: a connection that was closed takes a moment to end."""
        for _ in range(_ASKED_TIMES):
            found = self._held().execute(_INSIDE, (name,)).fetchone()
            if found == (0,):
                return True
            time.sleep(0.001)
        return False

    def _inside(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url(SUPERUSER, name), autocommit=True)

    def _beside(self, statement: LiteralString, *names: str) -> None:
        self._held().execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _held(self) -> psycopg.Connection[Any]:
        """Return a connection that is kept: to make one costs as much as what is asked by it."""
        if not self._kept:
            self._kept.append(self._inside("postgres"))
        return self._kept[0]


def _likeness() -> str:
    """Return the question that tells whether a database is as the template, but for its rows."""
    own = (f" WHERE {number} >= 16384" if number else "" for _, number in _CATALOGUES)
    last = "SELECT count(*), max(xmin::text::bigint)::text FROM "
    each = [last + name + where for (name, _), where in zip(_CATALOGUES, own, strict=True)]
    return " UNION ALL ".join((*each, _RELATIONS, _SETTINGS))


_LIKENESS: Final = _likeness().encode()
