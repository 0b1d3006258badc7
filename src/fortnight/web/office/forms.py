"""What a page sends: fields of a form, or JSON of a script of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec
from multipart import (  # type: ignore[import-untyped] # it has no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from fortnight.errors import QuestionError
from fortnight.web import problems

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_FIELDS: Final = 500
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; of a script's request, its body."""

    fields: Mapping[str, list[str]]
    body: bytes = field(default=b"", repr=False)

    def text(self, name: str, most: int = 500) -> str:
        """Return a field. Raises QuestionError where it is empty, or over ``most`` characters."""
        text = self.optional(name, most)
        if text is None:
            raise QuestionError(f"The field {name} is empty: fill it in.")
        return text

    def optional(self, name: str, most: int = 500) -> str | None:
        """Return a field, or None where it is empty. Raises QuestionError where it is too long."""
        text = (self.fields.get(name) or [""])[0].strip()
        if len(text) > most:
            raise QuestionError(f"The field {name} has over {most} characters: shorten it.")
        return text or None

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return list(self.fields.get(name, ()))

    def json(self, kind: type[Any]) -> Any:  # noqa: ANN401 - of that type
        """Return what a script of ours sent. Raises QuestionError where it is not that."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:
            raise QuestionError("The request is not what our own page sends.") from error


def read_form(content_type: str, body: bytes) -> Form:
    """Return what a body holds. Raises a problem for one that cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == URLENCODED or not body:
            return Form(_gathered(_pairs(body)))
        if kind == MULTIPART:
            boundary = parse_options_header(content_type)[1].get("boundary", "")
            return Form(_gathered(_segments(body, boundary)))
    except (ValueError, MultipartError) as error:
        raise problems.ProblemError(problems.UNREADABLE, "The form cannot be read.") from error
    if kind == JSON:
        return Form({}, body)
    raise problems.ProblemError(problems.WRONG_TYPE, "Forms are read here, and JSON of our pages.")


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=bool(body),
        errors="strict",
        max_num_fields=MOST_FIELDS,
    )


def _segments(body: bytes, boundary: str) -> list[tuple[str, str]]:
    read: list[tuple[str, bytearray]] = []
    parser = PushMultipartParser(
        boundary, max_segment_size=len(body), max_segment_count=MOST_FIELDS, strict=True
    )
    with parser:
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                read.append((event.name, bytearray()))
            elif event is not None:
                read[-1][1].extend(event)
    return [(name, value.decode()) for name, value in read]


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\x00", ""))
    return fields
