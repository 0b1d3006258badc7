"""Any sequence of giving and withdrawing, against a model that keeps every instant."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fortnight.consent.grant import KINDS, Grant, Kind, TextRead, give, live, standing, withdraw
from fortnight.errors import ConflictError

TEXTS = st.sampled_from([TextRead("0" * 12, "en"), TextRead("1" * 12, "ru")])


class Granting(RuleBasedStateMachine):
    """The model: what was answered, instant by instant, while time moved on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.held: tuple[Grant, ...] = ()
        self.texts: dict[Kind, str] = {}
        self.seen: list[tuple[int, Kind, bool]] = []

    @rule(later=st.integers(1, 5))
    def wait(self, later: int) -> None:
        self.seen += [(self.now, kind, kind in self.texts) for kind in KINDS]
        self.now += later

    @rule(kind=st.sampled_from(KINDS), text=TEXTS, by=st.sampled_from(("self", "guardian")))
    def say_yes(self, kind: Kind, text: TextRead, by: str) -> None:
        refused = self.texts.get(kind) == text.version
        try:
            after = give(
                self.held, kind, text, self.now, "guardian" if by == "guardian" else "self"
            )
        except ConflictError:
            assert refused
        else:
            assert not refused
            assert after[-1] == Grant(kind, text, self.now, after[-1].given_by)
            self.held, self.texts[kind] = after, text.version

    @rule(kind=st.sampled_from(KINDS))
    def say_no(self, kind: Kind) -> None:
        refused = kind not in self.texts
        try:
            after = withdraw(self.held, kind, self.now)
        except ConflictError:
            assert refused
        else:
            assert not refused
            assert len(after) == len(self.held)
            self.held = after
            del self.texts[kind]

    @invariant()
    def what_holds_now_is_what_was_said_last(self) -> None:
        for kind in KINDS:
            assert live(self.held, kind, self.now) == (kind in self.texts)
            stands = standing(self.held, kind)
            assert (stands.text.version if stands else None) == self.texts.get(kind)

    @invariant()
    def what_held_then_is_still_answered_as_it_was(self) -> None:
        for at, kind, held in self.seen:
            assert live(self.held, kind, at) == held

    @invariant()
    def no_two_grants_of_a_kind_overlap(self) -> None:
        for kind in KINDS:
            spans = [one for one in self.held if one.kind == kind]
            for before, after in pairwise(spans):
                assert before.withdrawn_at is not None
                assert before.given_at <= before.withdrawn_at <= after.given_at


Granting.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestGranting = Granting.TestCase
