"""What the doors need of the rooms behind them, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fortnight.arrivals.checked import Checked
    from fortnight.exchange.observation import Observed
    from fortnight.exchange.results import Taken
    from fortnight.followup.rows import Here
    from fortnight.isolation.reminder import Position
    from fortnight.notify.rooms import TextRooms
    from fortnight.settings import Settings
    from fortnight.staff.rooms import StaffRooms
    from fortnight.vault.people import Device


class Vault(Protocol):
    """Who is who, as far as a door has to know: whose device this is."""

    def recall(self, secret: str) -> Device | None:
        """Return the device of a secret that was authenticated a moment ago; asks nobody."""

    def authenticate(self, secret: str) -> Device | None:
        """Return the device with a secret, or None."""

    def owntracks_key(self, device: Device) -> bytes:
        """Return the key of a device's encrypted messages."""

    def beacons(self, person: str, days: Collection[int]) -> Mapping[int, bytes]:
        """Return what a person's phone sends over Bluetooth on each day (since 1970, UTC)."""


class Consents(Protocol):
    """What people agreed to."""

    def live(self, connection: None, person: str, kind: str) -> bool:
        """Tell whether a person's grant of a kind is live."""


class Receipt(Protocol):
    """What was acknowledged."""

    @property
    def answer(self) -> bytes:
        """The receipt as JSON, the same bytes whenever the batch is sent again."""


class Journal(Protocol):
    """Where what arrived waits, durably, for the lake."""

    async def put_async(
        self, person: str, kind: str, origin: str, batch: str, rows: Checked
    ) -> Receipt:
        """Keep rows, and return once that is durable. RefusedError where no grant is live."""


class Delivery(Protocol):
    """An operator's delivery that is on its way in; nothing is kept before it is whole."""

    def part(self, name: str, data: bytes) -> None:
        """Take one file. ConflictError where it is not what the manifest says."""

    def finish(self, now: int) -> bytes:
        """Keep what may be kept, and return the receipt as JSON."""


class Deliveries(Protocol):
    """What operators deliver."""

    def begin(self, operator: str, manifest: bytes, now: int) -> Delivery:
        """Begin a delivery. RefusedError where the manifest cannot be used."""

    def subscriber_list(self, operator: str, now: int) -> bytes:
        """Return the signed list of an operator's subscribers who agreed, as JSON."""


class Operators(Protocol):
    """The operators that may deliver."""

    def authenticate(self, key: str) -> str | None:
        """Return the id of the operator with a key, or None."""


class Laboratories(Protocol):
    """The laboratories that say who was tested positive."""

    def authenticate(self, key: str) -> str | None:
        """Return the id of the laboratory with a key that holds, or None."""

    def issue_for(self, laboratory_id: str, test: str, number: str, now: int) -> str:
        """Give a token for one test. RefusedError for no number, ConflictError for a used one."""


class Results(Protocol):
    """Where laboratories' results go."""

    def take(self, laboratory: str, observed: Observed, now: int) -> Taken:
        """Do what a result asks for. Raises as `Laboratories.issue_for`."""


class Reminders(Protocol):
    """Who wants to be reminded, and of what."""

    def concerns(self, person: str, now: int) -> bool:
        """Tell whether positions of a person's phone are for this at all."""

    def position(self, person: str, position: Position, now: int) -> bool:
        """Judge a position of now, which is kept nowhere; return whether to remind."""


class FollowUps(Protocol):
    """What time it is for people."""

    def here(self, person: str | None, now: int) -> Here:
        """Return an instant (ms since 1970) as somebody's own day and minute."""


class Support(Protocol):
    """Support at home, as far as a door has to know."""

    @property
    def reminders(self) -> Reminders:
        """Who wants to be reminded."""

    @property
    def followups(self) -> FollowUps:
        """Where people say that they are."""


class Service(Protocol):
    """The service, as the doors see it."""

    @property
    def settings(self) -> Settings:
        """What the administrator decided."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def vault(self) -> Vault:
        """Who is who."""

    @property
    def consents(self) -> Consents:
        """What people agreed to."""

    @property
    def journal(self) -> Journal:
        """Where evidence is kept first."""

    @property
    def deliveries(self) -> Deliveries:
        """What operators deliver."""

    @property
    def operators(self) -> Operators:
        """Who delivers."""

    @property
    def laboratories(self) -> Laboratories:
        """Who tests."""

    @property
    def results(self) -> Results:
        """What tests found."""

    @property
    def texts(self) -> TextRooms:
        """Texts, and what came back."""

    @property
    def support(self) -> Support:
        """Support at home."""

    @property
    def staff(self) -> StaffRooms:
        """Who works here."""

    @property
    def log_key(self) -> str:
        """The key that verifies the log's checkpoints, as ``name+id+base64``."""

    def ready(self) -> Mapping[str, str]:
        """Return what is not ready, in words without personal data; empty where all is."""
