"""Who may do what: one table of permission, role, and relation to the record. Pure.

There is no role for anybody outside the health service, its laboratories and operators, and none
that may do everything. Whoever keeps the accounts or watches over data protection reads no
people's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal[
    "case-worker",
    "epidemiologist",
    "lead",
    "data-protection",
    "administrator",
    "laboratory",
    "operator",
]
Relation = Literal[
    "none",  # the permission is about no record
    "assigned",  # an open case of the own district, given to this account
    "own-district",  # an open case of the own district, given to someone else or to nobody
    "other-district",
    "closed",  # a closed case of the own district; a withdrawn one still has calls to make
    "self",  # the tested person is whoever asks
    "conflict",  # declared: they know each other
    "tied",  # a contact whom whoever asks calls or is called by
]
Permission = Literal[
    "office.enter",
    "case.open",
    "case.read",
    "case.write",
    "case.trace",
    "case.assign",
    "case.withdraw",
    "conflict.declare",
    "contact.read",
    "contact.decide",
    "contact.approve",
    "contact.call",
    "export.case",
    "text.answer",
    "enrolment.help",
    "followup.read",
    "followup.record",
    "ticket.list",
    "ticket.read",
    "ticket.work",
    "reply.answer",
    "overview.read",
    "log.read",
    "review.answer",
    "account.manage",
    "settings.manage",
    "token.issue",
    "delivery.send",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)

_NONE: Final = frozenset[Relation]({"none"})
_ASSIGNED: Final = frozenset[Relation]({"assigned"})
_DISTRICT: Final = frozenset[Relation]({"assigned", "own-district"})
_DISTRICT_READ: Final = _DISTRICT | frozenset[Relation]({"closed"})
_TIED: Final = frozenset[Relation]({"tied"})
"""Of a case worker's contact: for the lead. A lead answers for their own ones too."""
_SUPPORT: Final = _DISTRICT_READ | _TIED
"""People are followed and helped after their case is closed too: then the lead does it."""

TABLE: Final[Mapping[Permission, Mapping[Role, frozenset[Relation]]]] = MappingProxyType(
    {
        "office.enter": {
            "case-worker": _NONE,
            "epidemiologist": _NONE,
            "lead": _NONE,
            "data-protection": _NONE,
            "administrator": _NONE,
        },
        "case.open": {"case-worker": _NONE, "lead": _NONE},
        "case.read": {"case-worker": _ASSIGNED, "lead": _DISTRICT_READ},
        "case.write": {"case-worker": _ASSIGNED, "lead": _DISTRICT},
        "case.trace": {"case-worker": _ASSIGNED, "lead": _DISTRICT},
        "case.assign": {"lead": _DISTRICT},
        "case.withdraw": {"case-worker": _ASSIGNED, "lead": _DISTRICT},
        "conflict.declare": {"case-worker": _ASSIGNED, "lead": _DISTRICT},
        "contact.read": {"case-worker": _ASSIGNED, "lead": _DISTRICT_READ | _TIED},
        "contact.decide": {"case-worker": _ASSIGNED, "lead": _DISTRICT | _TIED},
        "contact.approve": {"case-worker": _DISTRICT, "lead": _DISTRICT | _TIED},
        "contact.call": {"case-worker": _ASSIGNED, "lead": _DISTRICT | _TIED},
        "export.case": {"case-worker": _ASSIGNED, "lead": _DISTRICT_READ},
        "text.answer": {"case-worker": _NONE, "lead": _NONE},
        # At a person's own word, by the number that they say; each look is theirs to see.
        "enrolment.help": {"case-worker": _NONE, "lead": _NONE},
        # Whoever is on duty helps, whosever case it is: nobody waits for one colleague.
        "followup.read": {"case-worker": _DISTRICT, "lead": _SUPPORT},
        "followup.record": {"case-worker": _DISTRICT, "lead": _SUPPORT},
        "ticket.list": {"case-worker": _NONE, "lead": _NONE},
        "ticket.read": {"case-worker": _DISTRICT, "lead": _SUPPORT},
        "ticket.work": {"case-worker": _DISTRICT, "lead": _SUPPORT},
        "reply.answer": {"case-worker": _DISTRICT, "lead": _SUPPORT},
        "overview.read": {"epidemiologist": _NONE, "lead": _NONE},
        "log.read": {"data-protection": _NONE},
        "review.answer": {"data-protection": _NONE},
        "account.manage": {"administrator": _NONE},
        "settings.manage": {"administrator": _NONE},
        "token.issue": {"laboratory": _NONE},
        "delivery.send": {"operator": _NONE},
    }
)
"""Whatever is not here is not allowed."""

STEPPED_UP: Final = frozenset[Permission]({"export.case"})
"""What asks for the passkey, or the identity provider, again."""


def allowed(role: str, permission: str, relation: str) -> bool:
    """Tell whether a role may do something with a record that it is so related to.

    Unknown words are not allowed anything.
    """
    return relation in TABLE.get(permission, {}).get(role, frozenset())  # type: ignore[call-overload] # any word may be asked


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so between an account and a case, or a contact of it."""

    is_own_district: bool
    is_assigned: bool
    is_closed: bool
    is_self: bool = False
    has_conflict: bool = False
    is_tied: bool = False


def relation_of(facts: Facts) -> Relation:
    """Return the one relation that counts: what forbids comes before what allows."""
    order: tuple[tuple[bool, Relation], ...] = (
        (facts.is_self, "self"),
        (facts.has_conflict, "conflict"),
        (not facts.is_own_district, "other-district"),
        (facts.is_closed, "closed"),
        (facts.is_tied, "tied"),
        (facts.is_assigned, "assigned"),
    )
    return next((word for holds, word in order if holds), "own-district")
