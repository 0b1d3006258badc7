"""`fortnight source`, `chain` and `places` as one HTML file each, with no script and no network.

A strict Content-Security-Policy names the styles by their SHA-256 and allows nothing else. Cases
are numbers: which number is who is never in the page.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from fortnight.report import reasons, wording
from fortnight.report.local_time import local_clock
from fortnight.report.page import asset
from fortnight.report.tree_drawing import RADIUS, draw

if TYPE_CHECKING:
    from fortnight.report.outbreak_documents import (
        ChainDocument,
        PlacesDocument,
        SourceDocument,
    )

    Document = SourceDocument | ChainDocument | PlacesDocument

STYLES: Final = ("page.css", "outbreak.css")


def source_html(document: SourceDocument) -> str:
    """Return where one case was probably infected, as a page."""
    rows = sorted(document.candidates, key=lambda one: one.rank)
    return _page("source", document, candidates=rows, heading=reasons.source_heading(document))


def chain_html(document: ChainDocument) -> str:
    """Return the tree of cases, drawn, and the possible links, as a page."""
    heading = reasons.chain_heading(document)
    return _page("chain", document, drawing=draw(document), radius=RADIUS, heading=heading)


def places_html(document: PlacesDocument) -> str:
    """Return place-times with many exposures, as a page."""
    return _page("places", document, heading=reasons.places_heading(document))


def _page(name: str, document: Document, **held: Any) -> str:  # noqa: ANN401 - as Jinja takes it
    return (
        _templates()
        .get_template(f"{name}.html.jinja")
        .render(
            document=document,
            clock=local_clock(document.asked.timezone),
            words=wording,
            reasons=reasons,
            policy=policy(),
            styles=[asset(style) for style in STYLES],
            **held,
        )
    )


def policy() -> str:
    """Return the Content-Security-Policy of the pages: their own styles, nothing else."""
    styles = " ".join(asset(name).source for name in STYLES)
    return (
        f"default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("fortnight.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
