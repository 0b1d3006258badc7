"""OwnTracks: the recorder's .rec files and answers, and what the apps send over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from fortnight.evidence.batches import UNKNOWN_SOURCE, RawFixes, index_names
from fortnight.evidence.readers.records import Records, records
from fortnight.evidence.times import instants_of
from fortnight.evidence.values import accuracies, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fortnight.evidence.reading import Reading

Value = int | float | str | None
REC_LINE: Final = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t[^\t\n]{0,80}\t\{", re.MULTILINE)
"""How a line of the recorder's .rec files begins; such a file is one device's."""

_TOPIC_PARTS: Final = 3  # owntracks/user/device


class Message(msgspec.Struct, gc=False):
    """One message of the app; what is not named here is not read."""

    kind: str | None = msgspec.field(default=None, name="_type")
    lat: Value = None
    lon: Value = None
    tst: Value = None
    acc: Value = None
    topic: str | None = None
    user: str | None = None
    username: str | None = None
    device: str | None = None
    tid: str | None = None


def read(reading: Reading) -> Iterator[RawFixes]:
    """Yield the locations of an OwnTracks file; other messages are `not-a-location`.

    The participant is user/device where the message says so, else the file's name. Where such
    messages come from several trackers (`tid`), each is a participant: name/tid.
    """
    parts = list(_locations(reading))
    trackers = {
        message.tid
        for part in parts
        for message in part.items
        if _user_and_device(message) is None and message.tid
    }
    recorded = REC_LINE.search(reading.source.head) is not None
    apart = len(trackers) > 1 and not recorded
    for part in parts:
        yield _rows(part, reading.source.participant, apart=apart)


def _locations(reading: Reading) -> Iterator[Records[Message]]:
    """Yield the messages that are locations and refuse the others."""
    for part in records(reading, Message, "data"):
        places = [place for place, message in enumerate(part.items) if _is_location(message)]
        for place, message in enumerate(part.items):
            if not _is_location(message):
                detail = f"_type {message.kind}" if message.kind else "no _type"
                reading.tally.refuse("not-a-location", part.where(place), detail)
        yield part.only(places)


def _is_location(message: Message) -> bool:
    """Tell whether a message says where the phone was; the recorder's answers omit _type."""
    return message.kind == "location" or (message.kind is None and message.lat is not None)


def _rows(part: Records[Message], name: str, *, apart: bool) -> RawFixes:
    """Return locations as rows."""
    found = part.items
    names, who = index_names(list(_participants(found, name, apart=apart)))
    return RawFixes(
        names,
        who,
        instants_of([message.tst for message in found]),
        numbers([message.lon for message in found]),
        numbers([message.lat for message in found]),
        accuracies([message.acc for message in found]),
        np.full(len(found), UNKNOWN_SOURCE, dtype=np.uint8),
        part.where,
    )


def _participants(messages: Iterable[Message], name: str, *, apart: bool) -> Iterator[str]:
    """Yield whom each message belongs to."""
    for message in messages:
        own = _user_and_device(message)
        if own is None:
            own = f"{name}/{message.tid}" if apart and message.tid else name
        yield own


def _user_and_device(message: Message) -> str | None:
    """Return user/device as the topic or the fields of a message name them, or the user alone."""
    parts = (message.topic or "").strip("/").split("/")
    if len(parts) >= _TOPIC_PARTS and parts[0] == "owntracks":
        return "/".join(parts[1:_TOPIC_PARTS])
    user = message.username or message.user
    return f"{user}/{message.device}" if user and message.device else user
