"""`fortnight migrate`: bring a service's databases to what this version needs."""

from __future__ import annotations

from fortnight.cli.opened import HOME, Home, print_plain, settings_of
from fortnight.service import migrate_all


def migrate(home: Home = HOME) -> None:
    """Make or migrate the databases of a service.

    With PostgreSQL it runs as FORTNIGHT_OWNER_DATABASE_URL, the role that owns the schemas; the
    service itself never has that role. `fortnight serve` does it by itself with SQLite.
    """
    settings = settings_of(home)
    migrate_all(settings)
    where = "SQLite in " + str(home) if settings.is_embedded else "PostgreSQL"
    print_plain(f"The databases are as this version needs them ({where}).")
