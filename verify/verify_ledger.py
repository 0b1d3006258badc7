#!/usr/bin/env python3
"""Check Fortnight's public log with a program that trusts none of Fortnight's code.

Only Python's standard library, and its own code for everything: signatures, trees, files. It
answers four questions:

1. Did the log's key sign the checkpoint?
2. Do the published entries and tiles, all of them, give the root that was signed?
3. Does the log still begin with what an earlier checkpoint swore to? (--earlier)
4. Is the entry of a receipt in the log, and does it say what the receipt says? (--receipt)

Exit status: 0 everything verifies, 1 something does not, 2 the input cannot be used.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import operator
import re
import sys
from pathlib import Path
from typing import Any

WIDTH = 256
HASH = 32
ENTRY_FIELDS = {"commitment", "hour", "kind", "office", "v"}
RECEIPT_FORMAT = "fortnight-receipt-1"


class DoesNotVerifyError(Exception):
    """Something is not what it is said to be."""


class UnusableError(Exception):
    """A file that is missing, or not of the kind that was asked for."""


# -- Ed25519, RFC 8032, verification only --------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
POINT = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, T = XY/Z
NEUTRAL: POINT = (0, 1, 1, 0)


def add(one: POINT, other: POINT) -> POINT:
    """Return the sum of two points of the curve."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, point: POINT) -> POINT:
    """Return the point added to itself so many times."""
    total = NEUTRAL
    while factor:
        if factor & 1:
            total = add(total, point)
        point = add(point, point)
        factor >>= 1
    return total


def point_of(encoded: bytes) -> POINT | None:
    """Return the point that 32 bytes stand for; None where they stand for none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the signature is of this message by the holder of this key."""
    if len(public) != HASH or len(signature) != 2 * HASH:
        return False
    key, commitment = point_of(public), point_of(signature[:HASH])
    answer = int.from_bytes(signature[HASH:], "little")
    if BASE is None or key is None or commitment is None or answer >= ORDER:
        return False
    digest = hashlib.sha512(signature[:HASH] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left, right = times(answer, BASE), add(commitment, times(challenge, key))
    same_x = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % P == 0


# -- signed notes and checkpoints ----------------------------------------------------------------


class Key:
    """The log's public key, as it was given to whoever checks."""

    def __init__(self, text: str, where: str) -> None:
        name, _, rest = text.strip().partition("+")
        stated, _, encoded = rest.partition("+")
        decoded = decoded_base64(encoded)
        if not name or decoded is None or len(decoded) != 1 + HASH or decoded[0] != 1:
            raise UnusableError(
                f"{where}: this is no public key of a log. It should be one line, "
                "name+8 digits+base64, from somebody whom you trust."
            )
        self.name = name
        self.public = decoded[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + decoded).digest()[:4]
        if self.id.hex() != stated:
            raise UnusableError(f"{where}: the key's own digits do not fit it: it was mistyped.")


class Checkpoint:
    """The size and the root that the log's key signed."""

    def __init__(self, note: str, key: Key, where: str) -> None:
        text, blank, signatures = note.rpartition("\n\n")
        if not blank:
            raise UnusableError(f"{where}: this is no checkpoint: it has no signature lines.")
        check_signed(text + "\n", signatures, key, where)
        found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)", text)
        if found is None or found[1] != key.name:
            raise DoesNotVerifyError(f"{where}: signed, but no checkpoint of the log {key.name}.")
        self.where = where
        self.size = int(found[2])
        self.root = base64.b64decode(found[3])


def check_signed(text: str, signatures: str, key: Key, where: str) -> None:
    """Find the key's own signature among the lines, and check it."""
    for line in signatures.split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        decoded = decoded_base64(encoded) or b""
        if dash == "\N{EM DASH}" and name == key.name and decoded[:4] == key.id:
            if is_signed(key.public, text.encode(), decoded[4:]):
                return
            raise DoesNotVerifyError(
                f"{where}: the signature by {key.name} is not of this text: one was changed."
            )
    raise DoesNotVerifyError(f"{where}: it is not signed by the key {key.name}+{key.id.hex()}.")


def decoded_base64(text: str) -> bytes | None:
    """Return the bytes, or None where the text is not the one base64 of any bytes."""
    try:
        decoded = base64.b64decode(text.encode(), validate=True)
    except ValueError:
        return None
    return decoded if base64.b64encode(decoded) == text.encode() else None


# -- the tree, RFC 6962 --------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows by one leaf at a time, and can tell its root after each."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf's hash."""
        node, bits = leaf, self.size
        while bits & 1:
            node, bits = parent(self.peaks.pop(), node), bits >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of what was added."""
        if not self.peaks:
            return hashlib.sha256().digest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = parent(peak, node)
        return node


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that a path leads to; None where it is too short or too long."""
    if size == 1:
        return None if path else leaf
    if not path:
        return None
    split = 1 << ((size - 1).bit_length() - 1)
    if index < split:
        below = root_by_path(leaf, index, split, path[:-1])
        return None if below is None else parent(below, path[-1])
    below = root_by_path(leaf, index - split, size - split, path[:-1])
    return None if below is None else parent(path[-1], below)


