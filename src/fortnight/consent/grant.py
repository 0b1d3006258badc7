"""What a person agreed to, as rules without any store: give, withdraw, and what holds when.

A grant is for one purpose, and for trace for one source of evidence. It names the text that the
person read. Nothing is ever a grant by default, and a withdrawal is never refused for its time:
where the clock was set back, it takes hold at the moment the grant was given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

from fortnight.errors import ConflictError, RefusedError

Kind: TypeAlias = Literal[
    "trace.phone",
    "trace.operator",
    "trace.ties",
    "trace.bluetooth",
    "trace.visits",
    "notify",
    "support",
    "statistics",
    "exact",
]
By: TypeAlias = Literal["self", "guardian"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
BY: Final[tuple[By, ...]] = get_args(By)
OF_A_CASE: Final[Kind] = "exact"
"""The one thing that only a tested person is asked, of the open file of their own test."""
AT_ANY_TIME: Final = tuple(kind for kind in KINDS if kind != OF_A_CASE)
"""What everybody who takes part is asked."""
_OF_EVIDENCE: Final[dict[tuple[str, str], Kind]] = {
    ("fixes", "phone"): "trace.phone",
    ("fixes", "upload"): "trace.phone",
    ("fixes", "operator"): "trace.operator",
    ("encounters", "phone"): "trace.bluetooth",
    ("encounters", "upload"): "trace.bluetooth",
    ("visits", "phone"): "trace.visits",
    ("visits", "upload"): "trace.visits",
    ("ties", "operator"): "trace.ties",
}


@dataclass(frozen=True, slots=True)
class TextRead:
    """Which text a person agreed to: its version, and the language in which they read it."""

    version: str
    language: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant of one person.

    Attributes
    ----------
    kind : Kind
        What it allows.
    text : TextRead
        What the person had read.
    given_at, withdrawn_at : int
        Milliseconds since 1970 UTC; ``withdrawn_at`` is None while it holds, and the first instant
        at which it no longer does.
    given_by : By
        The person, or a guardian for them.
    """

    kind: Kind
    text: TextRead
    given_at: int
    given_by: By
    withdrawn_at: int | None = None

    def holds(self, at: int) -> bool:
        """Tell whether the grant holds at an instant."""
        return self.given_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)


def kind_named(name: str) -> Kind:
    """Return the kind of that name. Raises RefusedError for any other: the list is closed."""
    for kind in KINDS:
        if kind == name:
            return kind
    raise RefusedError(f"There is no grant {name!r}: a grant is one of {', '.join(KINDS)}.")


def given_by(name: str) -> By:
    """Return who gives a grant. Raises RefusedError for anyone but the person or a guardian."""
    for who in BY:
        if who == name:
            return who
    raise RefusedError(
        f"A grant is given by the person ('self') or by their guardian ('guardian'), not {name!r}."
    )


def standing(held: tuple[Grant, ...], kind: Kind) -> Grant | None:
    """Return the grant of a kind that was not withdrawn, or None. There is at most one."""
    return next((one for one in held if one.kind == kind and one.withdrawn_at is None), None)


def give(
    held: tuple[Grant, ...], kind: Kind, text: TextRead, now: int, by: By
) -> tuple[Grant, ...]:
    """Return the grants held after giving one.

    A grant under another text replaces the one that stands, which ends at that moment. Raises
    ConflictError where the same text was agreed to already.
    """
    before = standing(held, kind)
    if before is None:
        return (*held, Grant(kind, text, now, by))
    if before.text.version == text.version:
        raise ConflictError(
            f"The grant {kind} was given already, under this text. It holds until it is withdrawn."
        )
    moment = max(now, before.given_at)
    ended = tuple(_ended(one, now) if one is before else one for one in held)
    return (*ended, Grant(kind, text, moment, by))


def withdraw(held: tuple[Grant, ...], kind: Kind, now: int) -> tuple[Grant, ...]:
    """Return the grants held after withdrawing one. Raises ConflictError where none stands."""
    before = standing(held, kind)
    if before is None:
        raise ConflictError(f"There is no grant {kind} to withdraw: none is held at present.")
    return tuple(_ended(one, now) if one is before else one for one in held)


def live(held: tuple[Grant, ...], kind: Kind, at: int) -> bool:
    """Tell whether a grant of that kind holds at an instant."""
    return any(one.kind == kind and one.holds(at) for one in held)


def source_kinds(evidence: str, origin: str) -> Kind:
    """Return the grant that evidence of one kind from one origin needs.

    Raises RefusedError for a pair that nobody can agree to, such as ties from a phone.
    """
    kind = _OF_EVIDENCE.get((evidence, origin))
    if kind is None:
        raise RefusedError(
            f"No grant covers {evidence!r} from {origin!r}: it is not taken in. Known are "
            f"{', '.join(' from '.join(pair) for pair in _OF_EVIDENCE)}."
        )
    return kind


def _ended(grant: Grant, now: int) -> Grant:
    return replace(grant, withdrawn_at=max(now, grant.given_at))
