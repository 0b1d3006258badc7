"""Follow-up, whole: what the office, people themselves and the clock ask of it."""

from __future__ import annotations

from fortnight.followup.office import Office
from fortnight.followup.own import Own
from fortnight.followup.turns import Turns


class FollowUps(Office, Own, Turns):
    """The follow-ups of contacts and cases. Safe for threads."""

    __slots__ = ()
