"""What a screen reader or a keyboard stumbles over on a page, as axe-core finds it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import BrowserContext, Page

AXE: Final = Path(__file__).with_name("axe") / "axe.min.js"
SERIOUS: Final = ("serious", "critical")
_RUN: Final = """async ([serious, only]) => {
  const lesser = axe._audit.rules.filter((one) => one.impact && !serious.includes(one.impact));
  const rules = Object.fromEntries(lesser.map((one) => [one.id, {enabled: false}]));
  const asked = only ? {runOnly: only} : {rules};
  const found = await axe.run(document, {resultTypes: ['violations'], ...asked});
  return found.violations
    .filter((one) => serious.includes(one.impact))
    .map((one) => ({id: one.id, impact: one.impact, where: one.nodes[0].html.slice(0, 200)}));
}"""
"""A rule that has an impact of its own gives it to whatever it finds (axe-core 4.14.1, where the
results of a rule are put together): those whose own is less are not asked at all."""


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def listen(context: BrowserContext) -> None:
    """Have axe-core on every page from its beginning: much quicker than to hand it to each."""
    context.add_init_script(_source())


def stumbles(page: Page, only: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return what is serious or critical of a page; ``only`` some rules, by their names."""
    if not page.evaluate("'axe' in window"):  # where no script of the page's may run
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN, [SERIOUS, only])
    return found
