"""Counts for the administrator. No label ever comes from what somebody sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.types import Message, Scope

TEXT: Final = "text/plain; version=0.0.4"
_NO_ROUTE: Final = "none"


class Metrics:
    """The counts of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "fortnight_answers",
            "Answers given, by route and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._kinds: dict[tuple[str, str], Counter] = {}
        self._rows = Counter(
            "fortnight_rows",
            "Rows of evidence that came in, by kind and what became of them.",
            ("kind", "outcome"),
            registry=self._registry,
        )
        self._not_ready = Gauge(
            "fortnight_not_ready", "Parts that are not ready.", registry=self._registry
        )
        self._dropped = Gauge(
            "fortnight_texts_dropped",
            "Replies and receipts since the start that came from nobody who is enrolled.",
            ("kind",),
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)

    def count_rows(self, kind: str, kept: int, refused: Mapping[str, int]) -> None:
        """Count rows by what became of them: kept, or the reason of their refusal."""
        if kept:
            self._of_rows(kind, "kept").inc(kept)
        for reason, count in refused.items():
            self._of_rows(kind, reason).inc(count)

    def _of_rows(self, kind: str, outcome: str) -> Counter:
        counter = self._kinds.get((kind, outcome))
        if counter is None:  # finding a counter by its labels costs more than counting
            counter = self._kinds[kind, outcome] = self._rows.labels(kind, outcome)
        return counter

    def set_not_ready(self, count: int) -> None:
        """Say how many parts are not ready."""
        self._not_ready.set(count)

    def set_dropped(self, replies: int, receipts: int) -> None:
        """Say how many replies and receipts were dropped: they came from nobody enrolled."""
        self._dropped.labels("replies").set(replies)
        self._dropped.labels("receipts").set(receipts)

    async def count_answer(self, message: Message, scope: Scope) -> None:
        """Count an answer that is about to go out, under its route's pattern, never its path."""
        if message["type"] != "http.response.start":
            return
        route = str(scope.get("path_template", _NO_ROUTE))
        method = "any" if route == _NO_ROUTE else str(scope.get("method"))
        self.count(route, method, message["status"])

    def count(self, route: str, method: str, status: int) -> None:
        """Count an answer by its route's pattern."""
        name = (route, method, status)
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = self._answers.labels(route, method, str(status))
        counter.inc()

    def text(self) -> bytes:
        """Return all counts as Prometheus reads them."""
        return generate_latest(self._registry)
