"""Rows of uploads and exports in the table of routes."""

from __future__ import annotations

from typing import Final

from fortnight.web.rows import Route

INTAKE: Final = "/office/intake"
EXPORT: Final = "/office/cases/{case_id}/export"
MOST_UPLOAD_BYTES: Final = 128 * 1_024 * 1_024
"""A million rows of a laboratory are about 90 MB."""
MOST_FORM_BYTES: Final = 16 * 1_024

EXCHANGE_ROUTES: Final = (
    Route(
        INTAKE,
        "GET",
        "staff",
        "none",
        "nobody",
        "office",
        0,
        "Where files of cases are uploaded, and what became of the last ones.",
        does="case.open",
    ),
    Route(
        INTAKE,
        "POST",
        "staff",
        "none",
        "nobody",
        "office",
        MOST_UPLOAD_BYTES,
        "A file of cases: each row opens one with its laboratory token, or is refused.",
        does="case.open",
        streams=True,
    ),
    Route(
        INTAKE + "/{upload_id}",
        "GET",
        "staff",
        "none",
        "nobody",
        "office",
        0,
        "How far an upload is, and which rows were refused; for whoever sent it.",
        does="case.open",
    ),
    Route(
        INTAKE + "/{upload_id}/refusals",
        "GET",
        "staff",
        "none",
        "nobody",
        "office",
        0,
        "Every row that was refused, to mend the file by.",
        does="case.open",
    ),
    Route(
        EXPORT,
        "GET",
        "staff",
        "trace",
        "case",
        "office",
        0,
        "What can be taken out of a case, after the passkey was asked again.",
        does="export.case",
    ),
    Route(
        EXPORT,
        "POST",
        "staff",
        "trace",
        "case",
        "office",
        MOST_FORM_BYTES,
        "A case or its contacts as a file: a look at everybody in it.",
        does="export.case",
    ),
)
