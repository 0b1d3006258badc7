"""What a person takes of each table: one row a table, and the columns of it.

Whatever the retention schedule names is here, or in ``left_out.toml`` with its reason:
tests/unit/test_taking_schedule.py fails for a column that is in neither, or in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.db.enrolment_tables import (
    enrolment,
    guardianship,
    pin_reset,
    portal_passkey,
    portal_pin,
    start_over,
)
from fortnight.db.message_tables import (
    call_task,
    inbound,
    message_part,
    own_zone,
    receipt_heard,
    text_entry,
)
from fortnight.db.office_tables import call_record, case_source, decision, review
from fortnight.db.sending_tables import check_in, never_sent, never_sent_count, sending_phone
from fortnight.db.support_tables import (
    became_case,
    exposure_reply,
    follow_day,
    follow_up,
    home_reminder,
    support_pause,
    support_record,
    support_ticket,
)
from fortnight.db.tables import (
    alarm,
    case_file,
    consent_grant,
    exposure,
    hidden_stay,
    laboratory_token,
    look,
    message,
    receipt,
    trace_run,
)
from fortnight.taking import opening
from fortnight.taking.selecting import (
    about,
    about_looks_too,
    as_contact,
    beside,
    called,
    of_own_cases,
    own,
    token_of_cases,
)

if TYPE_CHECKING:
    from sqlalchemy import Table

    from fortnight.taking.opening import Opener
    from fortnight.taking.selecting import Rule

EVIDENCE: Final = ("fixes", "visits", "encounters", "ties")


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one table, as a person takes them.

    Attributes
    ----------
    name : str
        Of the file and of the part of the index page.
    columns : tuple of str
        Given as they stand.
    openers : tuple of Opener
        Sealed columns, which are given open.
    banded : tuple of str
        Columns with minutes that are given as a band.
    """

    name: str
    table: Table
    rule: Rule
    columns: tuple[str, ...]
    openers: tuple[Opener, ...] = ()
    banded: tuple[str, ...] = ()

    @property
    def covers(self) -> tuple[str, ...]:
        """The columns of the schedule that this gives."""
        named = (*self.columns, *(one.column for one in self.openers))
        return tuple(f"{self.table.name}.{one}" for one in named)


def _source(
    name: str,
    table: Table,
    rule: Rule,
    columns: str,
    *openers: Opener,
    banded: tuple[str, ...] = (),
) -> Source:
    return Source(name, table, rule, tuple(columns.split()), openers, banded)


SOURCES: Final = (
    _source(
        "grants",
        consent_grant,
        own,
        "id kind text_version language given_at given_by withdrawn_at salt leaf withdrawn_salt "
        "withdrawn_leaf",
    ),
    _source("looks", look, own, "id person at role district purpose fields outcome salt leaf"),
    _source("batches", receipt, own, "kind batch received_at answer"),
    _source(
        "cases",
        case_file,
        of_own_cases("id"),
        "id state disease onset_day test_day sample_at district opened_at agreed_at code_tries "
        "code_expires_at follow_up_end_day closed_at",
    ),
    _source("tests", laboratory_token, token_of_cases, "issued_at expires_at used_at"),
    _source("hidden-stays", hidden_stay, of_own_cases(), "case_id start end"),
    _source(
        "searches",
        trace_run,
        of_own_cases(),
        "id case_id state asked_at asked_role started_at ended_at window_first_day "
        "window_last_day held_from_day parameters contacts",
    ),
    _source("where-from", case_source, of_own_cases(), "at observed unknown"),
    _source(
        "exposures",
        exposure,
        as_contact,
        "first_day last_day minutes tier kinds origins late",
        banded=("minutes",),  # as on the page of exposures: the minute could tell whose visit
    ),
    _source(
        "decisions",
        decision,
        as_contact,
        "kind at needs_second second_at retracted_at",
    ),
    _source("calls", call_record, called, "at outcome language next_at"),
    _source(
        "follow-ups",
        follow_up,
        own,
        "id state by_voice household first_day end_day began_at ended_at",
        opening.PLAN,
    ),
    _source(
        "follow-up-days",
        follow_day,
        beside(follow_up, "follow_up"),
        "follow_up day state since asked_at answered_at channel",
        opening.ANSWER,
    ),
    _source("became-case", became_case, of_own_cases(), "at"),
    _source(
        "requests",
        support_ticket,
        own,
        "id follow_up need made_at due_at partner outcome ended_at",
        opening.REQUEST,
    ),
    _source("pauses", support_pause, own, "id follow_up kind from_at until_at ended_at"),
    _source(
        "replies",
        exposure_reply,
        own,
        "id follow_up kind made_at due_at before_minutes before_tier after_minutes after_tier "
        "answered_at stands",
        opening.REPLY,
        opening.REPLY_ANSWER,
        banded=("before_minutes", "after_minutes"),  # as of exposures
    ),
    _source("record", support_record, own, "id person at kind detail salt leaf"),
    _source("reminder", home_reminder, own, "on_at", opening.HOME),
    _source(
        "texts",
        message,
        own,
        "id template template_version language purpose state made_at sent_at not_before "
        "claimed_at parts awaits reminds",
        opening.WAITING_TEXT,
    ),
    _source("text-parts", message_part, beside(message, "message"), "message part reference"),
    _source(
        "text-entries",
        text_entry,
        beside(message, "message"),
        "leaf message at outcome language salt",
    ),
    _source("text-receipts", receipt_heard, own, "id reference marker outcome heard_at"),
    _source("written-back", inbound, own, "id at kind done_at", opening.WRITTEN_BACK),
    _source("calls-wanted", call_task, own, "id message reason made_at done_at"),
    _source("alarms", alarm, about, "id kind at detail ended_at"),
    _source(
        "reviews",
        review,
        about_looks_too,
        "id kind subject asked_at due_at answered_at answer asked_leaf asked_salt answered_leaf "
        "answered_salt",
    ),
    _source(
        "coming-in",
        enrolment,
        own,
        "state began_at seen_at shown_at choose_until ask_at asked of_age_at",
    ),
    _source("pin", portal_pin, own, "made_at"),
    _source("passkeys", portal_passkey, own, "made_at"),
    _source("pin-reset", pin_reset, own, "asked_at due_at"),
    _source("beginning-anew", start_over, own, "asked_at due_at"),
    _source("guardian", guardianship, own, "until_day made_at"),
    _source("phones", sending_phone, own, "device app made_at"),
    _source("never-sent", never_sent, own, "changed_at", opening.NEVER_SENT),
    _source("time-zone", own_zone, own, "changed_at", opening.ZONE),
    _source("check-ins", check_in, own, "id day due_at", opening.CHECK_IN),
    _source("never-sent-counts", never_sent_count, own, "day rows"),
)
BESIDE_TABLES: Final = (
    "people.person.number_sealed",
    "people.person.language",
    *(f"people.device.{name}" for name in ("id", "kind", "made_at", "revoked_at")),
    "people.pseudonym.day",
    "people.pseudonym.pseudonym",
    *(f"home/lake/{kind}" for kind in EVIDENCE),
    *(f"arrival.{name}" for name in ("kind", "origin", "received_at", "rows", "sealed")),
    "home/texts.jsonl",
    "ledger_leaf.entry",
    "ledger_leaf.place",
)
"""What is given and lies in no table of the list above: `gathering` and `evidence` read it."""


def covered() -> tuple[str, ...]:
    """Return every column and kind of file of the schedule that a person is given."""
    return (*(one for source in SOURCES for one in source.covers), *BESIDE_TABLES)
