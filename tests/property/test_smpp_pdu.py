"""The bytes of SMPP: what is written is read again, and no bytes do more than be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.notify.gateway import Outcome
from fortnight.notify.segments import alphabet_of, cut
from fortnight.notify.smpp.pdu import (
    HEAD,
    LONGEST,
    Address,
    Bind,
    Pdu,
    PduError,
    ShortMessage,
    Tag,
    decode,
    encode,
    length_of,
    message_id,
    read_message_id,
)
from fortnight.notify.smpp.receipts import is_receipt, read_receipt
from fortnight.notify.smpp.words import (
    HEADER,
    coding_of,
    decode_text,
    encode_text,
    parts_of,
    without_header,
)

NUMBERS = st.integers(0, 0xFFFFFFFF)
BYTE = st.integers(0, 255)
WORD = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=30)
ADDRESSES = st.builds(Address, BYTE, BYTE, WORD)
MESSAGES = st.builds(
    ShortMessage,
    source=ADDRESSES,
    destination=ADDRESSES,
    coding=BYTE,
    words=st.binary(max_size=254),
    esm_class=BYTE,
    registered=BYTE,
    validity=WORD,
    service_type=WORD,
    tags=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=5),
)
TEXTS = st.text(max_size=700).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text))


@given(st.builds(Pdu, NUMBERS, NUMBERS, NUMBERS, st.binary(max_size=500)))
def test_a_pdu_is_read_as_it_was_written(pdu: Pdu) -> None:
    data = encode(pdu)
    assert length_of(data[:4]) == len(data)
    assert decode(data) == pdu


@given(MESSAGES)
def test_a_short_message_is_read_as_it_was_written(message: ShortMessage) -> None:
    assert ShortMessage.decode(message.encode()) == message


@given(MESSAGES, st.data())
def test_a_message_that_was_cut_off_is_refused(message: ShortMessage, data: st.DataObject) -> None:
    body = ShortMessage(message.source, message.destination, 0, message.words).encode()
    end = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(PduError):
        ShortMessage.decode(body[:end])


@given(st.binary(max_size=600))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for read in (decode, ShortMessage.decode, read_message_id, lambda body: length_of(body[:4])):
        try:
            read(data if len(data) > 3 else bytes(4))
        except PduError:
            continue


@given(MESSAGES)
def test_whatever_comes_in_is_a_receipt_or_words_and_never_an_error(message: ShortMessage) -> None:
    if is_receipt(message):
        found = read_receipt(message)
        assert found is None or found.reference
    assert isinstance(
        decode_text(without_header(message.content, message.esm_class), message.coding), str
    )


@given(TEXTS)
def test_a_text_comes_back_whole_out_of_its_parts_and_each_fits(text: str) -> None:
    coding, parts = coding_of(text), parts_of(text, 0xAB)
    long = HEADER if len(parts) > 1 else 0
    assert "".join(decode_text(without_header(part, long), coding) for part in parts) == text
    assert len(parts) == len(cut(text))
    septets = alphabet_of(text) == "GSM-7"
    for place, part in enumerate(parts, 1):
        if len(parts) == 1:
            assert len(part) <= (160 if septets else 140)
        else:
            assert part[:6] == bytes((5, 0, 3, 0xAB, len(parts), place))
            assert len(part) - 6 <= (153 if septets else 134)


@pytest.mark.parametrize(
    ("text", "coding", "data"),
    [
        ("@£$_", 0, b"\x00\x01\x02\x11"),
        ("a€b", 0, b"a\x1b\x65b"),
        ("{}[]~\\^|", 0, b"\x1b(\x1b)\x1b<\x1b>\x1b=\x1b/\x1b\x14\x1b@"),
        ("ваш", 8, "ваш".encode("utf-16-be")),
        ("😀", 8, b"\xd8\x3d\xde\x00"),
    ],
)
def test_texts_in_the_bytes_of_the_standard(text: str, coding: int, data: bytes) -> None:
    assert coding_of(text) == coding
    assert encode_text(text, coding) == data
    assert decode_text(data, coding) == text


def test_a_length_that_no_pdu_has_is_refused_before_it_is_waited_for() -> None:
    for length in (0, HEAD - 1, LONGEST + 1, 0xFFFFFFFF):
        with pytest.raises(PduError):
            length_of(length.to_bytes(4, "big"))


def test_neither_password_nor_words_nor_number_are_in_what_a_log_would_show() -> None:
    bind = Bind("fortnight", "secret")
    sent = ShortMessage(Address(1, 1, "1234"), Address(1, 1, "37060000001"), 0, b"your code")
    shown = f"{bind!r} {sent!r} {Pdu(4, 0, 1, sent.encode())!r}"
    for hidden in ("secret", "3706", "your code"):
        assert hidden not in shown


@given(WORD.filter(lambda word: "\0" not in word))
def test_a_centres_own_name_of_a_message_is_read_as_it_was_written(name: str) -> None:
    assert read_message_id(message_id(name)) == name


TEXT = b"id:%s sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:%s err:000 text:x"


@pytest.mark.parametrize(
    ("stat", "outcome"),
    [
        (b"DELIVRD", Outcome.DELIVERED),
        (b"UNDELIV", Outcome.FAILED),
        (b"EXPIRED", Outcome.FAILED),
        (b"REJECTD", Outcome.FAILED),
        (b"ACCEPTD", Outcome.ON_THE_WAY),
        (b"ENROUTE", Outcome.ON_THE_WAY),
        (b"WHATEVR", Outcome.ON_THE_WAY),
    ],
)
def test_a_receipt_in_words(stat: bytes, outcome: Outcome) -> None:
    message = ShortMessage(
        Address(1, 1, "37060000001"), Address(0, 0, "1234"), 0, TEXT % (b"0f-7", stat), esm_class=4
    )
    found = read_receipt(message)
    assert is_receipt(message)
    assert found is not None
    assert (found.reference, found.number, found.marker) == ("0f-7", "+37060000001", None)
    assert found.outcome is outcome


def test_a_receipt_in_optional_parameters_says_more_than_its_words() -> None:
    tags = {
        int(Tag.RECEIPTED_MESSAGE_ID): b"0f-8\0",
        int(Tag.MESSAGE_STATE): b"\x02",
        int(Tag.USER_MESSAGE_REFERENCE): b"\x12\x34",
    }
    words = TEXT % (b"0f-7", b"UNDELIV")
    address = Address(1, 1, "37060000001")
    found = read_receipt(ShortMessage(address, address, 0, words, esm_class=4, tags=tags))
    assert found is not None
    assert (found.reference, found.marker, found.outcome) == ("0f-8", 0x1234, Outcome.DELIVERED)


def test_a_receipt_that_names_no_text_is_of_no_use() -> None:
    address = Address(1, 1, "37060000001")
    assert read_receipt(ShortMessage(address, address, 0, b"stat:DELIVRD", esm_class=4)) is None
