"""The database: engine, transactions, tables, migrations and the queue of durable jobs."""
