"""`fortnight diseases`: the figures that a trace uses, whose they are, and how far checked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markdown import Markdown

from fortnight.risk.disease import Disease, load_disease
from fortnight.risk.disease import diseases as known
from fortnight.risk.listing import percent, points_of, rows_of, signed


def diseases(
    disease: Annotated[
        str | None, Parameter(help="One disease by id, or a .toml file; all of them by default.")
    ] = None,
    /,
    *,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "markdown", "json"], Parameter(help="What is printed.")
    ] = "table",
) -> None:
    """List diseases: every figure with its source, and how far we checked it.

    Figures are starting points, none is advice: the health team's own rules override them.
    """
    chosen = [load_disease(one) for one in ((disease,) if disease else known())]
    if format == "json":
        print(msgspec.json.encode([as_dict(one) for one in chosen]).decode())  # noqa: T201 - for a pipe, unstyled
        return
    text = "\n\n".join(as_markdown(one) for one in chosen)
    if format == "markdown":
        print(text)  # noqa: T201 - for a pipe, unstyled
    else:
        Console(highlight=False).print(Markdown(text))


def as_dict(disease: Disease) -> dict[str, Any]:
    """Return a disease's figures and its testing curve as plain values."""
    return {
        "id": disease.id,
        "name": disease.name,
        "variant": disease.variant,
        "version": disease.version,
        "onset": disease.onset,
        "curve_checked": disease.curve_checked,
        "figures": [asdict(row) for row in rows_of(disease)],
        "curve": [asdict(point) for point in points_of(disease)],
    }


def as_markdown(disease: Disease) -> str:
    """Return a disease's figures and its testing curve as Markdown tables."""
    head = (
        f"## {disease.name}\n\n"
        f"`{disease.id}`, version {disease.version}, variant: {disease.variant}. "
        f"Day 0 is the onset of {disease.onset}.\n\n"
    )
    figures = ["| what | figure | source | checked |", "| --- | --- | --- | --- |"]
    for row in rows_of(disease):
        source = f"{row.source} ({row.note})" if row.note else row.source
        figures.append(f"| `{row.key}` | {row.figure} | {source} | {row.checked} |")
    return head + "\n".join(figures) + "\n\n" + _curve(disease)


def _curve(disease: Disease) -> str:
    points = points_of(disease)
    lines = [
        "| days after exposure | " + " | ".join(signed(p.day) for p in points) + " |",
        "| --- |" + " --- |" * len(points),
    ]
    if disease.testing.detectable is not None:
        found = (percent(p.detectable) for p in points if p.detectable is not None)
        lines.append("| a test finds | " + " | ".join(found) + " |")
    lines.append("| fallen ill | " + " | ".join(percent(p.ill) for p in points) + " |")
    return "\n".join(lines)
