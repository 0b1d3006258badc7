"""Everything of enrolment, put together."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.enrolment.again import Again
from fortnight.enrolment.closing import Closing
from fortnight.enrolment.counting import Counting
from fortnight.enrolment.entry import Bounds, Entry
from fortnight.enrolment.grants import Grants
from fortnight.enrolment.guardians import Guardians
from fortnight.enrolment.passkeys import Passkeys
from fortnight.enrolment.people import People
from fortnight.enrolment.pins import COST, Pins
from fortnight.enrolment.reset import Resets

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.notify.outbox import Outbox
    from fortnight.settings import Settings


@dataclass(frozen=True, slots=True)
class EnrolmentRooms:
    """How people come in by their own number, and what guards their pages."""

    entry: Entry
    people: People
    pins: Pins
    passkeys: Passkeys
    grants: Grants
    guardians: Guardians
    resets: Resets
    closing: Closing
    again: Again

    def turn(self, now: int) -> None:
        """Do what is due by the day: who is asked again, who is of age."""
        self.again.turn(now)
        self.guardians.turn(now)


def open_enrolment(
    settings: Settings,
    outbox: Outbox,
    secret: bytes,
    random: Callable[[int], bytes],
    pin_cost: int = COST,
) -> EnrolmentRooms:
    """Put the rooms together.

    Parameters
    ----------
    secret : bytes
        A master secret from the folder of keys.
    pin_cost : int
        Of the hash of PINs; less than the service's own is for tests alone.
    """
    database, vault, consents = outbox.database, outbox.vault, outbox.consents
    own = hmac.digest(secret, b"enrolment", "sha256")
    counting = Counting(own)
    pins = Pins(database, counting, random, own, pin_cost)
    people = People(database, consents, pins)
    bounds = Bounds.of(settings.codes_an_hour)
    entry = Entry(database, vault, outbox, counting, bounds, people.is_closed, random, own)
    guardians = Guardians(database, consents, random, settings.consent_age)
    resets = Resets(database, pins, counting, outbox, random, own)
    closing = Closing(database, vault, consents, counting, resets)
    return EnrolmentRooms(
        entry,
        people,
        pins,
        Passkeys(database, settings.origin, random),
        Grants(consents, people, guardians),
        guardians,
        resets,
        closing,
        Again(database, consents, outbox),
    )
