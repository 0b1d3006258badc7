"""Devices: what may send for a person, and how it shows that, thousands of times a second."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from fortnight.errors import GoneError, RefusedError
from fortnight.vault.parts import Parts
from fortnight.vault.people import Device, DeviceKind, NewDevice, OwnDevice
from fortnight.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REMEMBERED_MS: Final = 20_000
"""How long a device is known without asking again: another process may have revoked it."""
_MOST: Final = 100_000
_SECRET_BYTES: Final = 32
_OWNTRACKS_BYTES: Final = 24  # 32 characters of base64: the longest that OwnTracks takes
_OWNTRACKS: Final = b"owntracks key"


@dataclass(frozen=True, slots=True)
class DeviceSecret:
    """What a device is given once, and nobody ever after.

    Attributes
    ----------
    secret : str
        Its password or token. We keep a keyed hash of it.
    owntracks_key : bytes or None
        32 ASCII characters to type into OwnTracks as its encryption key.
    """

    id: str
    secret: str = field(repr=False)
    owntracks_key: bytes | None = field(repr=False)


class Devices(Parts):
    """Devices of people."""

    def __init__(self, *parts: Any, **named: Any) -> None:  # noqa: ANN401 - the same as of Parts
        super().__init__(*parts, **named)
        self._known = Remembered(self._clock)
        # BLAKE2b takes a key by itself, and costs a quarter of HMAC-SHA256: every post pays it
        self._keyed = blake2b(key=self._keys.named("device"), digest_size=32)

    def add_device(self, person: str, kind: DeviceKind, now: int) -> DeviceSecret:
        """Make a device for a person. Raises GoneError where they are not enrolled (any more)."""
        (made,) = self.add_devices((person,), kind, now)
        return made

    def add_devices(
        self, people: Sequence[str], kind: DeviceKind, now: int
    ) -> tuple[DeviceSecret, ...]:
        """Make a device for each of many people, in one transaction; raises as `add_device`."""
        made = [(person, *self._new_device(person, kind)) for person in people]
        rows = [
            NewDevice(one.id, person, kind, self._hash(one.secret), sealed, now)
            for person, one, sealed in made
        ]
        if rows:
            self._people.add_devices(rows)
        return tuple(one for _, one, _ in made)

    def _new_device(self, person: str, kind: DeviceKind) -> tuple[DeviceSecret, bytes | None]:
        """Return a new device's secrets, and its encryption key sealed."""
        key = self._keys.person_key(person)
        made = DeviceSecret(
            id=self._random(16).hex(),
            secret=_text(self._random(_SECRET_BYTES)),
            owntracks_key=(
                _text(self._random(_OWNTRACKS_BYTES)).encode() if kind == "owntracks" else None
            ),
        )
        sealed = made.owntracks_key and seal(key, made.owntracks_key, _OWNTRACKS, self._random)
        return made, sealed

    def authenticate(self, secret: str) -> Device | None:
        """Return the device of a secret, or None: unknown, revoked and malformed look the same.

        A device that was revoked by another process is known for at most `REMEMBERED_MS` more.
        """
        secret_hash = self._hash(secret)
        return self._known.get(secret_hash, self._people.device_of)

    def recall(self, secret: str) -> Device | None:
        """Return the device of a secret where it was authenticated a moment ago; asks nobody.

        As `authenticate` in what it guarantees. A thread for each message costs more than this.
        """
        return self._known.recall(self._hash(secret))

    def owntracks_key(self, device: Device) -> bytes:
        """Return the encryption key of a device.

        Raises RefusedError where it has none or was revoked, GoneError where its person was erased.
        """
        sealed = self._people.owntracks_key(device.id)
        if sealed is None:
            raise RefusedError("This device has no encryption key: it is revoked, or no OwnTracks.")
        return unseal(self._keys.person_key(device.person), sealed, _OWNTRACKS)

    def devices_of(self, person: str) -> list[OwnDevice]:
        """Return what a person may know of every device of theirs, ended ones too."""
        return self._people.devices_of(person)

    def revoke_device(self, person: str, device: str, now: int) -> None:
        """End a person's device for good. Raises GoneError where it is not theirs, or not live."""
        was_live = self._people.revoke_device(person, device, now)
        self._known.forget()
        if not was_live:
            raise GoneError("There is no such device of this person: it was revoked before.")

    def revoke_devices(self, person: str, now: int) -> int:
        """End every device of a person for good; return how many were live."""
        ended = self._people.revoke_devices(person, now)
        self._known.forget()
        return ended

    def _hash(self, secret: str) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(secret.encode("utf-8", "surrogatepass"))
        return keyed.digest()


class Remembered:
    """Devices known a moment ago, by the keyed hash of their secret. Safe for threads."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._held: dict[bytes, tuple[Device, int]] = {}

    def get(self, key: bytes, find: Callable[[bytes], Device | None]) -> Device | None:
        """Return what is remembered, or found and from now on remembered. Unknown ones are not."""
        known = self.recall(key)
        if known is not None:
            return known
        now, held = self._clock(), self._held
        found = find(key)
        if found is None:
            held.pop(key, None)
            return None
        if len(held) >= _MOST:
            self.forget()
        held[key] = (found, now)  # into what was there before asking: a revocation replaces it
        return found

    def recall(self, key: bytes) -> Device | None:
        """Return what is remembered, or None."""
        known = self._held.get(key)
        if known is not None and 0 <= self._clock() - known[1] < REMEMBERED_MS:
            return known[0]
        return None

    def forget(self) -> None:
        """Forget all: the next post of each device asks the store again."""
        self._held = {}


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
