"""The database: engine, transactions, tables, migrations and the queue of durable jobs."""

from fortnight.db import office_tables as office_tables  # joins its tables to the same metadata
