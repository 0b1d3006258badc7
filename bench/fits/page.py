"""Tables that a run writes into the page on how contacts are decided, between two marks of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "how-contacts-are-decided.md"


def put_tables(name: str, text: str) -> None:
    """Replace what stands between the marks of a name, ``<!-- name: begin -->`` and its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
