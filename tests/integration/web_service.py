"""The rooms behind the doors as the service has them, on a database of either kind."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.unit.web_rooms import Texts

from fortnight.arrivals.bounds import Bounds
from fortnight.arrivals.journal import Journal
from fortnight.arrivals.operator_accounts import Operators
from fortnight.arrivals.operators import Deliveries
from fortnight.case.token import Laboratories
from fortnight.consent.texts import current_text
from fortnight.isolation.reminders import Reminders
from fortnight.settings import Settings
from fortnight.staff.rooms import StaffRooms, open_staff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.services import Stores

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.vault.devices import DeviceSecret
    from fortnight.vault.door import Vault


NO_RECORD: Any = None
"""Doors ask whether a person is reminded; nothing of that is written down."""


@dataclass(frozen=True)
class Support:
    """Of support at home what the doors of phones ask."""

    reminders: Reminders


@dataclass(frozen=True)
class Doors:
    """What the doors need, made of real rooms."""

    database: Database
    settings: Settings
    clock: Callable[[], int]
    vault: Vault
    consents: Consents
    journal: Journal
    deliveries: Deliveries
    operators: Operators
    laboratories: Laboratories
    staff: StaffRooms
    support: Any
    results: Any = None  # what laboratories send: their own tests have real rooms
    texts: Any = field(default_factory=Texts)  # as little: of it doors count what was dropped
    log_key: str = "fortnight.invalid/log+00000000+AAAA"
    not_ready: Mapping[str, str] = field(default_factory=dict)

    def ready(self) -> Mapping[str, str]:
        return self.not_ready

    def person(self, number: str, *kinds: str) -> str:
        """Enrol someone who gives some grants."""
        who = self.vault.enrol(number, language="en", now=self.clock())
        for kind in kinds:
            self.consents.give(
                who,
                kind,
                text_version=current_text(kind, "en").version,
                language="en",
                by="self",
                now=self.clock(),
            )
        return who

    def tracker(self, person: str) -> DeviceSecret:
        """Give a person an OwnTracks device."""
        return self.vault.add_device(person, "owntracks", self.clock())

    def app(self, person: str) -> DeviceSecret:
        """Give a person an app."""
        return self.vault.add_device(person, "api", self.clock())


def settings_of(home: Path, **changed: object) -> Settings:
    """Return settings of a service in a folder, with some changed."""
    return Settings(
        home=home,
        keys=home.with_name("keys"),
        programme_end=date(2026, 12, 31),
        **changed,  # type: ignore[arg-type] # each test gives what the setting takes
    )


@contextmanager
def doors(stores: Stores, **changed: object) -> Iterator[Doors]:
    """Open the rooms behind the doors on stores."""
    settings = settings_of(stores.folder, **changed)
    bounds = Bounds(settings.max_body_bytes, settings.max_rows)
    random = stores.vault._random  # noqa: SLF001 - the same seeded one
    journal = Journal(stores.database, stores.vault, stores.consents, stores.clock)
    try:
        yield Doors(
            stores.database,
            settings,
            stores.clock,
            stores.vault,
            stores.consents,
            journal,
            Deliveries(
                stores.database,
                stores.vault,
                stores.consents,
                random,
                bounds,
                bytes(32),
                settings.district,
            ),
            Operators(stores.database, bytes(32), random),
            Laboratories(stores.database, bytes(32), stores.vault.number_hash, random),
            open_staff(stores.database, settings, bytes(32), stores.vault.number_hash, random),
            Support(Reminders(stores.database, stores.vault, record=NO_RECORD)),
        )
    finally:
        journal.close()
