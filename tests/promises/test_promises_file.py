"""promises.toml as data: each promise names a test that exists and a sabotage that can be done."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROMISES: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "promises.toml").read_text(encoding="utf-8")
)["promise"]
FIELDS = {"id", "sentence", "number", "test", "sabotage"}
SABOTAGE = {"file", "from", "to"}

every_promise = pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise["id"])


@every_promise
def test_every_field_is_there(promise: dict[str, Any]) -> None:
    assert set(promise) == FIELDS
    assert set(promise["sabotage"]) == SABOTAGE
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", promise["id"])
    assert promise["sentence"].endswith(".")
    assert promise["number"].strip()


@every_promise
def test_its_test_exists(promise: dict[str, Any]) -> None:
    path, _, name = promise["test"].partition("::")
    assert name, "names no test yet"
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    named = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name.partition("[")[0] in named


@every_promise
def test_its_sabotage_can_be_done(promise: dict[str, Any]) -> None:
    sabotage = promise["sabotage"]
    assert sabotage["file"], "names no sabotage yet"
    text = (ROOT / sabotage["file"]).read_text(encoding="utf-8")
    assert text.count(sabotage["from"]) == 1, "what is to be changed must stand there once"
    assert sabotage["to"] != sabotage["from"]


def test_no_two_promises_share_a_name() -> None:
    ids = [promise["id"] for promise in PROMISES]
    assert len(set(ids)) == len(ids) > 0
