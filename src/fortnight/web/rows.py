"""What a row of the table of routes says."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.staff.permissions import Permission as OfficePermission

Permission = Literal[
    "anyone",
    "near",
    "tracker",
    "app",
    "named",
    "operator",
    "laboratory",
    "browser",
    "staff",
    "visitor",
    "person",
]
Purpose = Literal["trace", "notify", "support", "rights", "repair", "none"]
Relation = Literal["own", "subscribers", "tested", "case", "contact", "nobody"]
LimitClass = Literal["post", "delivery", "public", "check", "office", "sign-in", "portal"]

PERMISSIONS: Final[Mapping[Permission, str]] = MappingProxyType(
    {
        "anyone": "no secret is asked for",
        "near": "an address of this machine or of its own closed network",
        "tracker": "the secret of a person's OwnTracks device",
        "app": "the secret of a person's app",
        "named": "the secret of a person's app, as the name that the app gives itself",
        "operator": "the key of the operator that the path names",
        "laboratory": "the key of a laboratory",
        "browser": "no secret, but nothing is changed for a page of another site",
        "staff": "a session of somebody who works here, whose role may do what `does` says",
        "visitor": "any browser, from the portal's own pages",
        "person": "a session of the person whose number and digits were typed in",
    }
)


@dataclass(frozen=True, slots=True)
class Route:
    """One row. ``most_bytes`` names the setting or the number that bounds the body.

    Attributes
    ----------
    purpose : str
        For which of the five purposes personal data is touched, or "none" where none is.
    relation : str
        Whose data it is, as seen from whoever asks; "case" and "contact": of the record that the
        path names.
    most_bytes : int or str
        Largest body in bytes, or the name of the setting that says it. 0: a body is not read.
    does : str, optional
        For staff, the permission of ``fortnight.staff.permissions``.
    streams : bool
        The handler itself reads the body as it comes, and checks its form's token.
    """

    path: str
    method: Literal["GET", "POST"]
    permission: Permission
    purpose: Purpose
    relation: Relation
    limit: LimitClass
    most_bytes: int | Literal["max_body_bytes", "max_part_bytes"]
    why: str
    does: OfficePermission | None = None
    streams: bool = False
