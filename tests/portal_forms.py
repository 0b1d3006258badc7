"""The forms of a page, as a browser reads them: where each sends, and what it would send."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHOSEN: Final = ("radio", "checkbox")
_WRITTEN: Final = ("text", "tel", "textarea", "time")


@dataclass(frozen=True)
class Field:
    """One field of a form; ``kind`` is the type of an input, or the name of another element."""

    name: str
    kind: str
    value: str
    is_on: bool
    is_digits: bool  # a PIN, or what is read off a text: shown to nobody, and typed anew

    @property
    def is_written(self) -> bool:
        """Whether somebody writes it in words or numbers of their own."""
        return self.kind in _WRITTEN and not self.is_digits


@dataclass(frozen=True)
class PageForm:
    """A form that is sent by POST."""

    action: str
    fields: tuple[Field, ...]

    @property
    def shape(self) -> tuple[str, ...]:
        """What tells it from others: where it sends, and which fields and buttons it has."""
        fixed = (one.value for one in self.fields if one.kind == "button")
        return (self.action, *sorted({one.name for one in self.fields}), *sorted(fixed))

    def untouched(self) -> dict[str, str]:
        """Return what the browser sends where somebody only presses the first button."""
        sent: dict[str, str] = {}
        for one in self.fields:
            if one.kind in _CHOSEN and not one.is_on:
                continue
            sent.setdefault(one.name, one.value)
        return sent


class _Forms(HTMLParser):
    """Reads a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[Field]]] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = given.get("method") == "post"
            if self._is_inside:
                self.found.append((given["action"], []))
        elif self._is_inside and tag in {"input", "textarea", "button"} and given.get("name"):
            self.found[-1][1].append(_field(tag, given))

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "form"


def _field(tag: str, given: Mapping[str, str]) -> Field:
    kind = given.get("type", "text") if tag == "input" else tag
    return Field(
        given["name"],
        kind,
        given.get("value", ""),
        "checked" in given,
        given.get("inputmode") == "numeric",
    )


def forms_of(page: str) -> list[PageForm]:
    """Return the forms of a page that change something."""
    read = _Forms()
    read.feed(page)
    return [PageForm(action, tuple(fields)) for action, fields in read.found]
