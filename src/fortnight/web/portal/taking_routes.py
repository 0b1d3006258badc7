"""Rows of taking everything, and of leaving, in the table of routes."""

from __future__ import annotations

from functools import partial
from typing import Final

from fortnight.web.portal.own_rows import LEAST_FORM_BYTES, before, own

_own = partial(own, "rights", most=LEAST_FORM_BYTES)
_open = partial(before, most=LEAST_FORM_BYTES)

TAKING_ROUTES: Final = (
    _own("/portal/take", "GET", "What a copy of everything holds, and what it does not."),
    _own("/portal/take", "POST", "A person takes everything that is held of them, as one ZIP."),
    _own("/portal/leave-all", "GET", "What happens to everything when a person leaves."),
    _own("/portal/leave-all", "POST", "A person leaves, with everything of theirs."),
    _open("/portal/proof", "GET", "Where whoever left types the code that they were given."),
    _open("/portal/proof", "POST", "How far the deletion is, and its proof once it is done."),
)
