"""Everything of enrolment, put together."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.enrolment.counting import Counting
from fortnight.enrolment.pins import Pins

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database


@dataclass(frozen=True, slots=True)
class EnrolmentRooms:
    """How people come in by their own number, and what guards their pages."""

    counting: Counting
    pins: Pins


def open_enrolment(
    database: Database, secret: bytes, random: Callable[[int], bytes]
) -> EnrolmentRooms:
    """Put the rooms together. ``secret`` is a master secret from the folder of keys."""
    own = hmac.digest(secret, b"enrolment", "sha256")
    counting = Counting(own)
    return EnrolmentRooms(counting, Pins(database, counting, random, own))
