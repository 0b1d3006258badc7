"""The bytes of SMPP 3.4, as far as a sender of texts needs them. Pure.

A PDU is a head of four numbers and a body. Bodies that we read and write have a type of their own;
every other stays bytes, so that an unknown command can be refused by its number. What cannot be
read raises PduError and nothing else, whatever the bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from fortnight.errors import FortnightError

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD: Final = 16
LONGEST: Final = 1 << 17
"""Bytes of the longest PDU that is read: message_payload holds 64 KiB at most."""
_RESPONSE: Final = 0x80000000
_HEAD: Final = struct.Struct(">IIII")
_TLV: Final = struct.Struct(">HH")
_LONGEST_SHORT: Final = 254


class PduError(FortnightError):
    """Bytes that are no PDU."""


class Command(IntEnum):
    """The commands that we know; a response has the highest bit set."""

    GENERIC_NACK = 0x80000000
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015


class Status(IntEnum):
    """What a response says, as far as it matters here."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    NOT_BOUND = 0x04
    SYSTEM_ERROR = 0x08
    BIND_FAILED = 0x0D
    WRONG_PASSWORD = 0x0E
    WRONG_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    LATER = 0x64  # ESME_RX_T_APPN: send it again


class Tag(IntEnum):
    """Optional parameters that are read or written."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU: its head, and its body in bytes, which may hold a text and so are never shown."""

    command: int
    status: int
    sequence: int
    body: bytes = field(default=b"", repr=False)

    @property
    def is_response(self) -> bool:
        """Whether it answers one of ours."""
        return bool(self.command & _RESPONSE)


def encode(pdu: Pdu) -> bytes:
    """Return the bytes of a PDU."""
    length = HEAD + len(pdu.body)
    return _HEAD.pack(length, pdu.command, pdu.status, pdu.sequence) + pdu.body


def length_of(start: bytes) -> int:
    """Return how long the PDU is that begins with these four bytes. Raises PduError."""
    (length,) = struct.unpack(">I", start)
    if not HEAD <= length <= LONGEST:
        raise PduError(f"A PDU cannot be {length} bytes long.")
    return int(length)


def decode(data: bytes) -> Pdu:
    """Return the PDU that these bytes are, whole. Raises PduError."""
    if len(data) < HEAD or length_of(data[:4]) != len(data):
        raise PduError("The length of a PDU is not what it says.")
    _, command, status, sequence = _HEAD.unpack_from(data)
    return Pdu(command, status, sequence, data[HEAD:])


# -- bodies ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bind:
    """Who wants to send. The password is out of every representation."""

    system_id: str
    password: str = field(repr=False)
    system_type: str = ""

    def encode(self) -> bytes:
        """Return the body of bind_transceiver."""
        words = (self.system_id, self.password, self.system_type)
        return b"".join(_c_string(word) for word in words) + bytes((0x34, 0, 0)) + b"\0"


@dataclass(frozen=True, slots=True)
class Address:
    """A number as SMPP has it: type, plan, digits or a name."""

    type: int  # 1 international, 5 alphanumeric, 0 unknown
    plan: int  # 1 ISDN, 0 unknown
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """The body of submit_sm and of deliver_sm, which have one form."""

    source: Address
    destination: Address
    coding: int
    words: bytes = field(repr=False)  # 254 at most; longer ones go in message_payload
    esm_class: int = 0
    registered: int = 0
    validity: str = ""
    service_type: str = ""
    tags: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def content(self) -> bytes:
        """The text's bytes, wherever they stand."""
        return self.tags.get(Tag.MESSAGE_PAYLOAD, self.words)

    def encode(self) -> bytes:
        """Return the body. Raises PduError for words that are too long for it."""
        if len(self.words) > _LONGEST_SHORT:
            raise PduError(f"A short message holds {_LONGEST_SHORT} bytes at most.")
        return b"".join(
            (
                _c_string(self.service_type),
                _address(self.source),
                _address(self.destination),
                bytes((self.esm_class, 0, 0)),
                b"\0",  # schedule_delivery_time: at once
                _c_string(self.validity),
                bytes((self.registered, 0, self.coding, 0, len(self.words))),
                self.words,
                *(_tlv(tag, value) for tag, value in self.tags.items()),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> ShortMessage:
        """Read a body. Raises PduError."""
        read = _Reader(body)
        service_type = read.c_string()
        source, destination = read.address(), read.address()
        esm_class, _protocol, _priority = read.take(3)
        read.c_string()
        validity = read.c_string()
        registered, _replace, coding, _default, length = read.take(5)
        words = read.take(length)
        return cls(
            source,
            destination,
            coding,
            words,
            esm_class,
            registered,
            validity,
            service_type,
            read.tags(),
        )


def message_id(text: str) -> bytes:
    """Return the body of submit_sm_resp and deliver_sm_resp."""
    return _c_string(text)


def read_message_id(body: bytes) -> str:
    """Return the message centre's name for a message; empty where it gave none."""
    return _Reader(body).c_string() if body else ""


# -- parts of bodies -------------------------------------------------------------------------------


def _c_string(text: str) -> bytes:
    data = text.encode("latin-1", "replace")
    if b"\0" in data:
        raise PduError("A word of a PDU cannot hold a zero.")
    return data + b"\0"


def _address(address: Address) -> bytes:
    return bytes((address.type, address.plan)) + _c_string(address.digits)


def _tlv(tag: int, value: bytes) -> bytes:
    return _TLV.pack(tag, len(value)) + value


class _Reader:
    """Reads a body from its start."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._body):
            raise PduError("A PDU ends before what it announces.")
        data = self._body[self._at : end]
        self._at = end
        return data

    def c_string(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise PduError("A word of a PDU has no end.")
        data = self._body[self._at : end]
        self._at = end + 1
        return data.decode("latin-1")

    def address(self) -> Address:
        kind, plan = self.take(2)
        return Address(kind, plan, self.c_string())

    def tags(self) -> dict[int, bytes]:
        found = {}
        while self._at < len(self._body):
            tag, length = _TLV.unpack(self.take(_TLV.size))
            found[int(tag)] = self.take(length)
        return found
