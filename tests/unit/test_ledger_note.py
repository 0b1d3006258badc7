"""Signed notes and checkpoints: known answers, and nothing but the signed text is believed."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from tests.reference.ledger import SIGNER

from fortnight.errors import InputError, SettingsError
from fortnight.ledger.checkpoint import open_checkpoint, sign_checkpoint
from fortnight.ledger.note import PublicKey, Signer
from fortnight.ledger.tree import EMPTY_ROOT, root

# The example of golang.org/x/mod/sumdb/note, whose key is named for a cryptographer.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
GO_NOTE = f"{GO_TEXT}\n— PeterNeumann {GO_SIGNATURE}\n"
TREE = sign_checkpoint(SIGNER, 3, root([b"a", b"b", b"c"]))


def test_a_note_signed_by_another_program_is_read_and_made_to_the_last_byte() -> None:
    signer = Signer("PeterNeumann", b64decode(GO_SEED)[1:])
    assert str(signer.public) == GO_KEY
    assert signer.sign(GO_TEXT) == GO_NOTE
    assert PublicKey.parse(GO_KEY).open(GO_NOTE) == GO_TEXT


def test_a_checkpoint_says_its_log_its_size_and_its_root() -> None:
    lines = TREE.note.split("\n")
    assert lines[:2] == ["fortnight.invalid/log", "3"]
    assert b64decode(lines[2]) == root([b"a", b"b", b"c"])
    assert lines[3] == ""
    assert lines[4].startswith("— fortnight.invalid/log ")
    assert open_checkpoint(SIGNER.public, TREE.note) == TREE
    assert sign_checkpoint(SIGNER, TREE.size, TREE.root) == TREE


def test_a_note_with_any_byte_changed_is_refused() -> None:
    note = TREE.note.encode()
    for place, byte in enumerate(note):
        for bit in (1, 4, 64):
            changed = bytearray(note)
            changed[place] = byte ^ bit
            with pytest.raises(InputError):
                open_checkpoint(SIGNER.public, changed.decode("utf-8", "replace"))


def test_signatures_of_others_are_passed_over_and_one_of_ours_is_needed() -> None:
    other = Signer("elsewhere.invalid/log", bytes(32))
    theirs = other.sign(TREE.note.partition("\n\n")[0] + "\n").rpartition("\n\n")[2]
    both = TREE.note + theirs
    assert open_checkpoint(SIGNER.public, both).root == TREE.root
    with pytest.raises(InputError, match="not signed by"):
        open_checkpoint(SIGNER.public, TREE.note.partition("\n\n")[0] + "\n\n" + theirs)
    same_name = Signer(SIGNER.public.name, bytes(32))
    with pytest.raises(InputError, match="not signed by"):
        open_checkpoint(same_name.public, TREE.note)


@pytest.mark.parametrize(
    "text",
    [
        "hello\n",
        f"{SIGNER.public.name}\n03\n{b64encode(EMPTY_ROOT).decode()}\n",
        f"{SIGNER.public.name}\n3\n{b64encode(b'short').decode()}\n",
        f"elsewhere.invalid\n3\n{b64encode(EMPTY_ROOT).decode()}\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_of_this_log_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no checkpoint of the log"):
        open_checkpoint(SIGNER.public, SIGNER.sign(text))


@pytest.mark.parametrize("note", ["", "text\n", TREE.note * 100])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(InputError):
        SIGNER.public.open(note)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name",
        GO_KEY[:-4],
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("Peter", "Paul"),
        GO_KEY.replace("+AR", "+AB"),
    ],
)
def test_a_key_that_was_mistyped_is_refused(key: str) -> None:
    with pytest.raises(InputError, match="Ed25519 key"):
        PublicKey.parse(key)


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "line\n"])
def test_a_name_that_cannot_stand_in_a_note_is_refused_with_the_setting(name: str) -> None:
    with pytest.raises(SettingsError, match="log_name"):
        Signer(name, bytes(32))


def test_a_seed_of_another_size_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError, match="has 5 bytes"):
        Signer("log", b"seed!")
