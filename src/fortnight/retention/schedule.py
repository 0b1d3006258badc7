"""What is kept, where, how long and why, and how it ends: one table that the sweep obeys.

A column or a kind of file without a row here fails the build (tests/unit/test_retention_schedule).
Days are UTC days. Evidence of day D is kept on D and on the fourteen days after it: on the
fifteenth it goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from fortnight.settings import CASE_DAYS_AFTER_END, HELD_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

REVIEW_DAYS: Final = 365
"""Days that a question that nobody answered is kept for."""
LOOK_DAYS: Final = HELD_DAYS + CASE_DAYS_AFTER_END
"""Days that a person sees a look for at least: as long as what it may have led to."""


class Ending(StrEnum):
    """How something ends. Everything but ``public`` ends at the programme's end at the latest."""

    SWEPT = "swept"  # by the sweep, when its time is over
    WITH_PARENT = "with-parent"  # with the row that it belongs to
    ERASED = "erased"  # when the person asks, or agrees to nothing any more
    SUNSET = "sunset"  # when the programme ends
    PUBLIC = "public"  # never: it names nobody, and proves what was done


class Term(NamedTuple):
    """A row goes once the day of ``column`` is more than ``days`` days before today.

    ``unit``: "ms" and "day" count from 1970; "instant" is ms too, and the row goes at that very
    instant. A row where ``column`` or ``given`` is null is judged by the next term of its part.
    """

    column: str
    unit: Literal["ms", "day", "instant"]
    days: int
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Things that are kept together and end together.

    Attributes
    ----------
    of : str
        A table, a table of another schema such as ``people.person``, or a folder or file.
    names : tuple of str
        Columns of the table, or kinds of files.
    terms : tuple of Term
        For tables that the sweep empties.
    outlived_by : tuple of (str, str)
        Each (own column, "table.column"): a row stays as long as one such row is there.
    blanks : mapping, optional
        What the columns become where the row itself stays.
    """

    of: str
    names: tuple[str, ...]
    kept: str
    why: str
    ends: Ending
    terms: tuple[Term, ...] = ()
    outlived_by: tuple[tuple[str, str], ...] = ()
    blanks: Mapping[str, Any] | None = None


class Row(NamedTuple):
    """One row of the table that people read."""

    where: str
    kept: str
    why: str
    ends: Ending


def _part(
    of: str,
    names: str,
    kept: str,
    why: str,
    ends: Ending,
    *terms: Term,
    **more: Any,  # noqa: ANN401 - whatever else a Part takes
) -> Part:
    return Part(of, tuple(names.split()), kept, why, ends, terms, **more)


_CASE: Final = f"until {CASE_DAYS_AFTER_END} days after the follow-up"
_HELD: Final = f"{HELD_DAYS} days"
_ENROLLED: Final = f"while they agree to anything, and {HELD_DAYS} days after"
_END: Final = "until the programme ends"

_EVIDENCE: Final = (
    _part(
        "arrival",
        "id person kind origin received_at rows sealed",
        f"seconds, until it is filed; {_HELD} at most",
        "An acknowledgement means that it outlives a crash. The filing drops what is too old.",
        Ending.SWEPT,
        Term("received_at", "ms", HELD_DAYS),
    ),
    _part(
        "receipt",
        "person kind batch received_at answer",
        _HELD,
        "What is sent again is taken in once. Later the door refuses its rows for their age.",
        Ending.SWEPT,
        Term("received_at", "ms", HELD_DAYS),
    ),
    _part(
        "delivery",
        "operator batch received_at rows sha256 salt leaf",
        _END,
        "An operator's file is taken in once; it can be shown what was delivered. Names nobody.",
        Ending.SUNSET,
    ),
    _part(
        "lake_file",
        "id day kind name rows bytes made_at",
        _HELD,
        "Which files a day has.",
        Ending.SWEPT,
        Term("day", "day", HELD_DAYS),
    ),
    _part(
        "lake_day",
        "day changed_at index_name indexed_at",
        _HELD,
        "Which index a search of a day reads.",
        Ending.SWEPT,
        Term("day", "day", HELD_DAYS),
    ),
    _part(
        "home/lake",
        "fixes visits encounters ties index",
        _HELD,
        "Where people were, by day and daily pseudonym: what contacts are found in.",
        Ending.SWEPT,
    ),
    _part(
        "people.pseudonym",
        "day pseudonym person",
        _HELD,
        "Leads from the lake to a person, through the vault alone.",
        Ending.SWEPT,
    ),
    _part(
        "people.beacon",
        "day beacon person",
        _HELD,
        "Leads from what a phone sent over Bluetooth to a person, through the vault alone.",
        Ending.SWEPT,
    ),
)
_CASES: Final = (
    _part(
        "case_file",
        "id person number_hash token_id state disease onset_day test_day sample_at district "
        "opened_at opened_by code_tries agreed_at follow_up_end_day closed_at",
        f"{_CASE}; {_HELD} where the case never said yes",
        "What a case worker decides by, and answers for.",
        Ending.SWEPT,
        Term("follow_up_end_day", "day", CASE_DAYS_AFTER_END, given="agreed_at"),
        Term("opened_at", "ms", HELD_DAYS),
    ),
    _part(
        "case_file",
        "code_hash code_expires_at",
        "until the code is read back, or no longer holds",
        "Only the tested person can say yes to the trace.",
        Ending.SWEPT,
        Term("code_expires_at", "instant", 0),
        blanks={"code_hash": None, "code_expires_at": None},
    ),
    _part(
        "laboratory_token",
        "id token_hash laboratory test_hash number_hash issued_at expires_at used_at",
        "until it expires; a used one as long as its case",
        "No case without a laboratory's word for that number.",
        Ending.SWEPT,
        Term("expires_at", "instant", 0),
        outlived_by=(("id", "case_file.token_id"),),
    ),
    _part(
        "hidden_stay",
        "id case_id start end",
        _HELD,
        "What the case left out of the trace; later there is nothing to leave out.",
        Ending.SWEPT,
        Term("end", "ms", HELD_DAYS),
    ),
    _part(
        "trace_run",
        "id case_id state asked_at asked_by asked_role started_at ended_at problem "
        "window_first_day window_last_day held_from_day parameters contacts",
        _CASE,
        "By which rules contacts were found.",
        Ending.WITH_PARENT,
    ),
    _part(
        "exposure",
        "case_id contact run_id rank first_day last_day minutes tier kinds origins late",
        _CASE,
        "Day, minutes and tier of a contact, under a number of this case alone.",
        Ending.WITH_PARENT,
    ),
    _part(
        "exposure_detail",
        "case_id contact last_day sealed",
        f"{_HELD}, each day by itself",
        "Episodes and places, under the case's key. Days go one by one, the row with the last.",
        Ending.SWEPT,
        Term("last_day", "day", HELD_DAYS),
    ),
    _part(
        "people.case_contact",
        "case_id contact person made_at resolved_at",
        _CASE,
        "Leads from a contact of a case to a person, through the vault alone.",
        Ending.SWEPT,
    ),
)
_PEOPLE: Final = (
    _part(
        "people.person",
        "id number_sealed number_lookup language enrolled_at",
        _ENROLLED,
        "Whom to tell, in which language; to know them when they come back.",
        Ending.ERASED,
    ),
    _part(
        "people.device",
        "id person kind secret_hash owntracks_sealed made_at revoked_at",
        _ENROLLED,
        "Which phone may send for them.",
        Ending.ERASED,
    ),
    _part(
        "consent_grant",
        "id person kind text_version language given_at given_by salt leaf withdrawn_at "
        "withdrawn_salt withdrawn_leaf",
        _ENROLLED,
        "What they agreed to, when, and under which text: theirs to see, ours to show.",
        Ending.ERASED,
    ),
    _part(
        "look",
        "id person at role district purpose fields outcome actor case_id salt office_salt leaf",
        f"{LOOK_DAYS} days at least, and as long as the case that it was for",
        "Who looked at a person, when and why: theirs to see.",
        Ending.SWEPT,
        Term("at", "ms", LOOK_DAYS),
        outlived_by=(("case_id", "case_file.id"),),
    ),
    _part(
        "look",
        "xid written",
        "as long as the look",
        "PostgreSQL alone: how the database sees that a look was committed before anyone read.",
        Ending.WITH_PARENT,
    ),
    _part(
        "message",
        "id person key case_id template template_version language purpose state made_at sent_at",
        f"{LOOK_DAYS} days at least, and as long as the case that it was for",
        "Nobody is texted twice for one reason, and people see what they were sent.",
        Ending.SWEPT,
        Term("made_at", "ms", LOOK_DAYS),
        outlived_by=(("case_id", "case_file.id"),),
    ),
    _part(
        "message",
        "sealed",
        f"until it is sent; {_HELD} at most",
        "The words of a text that waits. One that waited that long helps nobody and is stopped.",
        Ending.SWEPT,
        Term("made_at", "ms", HELD_DAYS),
        blanks={"sealed": None, "state": "stopped"},
    ),
    _part(
        "home",
        "texts.jsonl",
        _HELD,
        "Texts that were handed over in a file, with the number that each is for.",
        Ending.SWEPT,
    ),
    _part(
        "alarm",
        "id kind at subject detail ended_at",
        f"{LOOK_DAYS} days",
        "What a person has to look into. Holds counts and ids alone.",
        Ending.SWEPT,
        Term("at", "ms", LOOK_DAYS),
    ),
    _part(
        "erasure",
        "person trail",
        "until nothing of them is left, within a day",
        "An erasure that a crash interrupts is finished.",
        Ending.ERASED,
    ),
    _part(
        "erasure",
        "id asked_at key_gone_at rows_gone_at files_gone_at leaf salt",
        _END,
        "Whoever asked can show that it was done. Names nobody.",
        Ending.SUNSET,
    ),
)
_SERVICE: Final = (
    _part(
        "laboratory",
        "id name key_hash made_at revoked_at",
        _END,
        "Which laboratories may give tokens.",
        Ending.SUNSET,
    ),
    _part(
        "operator",
        "id name key_hash made_at revoked_at",
        _END,
        "Which operators may deliver.",
        Ending.SUNSET,
    ),
    _part(
        "ledger_leaf",
        "id kind entry made_at place",
        "for ever",
        "What was done, to the hour, under commitments that only those concerned can open.",
        Ending.PUBLIC,
    ),
    _part(
        "ledger_leaf",
        "xid",
        "for ever",
        "PostgreSQL alone: in which transaction the entry was made.",
        Ending.PUBLIC,
    ),
    _part(
        "ledger_head",
        "id size root checkpoint made_at",
        "for ever",
        "What the log swore to last.",
        Ending.PUBLIC,
    ),
    _part("home/log", "files", "for ever", "The log, for everybody to check.", Ending.PUBLIC),
    _part(
        "alembic_version",
        "version_num",
        "for ever",
        "Which form the tables have.",
        Ending.PUBLIC,
    ),
    _part(
        "people.alembic_version",
        "version_num",
        "for ever",
        "Which form the tables of people have.",
        Ending.PUBLIC,
    ),
    _part(
        "keys",
        "person",
        _ENROLLED,
        "Opens what is sealed for a person. Goes first when they are erased.",
        Ending.ERASED,
    ),
    _part(
        "keys",
        "day",
        _HELD,
        "Makes the pseudonyms of a day. That it is gone is kept, or it could be made again.",
        Ending.SWEPT,
    ),
    _part("keys", "case", _CASE, "Opens the places of a case.", Ending.SWEPT),
    _part(
        "keys",
        "secret",
        _END,
        "Without them no number, token or log entry could be matched or signed.",
        Ending.SUNSET,
    ),
    _part(
        "keys",
        "copy",
        "as long as each key, and an hour",
        "The one copy, for when the file is lost.",
        Ending.ERASED,
    ),
    _part(
        "logs",
        "lines",
        "as long as the machine keeps its journal",
        "To find faults. Holds no personal data.",
        Ending.PUBLIC,
    ),
)
_BY_ACCOUNT: Final = (
    "case_assignment.account case_assignment.by decision.by decision.second_by call_record.by "
    "case_note.by case_merge.by named_contact.added_by intake_upload.by review.answered_by"
)
_OFFICE: Final = (
    _part(
        "staff_session",
        "secret_hash account made_at seen_at stepped_up_at ended_at",
        "8 hours of use; its row a day",
        "Who is signed in. A day later nobody asks when somebody was.",
        Ending.SWEPT,
        Term("made_at", "ms", 1),
    ),
    _part(
        "staff_ceremony",
        "secret_hash kind challenge verifier account expires_at",
        "until it is answered; 5 minutes at most",
        "An answer to a sign-in is taken once, from the browser that asked.",
        Ending.SWEPT,
        Term("expires_at", "instant", 0),
    ),
    _part(
        "staff_passkey",
        "credential account public_key sign_count made_at",
        "while the account is open",
        "Who is who signs in with it. Public keys alone.",
        Ending.WITH_PARENT,
    ),
    _part(
        "staff_conflict",
        "account case_id declared_at",
        _CASE,
        "Whoever knows a case does not work on it.",
        Ending.WITH_PARENT,
    ),
    _part(
        "case_assignment",
        "id case_id account by from_at until_at note_sealed",
        _CASE,
        "Who answers for a case, and what the one before had to tell them.",
        Ending.WITH_PARENT,
    ),
    _part(
        "named_contact",
        "id case_id contact sealed first_day last_day setting household pregnant weak_immunity "
        "added_by added_at merged_with objected_at",
        _CASE,
        "Whom the case named. They never enrolled: held for this case, under its key, only.",
        Ending.WITH_PARENT,
    ),
    _part(
        "decision",
        "id case_id contact kind reason by at needs_second second_by second_at retracted_at "
        "retracted_why",
        _CASE,
        "Who decided that a contact is told or not, and with which reason: to answer for it.",
        Ending.WITH_PARENT,
    ),
    _part(
        "call_record",
        "id case_id contact by at outcome language next_step next_at",
        _CASE,
        "Nobody is called twice for one thing, or never.",
        Ending.WITH_PARENT,
    ),
    _part(
        "case_note",
        "id case_id by at sealed",
        _CASE,
        "What the next one who works on the case has to know, under its key.",
        Ending.WITH_PARENT,
    ),
    _part(
        "case_change",
        "id case_id at kind detail",
        _CASE,
        "What new evidence, or a test withdrawn, changed in the list. Names nobody.",
        Ending.WITH_PARENT,
    ),
    _part(
        "case_merge",
        "kept merged by at",
        _CASE,
        "Two files of one case; the way back.",
        Ending.WITH_PARENT,
    ),
    _part(
        "intake_upload",
        "id by at sha256 state rows cases refused",
        _HELD,
        "Rows in are cases and refusals: to be shown while someone may still ask.",
        Ending.SWEPT,
        Term("at", "ms", HELD_DAYS),
    ),
    _part(
        "intake_refusal",
        "upload row reason",
        _HELD,
        "Which row was refused and why, to mend it. The row itself is not kept.",
        Ending.WITH_PARENT,
    ),
    _part(
        "review",
        "id kind subject asked_at due_at answered_at answered_by answer",
        f"{LOOK_DAYS} days after its answer; {REVIEW_DAYS} without one",
        "What was asked of the data protection officer outlives what it is about, so that it can "
        "be seen that it was answered.",
        Ending.SWEPT,
        Term("answered_at", "ms", LOOK_DAYS),
        Term("asked_at", "ms", REVIEW_DAYS),
    ),
    _part(
        "staff_account",
        "invite_hash invite_until",
        "until it is used; 24 hours at most",
        "Lets a new colleague register a first passkey, once.",
        Ending.SWEPT,
        Term("invite_until", "instant", 0),
        blanks={"invite_hash": None, "invite_until": None},
    ),
    _part(
        "staff_account",
        "id login subject name role district number_hash made_at ended_at",
        f"{CASE_DAYS_AFTER_END} days after it ends, and as long as a record names it",
        "Who may do what, and who did. Their number's keyed hash: nobody works on their own case.",
        Ending.SWEPT,
        Term("ended_at", "ms", CASE_DAYS_AFTER_END),
        outlived_by=tuple(("id", column) for column in _BY_ACCOUNT.split()),
    ),
)
_OF_A_JOB: Final = (
    "workflow_status workflow_input workflow_output operation_outputs workflow_events "
    "workflow_events_history streams notifications"
)
_OF_THE_QUEUE: Final = (
    "event_dispatch_kv workflow_schedules queues application_versions dbos_migrations"
)
_QUEUE: Final = (
    _part(
        "dbos",
        _OF_A_JOB,
        _CASE,
        "Jobs outlive a crash. They hold ids of traces, and no personal data.",
        Ending.SWEPT,
    ),
    _part(
        "dbos",
        _OF_THE_QUEUE,
        _END,
        "When the service's own jobs run, how many at once, and for which version of it.",
        Ending.SUNSET,
    ),
)

ON_POSTGRES_ALONE: Final = frozenset({"ledger_leaf.xid", "look.xid", "look.written"})
SCHEDULE: Final = (*_EVIDENCE, *_CASES, *_PEOPLE, *_OFFICE, *_SERVICE, *_QUEUE)


def rows() -> tuple[Row, ...]:
    """Return the whole table, a row for each column and each kind of file."""
    return tuple(
        Row(_where(part.of, name), part.kept, part.why, part.ends)
        for part in SCHEDULE
        for name in part.names
    )


def swept_tables() -> tuple[Part, ...]:
    """Return the parts that the sweep empties by a query of their own, in order."""
    return tuple(part for part in SCHEDULE if part.terms)


def _where(of: str, name: str) -> str:
    """Return the name of a column, or of a kind of file."""
    is_file = of.startswith("home/") or of in {"home", "keys", "logs"}
    return f"{of}/{name}" if is_file else f"{of}.{name}"
