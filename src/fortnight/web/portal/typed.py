"""What somebody wrote and ticked in a form, for a page that cannot show the form again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortnight.followup.words import known
from fortnight.web.portal import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.followup.words import Section
    from fortnight.web.office.forms import Form


def _(text: str) -> str:
    """Mark a text for translation; it is translated where a page says it."""
    return text


LABELS: Final[Mapping[str, str]] = {
    **words.FIELDS,
    "number": _("Phone number"),
    "place": _("Its two numbers"),
    "start": _("From"),
    "until": _("Until"),
    "month": _("A child: year and month of birth"),
    "zone": _("If this is not right: a large city with your time"),
    "code": _("The eight letters on the poster"),
}
"""Every field that people write into, and what it asks for. A PIN is none, nor are digits."""


TICKS: Final[Mapping[str, Section]] = {
    "symptom": "symptoms",
    "need": "needs",
    "kind": "replies",
}
"""Every field that people tick, and where its words are."""


def typed_into(form: Form) -> tuple[tuple[str, str], ...]:
    """Return what somebody wrote in words of their own, each with what was asked."""
    return tuple(
        (label, said)
        for name, label in LABELS.items()
        for said in form.fields.get(name, ())[:1]
        if said.strip()
    )


def ticked_in(form: Form) -> tuple[tuple[Section, str], ...]:
    """Return what somebody ticked, each with the section of its words; no word of their own."""
    return tuple(
        (section, one)
        for name, section in TICKS.items()
        for one in form.fields.get(name, ())
        if one in known(section)
    )