# -- the files of the log, C2SP tlog-tiles -------------------------------------------------------


def numbered(index: int, width: int) -> str:
    """Return the end of a tile's path."""
    digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    ending = "" if width == WIDTH else f".p/{width}"
    return "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:]) + ending


def fetch(folder: Path, kind: str, index: int, width: int) -> tuple[str, bytes]:
    """Return the name and bytes of a tile or bundle; of a full one where the partial one went."""
    for name in (f"{kind}/{numbered(index, width)}", f"{kind}/{numbered(index, WIDTH)}"):
        try:
            return name, (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UnusableError(f"{folder / name}: {error.strerror}.") from error
    missing = f"{kind}/{numbered(index, width)}"
    raise DoesNotVerifyError(f"{folder / missing}: missing, though the checkpoint needs it.")


def entries_of(name: str, content: bytes, width: int) -> list[bytes]:
    """Return a bundle's first entries."""
    entries: list[bytes] = []
    place = 0
    while place < len(content):
        start = place + 2
        place = start + int.from_bytes(content[place:start], "big")
        entries.append(content[start:place])
    expected = WIDTH if is_full(name) else width
    if place != len(content) or len(entries) != expected:
        raise DoesNotVerifyError(f"{name}: it should hold {expected} entries, and does not.")
    return entries[:width]


def is_full(name: str) -> bool:
    """Return whether a name is that of a full tile or bundle."""
    return ".p/" not in name


def check_entry(name: str, number: int, entry: bytes) -> None:
    """Refuse an entry that holds anything but commitments, an hour and a kind."""
    document = json_of(entry)
    hexes = [document.get("commitment"), document.get("office")] if document else []
    plain = (
        document is not None
        and set(document) == ENTRY_FIELDS
        and all(isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) for text in hexes)
        and type(document["hour"]) is int
        and isinstance(document["kind"], str)
        and re.fullmatch(r"[a-z]{1,32}", document["kind"]) is not None
        and document["v"] == 1
        and canonical(document) == entry
    )
    if not plain:
        raise DoesNotVerifyError(
            f"{name}: entry {number} is not two commitments, an hour and a kind: the log may hold "
            "nothing else."
        )


def check_log(folder: Path, checkpoint: Checkpoint, sizes: set[int]) -> dict[int, bytes]:
    """Check every file against the checkpoint; return the roots that the log had at these sizes."""
    tree, roots = Tree(), dict[int, bytes]()
    hashes = []
    if 0 in sizes:
        roots[0] = tree.root()
    for start in range(0, checkpoint.size, WIDTH):
        leaves = check_bundle(folder, start, min(WIDTH, checkpoint.size - start))
        for leaf in leaves:
            tree.add(leaf)
            if tree.size in sizes:
                roots[tree.size] = tree.root()
        if len(leaves) == WIDTH:
            hashes.append(full_root(leaves))
    check_levels(folder, hashes)
    if tree.root() != checkpoint.root:
        raise DoesNotVerifyError(
            f"{folder}: the {checkpoint.size} published entries do not give the root that "
            f"{checkpoint.where} swears to: an entry was changed, or another log was signed."
        )
    return roots


def check_bundle(folder: Path, start: int, width: int) -> list[bytes]:
    """Check a bundle of entries against the tile of its hashes, and return the hashes."""
    index = start // WIDTH
    name, content = fetch(folder, "tile/entries", index, width)
    entries = entries_of(name, content, width)
    for number, entry in enumerate(entries, start):
        check_entry(name, number, entry)
    leaves = [leaf_hash(entry) for entry in entries]
    check_tile(folder, 0, index, leaves)
    return leaves


