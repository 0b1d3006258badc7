"""Alphabets of SMPP, and long texts in parts that a phone puts together again."""

from __future__ import annotations

from typing import Final

from fortnight.notify.segments import BASIC, ESCAPE, EXTENDED, Alphabet, alphabet_of, cut

GSM: Final = 0
ASCII: Final = 1
LATIN: Final = 3
UCS2: Final = 8
HEADER: Final = 0x40
"""In esm_class: the words begin with a header, which says what part they are."""
_CODING: Final[dict[Alphabet, int]] = {"GSM-7": GSM, "UCS-2": UCS2}
_CODES: Final = {character: code for code, character in enumerate(BASIC)}
_BEYOND: Final = {code: character for character, code in EXTENDED.items()}
_MOST_PARTS: Final = 255
_FIRST_PRINTED: Final = 0x20
_CONCATENATED: Final = 0x00  # one byte of reference, parts, part


def coding_of(text: str) -> int:
    """Return the data_coding in which a text is sent."""
    return _CODING[alphabet_of(text)]


def encode_text(text: str, coding: int) -> bytes:
    """Return a text in GSM (one byte a septet) or UCS-2."""
    if coding == UCS2:
        return text.encode("utf-16-be", "surrogatepass")
    data = bytearray()
    for character in text:
        if character in EXTENDED:
            data += bytes((ESCAPE, EXTENDED[character]))
        else:
            data.append(_CODES[character])
    return bytes(data)


def parts_of(text: str, reference: int) -> list[bytes]:
    """Return the words of each part, with a header where there is more than one.

    ``reference`` is a byte that the parts of one text share, and no other text to the same phone
    should have within some minutes.
    """
    coding, parts = coding_of(text), cut(text)
    words = [encode_text(part, coding) for part in parts]
    if len(words) == 1:
        return words
    if len(words) > _MOST_PARTS:
        raise ValueError("no text has more than 255 parts")
    header = bytes((5, _CONCATENATED, 3, reference & 0xFF, len(words)))
    return [header + bytes((place,)) + data for place, data in enumerate(words, 1)]


def decode_text(data: bytes, coding: int) -> str:
    """Return a text that came in. What is in no known alphabet is read as the default one."""
    if coding == UCS2:
        return data.decode("utf-16-be", "replace")
    if coding == LATIN or (coding == ASCII and not _is_gsm(data)):
        return data.decode("latin-1")
    return _gsm(data)


def _is_gsm(data: bytes) -> bool:
    """Tell whether what is called ASCII is the default alphabet: some centres call that so."""
    return any(code < _FIRST_PRINTED and code not in b"\r\n" for code in data)


def without_header(data: bytes, esm_class: int) -> bytes:
    """Return the words of a part without what says which part it is."""
    if not esm_class & HEADER or not data:
        return data
    return data[data[0] + 1 :]


def _gsm(data: bytes) -> str:
    characters, escaped = [], False
    for code in data:
        if code == ESCAPE and not escaped:
            escaped = True
            continue
        known = code < len(BASIC)
        plain = BASIC[code] if known and code != ESCAPE else "�"
        characters.append(_BEYOND.get(code, plain) if escaped else plain)
        escaped = False
    return "".join(characters)
