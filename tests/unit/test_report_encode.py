"""The JSON of a trace: the same bytes each time, the schema it promises, every field told."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from tests.unit.sample_document import sample_document

from fortnight.report import document as contract
from fortnight.report.encode import schema, to_json

DESCRIPTION = Path(__file__).parents[2] / "docs" / "trace-document.md"


def structs() -> list[type[msgspec.Struct]]:
    return [
        thing
        for thing in vars(contract).values()
        if isinstance(thing, type)
        and issubclass(thing, contract.Struct)
        and thing is not contract.Struct
    ]


def test_json_reads_back_as_the_same_document() -> None:
    document = sample_document()
    assert msgspec.json.decode(to_json(document), type=contract.TraceDocument) == document


def test_same_document_gives_the_same_bytes_whatever_the_order_of_free_keys() -> None:
    document = sample_document()
    turned = msgspec.structs.replace(
        document, parameters=dict(reversed(list(document.parameters.items())))
    )
    assert list(turned.parameters) != list(document.parameters)
    assert to_json(turned) == to_json(document)


def test_json_ends_with_a_newline_and_leads_with_version_and_notice() -> None:
    text = to_json(sample_document(0)).decode()
    assert text.endswith("}\n")
    assert text.splitlines()[1].strip() == f'"schema": "{contract.SCHEMA}",'
    assert text.splitlines()[2].strip().startswith('"notice": "Only for people who agreed.')


def test_schema_names_every_struct_and_field_and_refuses_others() -> None:
    parts = schema()["$defs"]
    for struct in structs():
        part = parts[struct.__name__]
        assert set(part["properties"]) == set(struct.__struct_fields__)
        assert set(part["required"]) == set(struct.__struct_fields__)
        assert part["additionalProperties"] is False


def test_schema_holds_documents_to_its_version() -> None:
    assert schema()["$defs"]["TraceDocument"]["properties"]["schema"] == {"const": contract.SCHEMA}


@pytest.mark.parametrize("struct", structs(), ids=lambda struct: struct.__name__)
def test_every_field_is_described(struct: type[msgspec.Struct]) -> None:
    told = described_fields()[struct.__name__]
    assert list(told) == list(struct.__struct_fields__)
    assert all(len(words) > 3 for words in told.values())


def test_nothing_is_described_that_is_not_there() -> None:
    assert set(described_fields()) == {struct.__name__ for struct in structs()}


def described_fields() -> dict[str, dict[str, str]]:
    """Return struct -> field -> words, from the tables under headings like ``(`Interval`)``."""
    found: dict[str, dict[str, str]] = {}
    rows: dict[str, str] = {}
    for line in DESCRIPTION.read_text(encoding="utf-8").splitlines():
        if heading := re.search(r"^#+ .*\(`(\w+)`\)$", line):
            rows = found.setdefault(heading[1], {})
        elif row := re.match(r"\| `(\w+)` \|.*\| (.+) \|$", line):
            rows[row[1]] = row[2]
    return found