def check_levels(folder: Path, hashes: list[bytes]) -> None:
    """Check the tiles of every level above 0, given the roots of the full tiles of level 0."""
    level = 1
    while hashes:
        above = []
        for start in range(0, len(hashes), WIDTH):
            part = hashes[start : start + WIDTH]
            check_tile(folder, level, start // WIDTH, part)
            if len(part) == WIDTH:
                above.append(full_root(part))
        level, hashes = level + 1, above


def check_tile(folder: Path, level: int, index: int, hashes: list[bytes]) -> None:
    """Check that a tile holds exactly these hashes."""
    name, content = fetch(folder, f"tile/{level}", index, len(hashes))
    cut = content[: len(hashes) * HASH] if is_full(name) else content
    if cut != b"".join(hashes) or (is_full(name) and len(content) != WIDTH * HASH):
        raise DoesNotVerifyError(
            f"{folder / name}: this tile is not what the published entries give."
        )


def full_root(hashes: list[bytes]) -> bytes:
    """Return the node above 256 hashes."""
    while len(hashes) > 1:
        hashes = [parent(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


# -- receipts ------------------------------------------------------------------------------------


class Receipt:
    """What a person was given about one entry."""

    def __init__(self, text: str, key: Key, where: str) -> None:
        document = json_of(text.encode())
        if document is None or document.get("format") != RECEIPT_FORMAT:
            raise UnusableError(f"{where}: this is no receipt ({RECEIPT_FORMAT}).")
        try:
            self.entry: bytes = document["entry"].encode()
            self.index = operator.index(document["index"])
            self.path = [bytes.fromhex(step) for step in document["hashes"]]
            note = document["checkpoint"].encode().decode()
            self.opening = document.get("opening")
            self.opened = None if self.opening is None else commitment_of(self.opening)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise UnusableError(f"{where}: a part is missing or of no use: {error}.") from error
        self.where = where
        self.checkpoint = Checkpoint(note, key, f"{where}, checkpoint")

    def check(self) -> None:
        """Check the path to the root, and what the entry says."""
        size = self.checkpoint.size
        inside = 0 <= self.index < size and all(len(step) == HASH for step in self.path)
        leaf = leaf_hash(self.entry)
        if not inside or root_by_path(leaf, self.index, size, self.path) != self.checkpoint.root:
            raise DoesNotVerifyError(
                f"{self.where}: entry {self.index} is not in the log of {size} entries, or was "
                "changed. Ask for the receipt again, and keep this one."
            )
        check_entry(self.where, self.index, self.entry)
        if self.opened not in (None, json.loads(self.entry)["commitment"]):
            raise DoesNotVerifyError(
                f"{self.where}: the entry is in the log, but it does not say what the receipt says."
            )


def commitment_of(opening: dict[str, Any]) -> str:
    """Return the commitment that an opening opens."""
    salt = bytes.fromhex(opening["salt"])
    return hashlib.sha256(salt + canonical(opening["detail"])).hexdigest()


def canonical(document: dict[str, Any]) -> bytes:
    """Return the one text of a document: sorted keys, no spaces, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def json_of(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object, or None where it is none."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


# -- the command ---------------------------------------------------------------------------------


def text_of(path: Path) -> str:
    """Return a file's text."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise UnusableError(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnusableError(f"{path}: this is not text.") from error


def check_sworn(sworn: Checkpoint, now: Checkpoint, roots: dict[int, bytes]) -> None:
    """Check that the log still begins with what it swore to."""
    if sworn.size > now.size:
        raise DoesNotVerifyError(
            f"{sworn.where}: the log had {sworn.size} entries and now has {now.size}: it was cut."
        )
    if roots[sworn.size] != sworn.root:
        raise DoesNotVerifyError(
            f"{sworn.where}: the log's first {sworn.size} entries are not those that it swore to: "
            "it was rewritten. Keep both checkpoints: together they prove it."
        )


def verify(arguments: argparse.Namespace) -> list[str]:
    """Check all that was asked for, and return what was found in sentences."""
    key = Key(text_of(arguments.key), str(arguments.key))
    found, sworn = [], []
    if arguments.receipt:
        receipt = Receipt(text_of(arguments.receipt), key, str(arguments.receipt))
        receipt.check()
        sworn.append(receipt.checkpoint)
        found.append(f"{receipt.where}: entry {receipt.index} is in the log.")
        if receipt.opening is not None:
            found.append(f"It says {canonical(receipt.opening['detail']).decode()}.")
    if arguments.earlier:
        sworn.append(Checkpoint(text_of(arguments.earlier), key, str(arguments.earlier)))
    if arguments.log:
        where = arguments.log / "checkpoint"
        now = Checkpoint(text_of(where), key, str(where))
        roots = check_log(arguments.log, now, {one.size for one in sworn})
        found.append(f"{arguments.log}: {now.size} entries, every tile, and the signature agree.")
        for one in sworn:
            check_sworn(one, now, roots)
            found.append(f"{one.where}: the log still begins with these {one.size} entries.")
    return found


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    command = argparse.ArgumentParser(
        prog="verify_ledger.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--key", type=Path, required=True, help="file with the log's public key, name+id+base64"
    )
    command.add_argument(
        "--log", type=Path, help="the log's folder, or a copy of it: checkpoint and tile/"
    )
    command.add_argument(
        "--earlier", type=Path, help="a checkpoint that you kept; needs --log to compare with"
    )
    command.add_argument("--receipt", type=Path, help="a receipt, JSON; needs no --log")
    return command


def main(words: list[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    command = parser()
    arguments = command.parse_args(words)
    if not arguments.log and (arguments.earlier or not arguments.receipt):
        command.error("give --log, --receipt or both; --earlier needs --log")
    try:
        found = verify(arguments)
    except DoesNotVerifyError as error:
        sys.stderr.write(f"DOES NOT VERIFY. {error}\n")
        return 1
    except UnusableError as error:
        sys.stderr.write(f"Cannot be used. {error}\n")
        return 2
    sys.stdout.write("\n".join(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
