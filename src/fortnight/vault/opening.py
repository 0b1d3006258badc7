"""The stores of people, as the settings say: a SQLite file of their own, or functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.db.migrate import PEOPLE, PEOPLE_FILE, open_part
from fortnight.vault.people_postgres import PostgresPeople
from fortnight.vault.people_sqlite import SqlitePeople

if TYPE_CHECKING:
    from contextlib import ExitStack

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.settings import Settings
    from fortnight.vault.people import People


def open_people(
    settings: Settings, main: Database, consents: Consents, closing: ExitStack
) -> People:
    """Open the store of people beside the main database; ``closing`` closes it.

    Raises DatabaseError where it is missing, or not at the version of this program.
    """
    if not settings.is_embedded:
        return PostgresPeople(main)
    people = open_part(settings.home / PEOPLE_FILE, PEOPLE)
    closing.callback(people.close)
    return SqlitePeople(people, main, consents)
