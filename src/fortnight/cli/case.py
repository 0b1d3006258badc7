"""`fortnight case`: one case from the laboratory's token to the list of contacts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from cyclopts import App, Parameter
from rich import box
from rich.table import Table

from fortnight.case.cases import NewCase
from fortnight.case.exposures import Exposure
from fortnight.cli.opened import (
    HOME,
    OUT,
    Home,
    day_number,
    instant,
    print_plain,
    reader_here,
    service_in,
)
from fortnight.errors import QuestionError
from fortnight.vault.purposes import Reader

app = App(name="case", help="Cases: opened with a token, agreed to by the case, traced, told.")

CaseId = Annotated[str, Parameter(help="Id of the case.")]


@app.command(name="open")
def open_case(
    number: Annotated[str, Parameter(help="The tested person's number, with + and country.")],
    /,
    *,
    token: Annotated[str, Parameter(help="The laboratory's token for their test.")],
    test_date: Annotated[date, Parameter(help="Day of the test.")],
    sample: Annotated[datetime, Parameter(help="When the sample was taken, with its offset.")],
    onset: Annotated[date | None, Parameter(help="First day of symptoms, if any.")] = None,
    disease: Annotated[str, Parameter(help="Id of the disease.")] = "covid-19",
    home: Home = HOME,
) -> None:
    """Open a case, tell the person at once, and send them a code to say yes with."""
    with service_in(home) as service:
        new = NewCase(
            token=token,
            number=number,
            disease=disease,
            onset_day=None if onset is None else day_number(onset),
            test_day=day_number(test_date),
            sample_at=instant(sample),
        )
        case_id = service.cases.open(new, reader_here(service.settings), service.clock())
    print_plain(case_id)


@app.command
def agree(case: CaseId, code: str, /, *, home: Home = HOME) -> None:
    """Take the case's own yes: the code that was sent to them, read back."""
    with service_in(home) as service:
        service.cases.agree(case, code, service.clock())
    print_plain("The case agreed. They may hide stays first; then: fortnight case trace")


@app.command
def hide(case: CaseId, start: datetime, end: datetime, /, *, home: Home = HOME) -> None:
    """Leave a period of the case's own out of the trace, before it runs."""
    with service_in(home) as service:
        service.cases.hide(case, instant(start), instant(end), service.clock())
    print_plain("Hidden.")


@app.command
def trace(case: CaseId, /, *, home: Home = HOME) -> None:
    """Queue the trace; the service that is running does it."""
    with service_in(home) as service:
        run = service.cases.request_trace(case, reader_here(service.settings), service.clock())
    print_plain(run)


@app.command
def contacts(case: CaseId, /, *, home: Home = HOME) -> None:
    """Show a case's contacts by rank, each under a number of this case alone."""
    with service_in(home) as service:
        file, listed = service.cases.case(case), service.cases.exposures(case)
    print_plain(f"Case {file.id}: {file.state}, {file.disease}")
    OUT.print(contacts_table(listed))


def contacts_table(listed: tuple[Exposure, ...], shown: int | None = None) -> Table:
    """Return the contacts of a case as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("Rank", "Contact", "Minutes", "First", "Last", "Tier", "Evidence", "Late"):
        table.add_column(name, no_wrap=True, justify="right" if name == "Minutes" else "left")
    for one in listed[:shown]:
        table.add_row(
            str(one.rank),
            one.contact,
            str(one.minutes),
            _day(one.first_day),
            _day(one.last_day),
            one.tier or "",
            ", ".join(one.kinds),
            "yes" if one.late else "",
        )
    return table


def _day(number: int) -> str:
    return date.fromordinal(date(1970, 1, 1).toordinal() + number).strftime("%d %b")


@app.command
def tell(
    case: CaseId,
    contact: str,
    /,
    *,
    login: Annotated[str, Parameter(help="Account of who decides, from `fortnight staff`.")],
    reason: Annotated[str, Parameter(help="Why they are told, in words.")],
    home: Home = HOME,
) -> None:
    """Decide that one contact is told: resolves that one, and queues their text.

    Where many met at one place, or many were told already, it waits for a second person.
    """
    with service_in(home) as service:
        account = service.staff.accounts.with_login(login)
        if account is None or account.ended_at is not None:
            raise QuestionError(f"There is no account {login}: add it with `fortnight staff add`.")
        who = Reader(role=account.role, actor=account.id, district=account.district)
        made = service.work.decisions.decide(
            case, contact, "tell", reason, account.id, who, service.clock()
        )
        by_phone = service.cases.takes_a_call(case, contact)
    next_step = "Call them instead: they did not agree to texts." if by_phone else "Queued."
    print_plain("Waits for a second person." if made.is_waiting else next_step)


@app.command
def withdraw(case: CaseId, /, *, home: Home = HOME) -> None:
    """Withdraw a case whose test was wrong: nothing more is traced, read or sent for it."""
    with service_in(home) as service:
        service.cases.withdraw_test(case, reader_here(service.settings), service.clock())
    print_plain("Withdrawn.")


@app.command
def close(case: CaseId, /, *, home: Home = HOME) -> None:
    """Close a case whose work is done."""
    with service_in(home) as service:
        service.cases.close(case, reader_here(service.settings), service.clock())
    print_plain("Closed.")
