"""How long what belongs to a case is kept."""

from __future__ import annotations

from typing import Final

from fortnight.retention.parts import CASE, HELD, Ending, Term, part
from fortnight.settings import CASE_DAYS_AFTER_END, HELD_DAYS

CASES: Final = (
    part(
        "case_file",
        "id person number_hash token_id state disease onset_day test_day sample_at district "
        "opened_at opened_by code_tries agreed_at follow_up_end_day closed_at",
        f"{CASE}; {HELD} where somebody enrolled never said yes",
        "What a case worker decides by, and answers for.",
        Ending.SWEPT,
        Term("follow_up_end_day", "day", CASE_DAYS_AFTER_END, given="agreed_at"),
        Term("follow_up_end_day", "day", CASE_DAYS_AFTER_END, missing="person"),
        Term("opened_at", "ms", HELD_DAYS),
    ),
    part(
        "case_file",
        "code_hash code_expires_at",
        "until the code is read back, or no longer holds",
        "Only the tested person can say yes to the trace.",
        Ending.SWEPT,
        Term("code_expires_at", "instant", 0),
        blanks={"code_hash": None, "code_expires_at": None},
    ),
    part(
        "laboratory_token",
        "id token_hash laboratory test_hash number_hash issued_at expires_at used_at",
        "until it expires; a used one as long as its case",
        "No case without a laboratory's word for that number.",
        Ending.SWEPT,
        Term("expires_at", "instant", 0),
        outlived_by=(("id", "case_file.token_id"),),
    ),
    part(
        "hidden_stay",
        "id case_id start end",
        HELD,
        "What the case left out of the trace; later there is nothing to leave out.",
        Ending.SWEPT,
        Term("end", "ms", HELD_DAYS),
    ),
    part(
        "trace_run",
        "id case_id state asked_at asked_by asked_role started_at ended_at problem "
        "window_first_day window_last_day held_from_day parameters contacts",
        CASE,
        "By which rules contacts were found.",
        Ending.WITH_PARENT,
    ),
    part(
        "exposure",
        "case_id contact run_id rank first_day last_day minutes tier kinds origins late",
        CASE,
        "Day, minutes and tier of a contact, under a number of this case alone.",
        Ending.WITH_PARENT,
    ),
    part(
        "exposure_detail",
        "case_id contact last_day sealed",
        f"{HELD}, each day by itself",
        "Episodes and places, under the case's key. Days go one by one, the row with the last.",
        Ending.SWEPT,
        Term("last_day", "day", HELD_DAYS),
    ),
    part(
        "case_source",
        "case_id at observed unknown",
        CASE,
        "How likely it is that the source of a case is among the known cases.",
        Ending.WITH_PARENT,
    ),
    part(
        "case_link",
        "case_id other contact sealed",
        CASE,
        "On which days, and how long, one case may have infected another. No place.",
        Ending.WITH_PARENT,
    ),
    part(
        "people.case_contact",
        "case_id contact person made_at resolved_at",
        CASE,
        "Leads from a contact of a case to a person, through the vault alone.",
        Ending.SWEPT,
    ),
)
