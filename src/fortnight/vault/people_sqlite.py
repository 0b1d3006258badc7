"""The tables of people in a SQLite file: opening and reading, in two transactions.

Looks and grants lie in the main database, people in a file of their own. A look counts where a
fresh connection to the main database sees it: no transaction still open can show it anything.
Whoever holds both databases takes the main one first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from fortnight.db.tables import look
from fortnight.errors import RefusedError
from fortnight.vault.cases import (
    StandingCase,
    exported_case,
    holders,
    holders_of_any,
    other_cases,
    refuse_unknown_case,
    standing_case,
)
from fortnight.vault.given_sqlite import (
    look_rows,
    looks_there,
    names_fields,
    numbers_of,
    opened_by,
    owners,
    people_rows,
    pseudonyms_of,
)
from fortnight.vault.looks import add_looks
from fortnight.vault.near_sqlite import GRANT, colleagues, keep_ties, self_and_tied
from fortnight.vault.people import Ask, FoundRow, Opened, Seed
from fortnight.vault.purposes import GRANTS, LIST_GRANTS, TRACE_GRANTS, Field, Purpose
from fortnight.vault.rows_sqlite import LISTED, SqliteRows, enrolled, listed, parts
from fortnight.vault.tables import case_contact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.vault.purposes import Reader

_READ: Final = update(look).where(look.c.id.in_(LISTED)).values(outcome="read")
_CONTACTS: Final = select(case_contact).where(case_contact.c.case_id == bindparam("case"))
_OWN: Final = (Field.PSEUDONYMS,)
_GROUP: Final = (Field.CONTACT,)
_RESOLVE: Final = (Field.LANGUAGE, Field.NUMBER)
_VIEW: Final = (Field.CONTACT, Field.EVIDENCE)
_EXPORT: Final = (Field.CASE, Field.CONTACT)


class SqlitePeople(SqliteRows):
    """The port `People` on SQLite; what each method guarantees is said there.

    Parameters
    ----------
    people : Database
        ``people.db`` (`db.engine.open_sqlite`), opened by this room alone.
    main : Database
        Looks, the log's entries, grants and cases.
    """

    def __init__(self, people: Database, main: Database, consents: Consents) -> None:
        super().__init__(people)
        self._main, self._consents = main, consents

    # -- who works here ----------------------------------------------------------------------------

    def file_ties(self, day: int, pairs: Collection[tuple[bytes, bytes]]) -> None:
        """Record which of a day's calls are of somebody with an account here; drop all others."""
        with self._main.read() as main:
            numbers = colleagues(main)
        if numbers and pairs:
            with self._people.write() as people:
                keep_ties(people, numbers, day, pairs)

    def near(self, number_lookup: bytes, case_id: str) -> dict[str, str]:
        """Return which contacts of a case are whoever works here under a number, or tied."""
        with self._main.read() as main, self._people.read() as people:
            if number_lookup not in colleagues(main):
                return {}
            me, found = self_and_tied(people, number_lookup, case_id)
            live = self._consents.live_people(main, found.keys() | {me or ""}, GRANT)
        return {
            contact: "self" if who == me else "tied"
            for who, contact in found.items()
            if who == me or {who, me} <= live
        }

    # -- any purpose -------------------------------------------------------------------------------

    def open_access(self, ask: Ask, people: Mapping[str, Seed], now: int) -> None:
        """Write one look for each person who may be read under ``ask``; leave out the others."""
        with self._people.read() as connection:
            there = enrolled(connection, people)
        with self._main.write() as main:
            allowed = there & self._of_case(main, ask, people)
            if grants := _grants_of(ask.purpose, ask.case_id):
                allowed &= holders_of_any(self._consents, main, allowed, grants)
            if not allowed:
                raise RefusedError(
                    f"Nobody to read for {ask.purpose}: not enrolled, or without a live grant."
                )
            seeds = {who: seed for who, seed in people.items() if who in allowed}
            add_looks(main, "look", ask, seeds, now)

    def read_access(self, looks: Sequence[str]) -> list[Opened]:
        """Give what committed looks open, in their order."""
        taken = self._take(looks)
        if not taken:
            raise RefusedError("No look is committed: open the access first, then read.")
        with self._people.read() as connection:
            people = people_rows(connection, sorted({row.person for row in taken}))
            numbers = numbers_of(connection, taken)
            return [
                opened_by(connection, row, people[row.person], numbers)
                for row in taken
                if row.person in people
            ]

    # -- the case itself ---------------------------------------------------------------------------

    def open_own(self, case_id: str, reader: Reader, seed: Seed, now: int) -> None:
        """Write a look at the case (purpose trace, field pseudonyms)."""
        with self._main.write() as main:
            case = standing_case(main, case_id)
            who = case.person
            if who is None or self.with_lookup(case.number_hash) != who:
                raise RefusedError("The tested person of this case is not enrolled.")
            self._refuse_without_grant(main, who)
            ask = Ask(reader, Purpose.TRACE, _OWN, case_id)
            add_looks(main, "look", ask, {who: seed}, now)

    def read_own(self, look_id: str, days: Collection[int]) -> dict[int, bytes]:
        """Give the pseudonyms of the look's person on those days; days without one: left out."""
        row = self._take_one(look_id, Field.PSEUDONYMS)
        with self._people.read() as connection:
            held = pseudonyms_of(connection, row.person)
        return {day: held[day] for day in sorted(set(days)) if day in held}

    # -- whom the trace found ----------------------------------------------------------------------

    def open_group(
        self, case_id: str, reader: Reader, found: Sequence[tuple[FoundRow, Seed]], now: int
    ) -> None:
        """Give each contact found a number in the case, and write a look (trace, contact)."""
        with self._main.write() as main:
            case = standing_case(main, case_id)
            counting = self._counting(main, case, [row for row, _ in found])
            contacts = _contacts(counting, found)
            ask = Ask(reader, Purpose.TRACE, _GROUP, case_id)
            # a crash after this leaves numbers without a look: nobody was given them
            self._number(case_id, contacts, now)
            add_looks(main, "look", ask, contacts, now)

    def read_group(self, case_id: str, found: Sequence[tuple[FoundRow, Seed]]) -> list[str | None]:
        """Give the contact number of each row that counts and whose person has a committed look."""
        taken = self._take([seed.look for _, seed in found])
        looked_at = {
            row.person for row in taken if row.case_id == case_id and names_fields(row, _GROUP)
        }
        if not looked_at:
            return [None] * len(found)
        with self._main.read() as main:
            counting = self._counting(main, standing_case(main, case_id), [row for row, _ in found])
        numbers = self._numbers(case_id)
        return [numbers.get(who) if who and who in looked_at else None for who in counting]

    def _counting(
        self, main: Connection, case: StandingCase, found: Sequence[FoundRow]
    ) -> list[str | None]:
        """Return whose each row is where it counts, None where it does not."""
        owners = self._owners(found)
        grants = {grant for row in found for grant in row.grants if grant in TRACE_GRANTS}
        live = holders(self._consents, main, set(owners.values()), grants)
        own = {case.person, self.with_lookup(case.number_hash)}
        counting: list[str | None] = []
        for row in found:
            who = owners.get((row.day, row.pseudonym))
            agreed = any(who in live.get(grant, ()) for grant in row.grants)
            counting.append(who if agreed and who not in own else None)
        return counting

    def _owners(self, found: Sequence[FoundRow]) -> dict[tuple[int, bytes], str]:
        names: dict[int, set[bytes]] = {}
        for row in found:
            names.setdefault(row.day, set()).add(row.pseudonym)
        with self._people.read() as connection:
            return {
                (day, name): who
                for day, some in names.items()
                for part in parts(sorted(some))
                for name, who in owners(connection, day, part)
            }

    def _number(self, case_id: str, contacts: Mapping[str, Seed], now: int) -> None:
        rows = [
            {"case_id": case_id, "contact": seed.contact, "person": who, "made_at": now}
            for who, seed in contacts.items()
        ]
        if rows:
            with self._people.write() as connection:
                kept = insert(case_contact).on_conflict_do_nothing(["case_id", "person"])
                connection.execute(kept, rows)

    def _numbers(self, case_id: str) -> dict[str, str]:
        with self._people.read() as connection:
            return {
                row.person: row.contact for row in connection.execute(_CONTACTS, {"case": case_id})
            }

    # -- one contact, by a named person's decision -------------------------------------------------

    def open_resolve(
        self, case_id: str, contact: str, reader: Reader, seed: Seed, now: int
    ) -> None:
        """Write a look (trace; language, number), its leaf of kind ``resolve``, at one contact."""
        with self._main.write() as main:
            who = self._contact_of(main, case_id, contact)
            ask = Ask(reader, Purpose.TRACE, _RESOLVE, case_id)
            add_looks(main, "resolve", ask, {who: seed}, now)

    def read_resolve(self, look_id: str) -> Opened:
        """Give person, sealed number and language; set ``resolved_at`` to the look's instant."""
        row = self._take_one(look_id, Field.NUMBER)
        theirs = (case_contact.c.case_id == row.case_id) & (case_contact.c.person == row.person)
        with self._people.write() as connection:
            who = people_rows(connection, [row.person]).get(row.person)
            if who is None:
                raise RefusedError("This contact was erased a moment ago.")
            connection.execute(update(case_contact).where(theirs).values(resolved_at=row.at))
            return opened_by(connection, row, who)

    def open_view(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, now: int
    ) -> None:
        """Write a look (trace; contact, evidence) at contacts of a case."""
        with self._main.write() as main:
            standing_case(main, case_id)
            numbers = {number: who for who, number in self._numbers(case_id).items()}
            seeds = {numbers[one]: seed for one, seed in contacts.items() if one in numbers}
            live = holders_of_any(self._consents, main, seeds, TRACE_GRANTS)
            kept = {who: seed for who, seed in seeds.items() if who in live}
            if not kept:
                raise RefusedError("No such contact of this case has a live grant for trace.")
            add_looks(main, "look", Ask(reader, Purpose.TRACE, _VIEW, case_id), kept, now)

    def open_export(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, own: Seed, now: int
    ) -> None:
        """Write a look (trace; case, contact) at each contact of a case, and at the case itself."""
        with self._main.write() as main:
            case = exported_case(main, case_id, reader.role)
            numbers = {number: who for who, number in self._numbers(case_id).items()}
            seeds = {numbers[one]: seed for one, seed in contacts.items() if one in numbers}
            if case.person is not None:
                seeds[case.person] = own
            with self._people.read() as people:
                there = enrolled(people, seeds)
            allowed = holders_of_any(self._consents, main, there, TRACE_GRANTS)
            if not allowed:
                raise RefusedError(
                    "Nobody of this case has a live grant for trace: nothing is opened."
                )
            ask = Ask(reader, Purpose.TRACE, _EXPORT, case_id)
            kept = {who: seed for who, seed in seeds.items() if who in allowed}
            add_looks(main, "look", ask, kept, now)

    def open_links(
        self, case_id: str, contacts: Mapping[str, Seed], reader: Reader, now: int
    ) -> None:
        """Write a look (trace; case, contact) at each contact of a case who is a case themself."""
        with self._main.write() as main:
            standing_case(main, case_id)
            who = {who: contacts[one] for who, one in self._numbers(case_id).items()
                   if one in contacts}  # fmt: skip
            ill = {person for person, _ in other_cases(main, case_id, who)}
            live = holders_of_any(self._consents, main, ill, TRACE_GRANTS)
            seeds = {person: seed for person, seed in who.items() if person in live}
            if seeds:
                add_looks(main, "look", Ask(reader, Purpose.TRACE, _EXPORT, case_id), seeds, now)

    def read_links(self, looks: Sequence[str]) -> list[tuple[str, str]]:
        """Give (contact, case) of those looks that `open_links` wrote; there may be none."""
        taken = [row for row in self._take(looks) if names_fields(row, _EXPORT)]
        people: dict[str, set[str]] = {}
        for row in taken:
            people.setdefault(row.case_id, set()).add(row.person)
        with self._main.read() as main:
            found = [
                (case_id, *one)
                for case_id, some in people.items()
                for one in other_cases(main, standing_case(main, case_id).id, some)
            ]
        numbers = {case_id: self._numbers(case_id) for case_id in people}
        return [
            (numbers[case_id][who], other)
            for case_id, who, other in found
            if who in numbers[case_id]
        ]

    def _contact_of(self, main: Connection, case_id: str, contact: str) -> str:
        """Return who a contact of a case is, where they may be looked at for it."""
        standing_case(main, case_id)
        numbers = {number: who for who, number in self._numbers(case_id).items()}
        if contact not in numbers:
            raise RefusedError("This case has no such contact: its trace did not return them.")
        self._refuse_without_grant(main, numbers[contact])
        return numbers[contact]

    # -- what all of them share --------------------------------------------------------------------

    def _take(self, looks: Sequence[str]) -> list[Row[Any]]:
        """Mark committed looks as read; return those whose person still agrees, in their order.

        Raises RefusedError for one that was read before.
        """
        wanted = list(dict.fromkeys(looks))
        with self._main.read() as fresh:  # sees what is committed, and nothing else
            committed = looks_there(fresh, wanted)
        if not committed:
            return []
        # A dying machine may lose that they were read, never the looks: those were durable before.
        with self._main.write_soon() as main:
            rows = look_rows(main, committed)
            if any(row.outcome != "opened" for row in rows.values()):
                raise RefusedError("A look was read before: open the access anew.")
            main.execute(_READ, listed(rows))
            agreeing = self._agreeing(main, rows.values())
        return [rows[one] for one in wanted if one in agreeing]

    def _take_one(self, look_id: str, field: Field) -> Row[Any]:
        """Mark one look as read and return it; RefusedError where it does not open the field."""
        taken = self._take([look_id])
        if not taken or not names_fields(taken[0], (field,)):
            raise RefusedError("No such look is committed: open the access first, then read.")
        return taken[0]

    def _agreeing(self, main: Connection, rows: Collection[Row[Any]]) -> set[str]:
        """Return the looks that their people's grants still allow."""
        agreeing: set[str] = set()
        needs = {row.id: _grants_of(Purpose(row.purpose), row.case_id) for row in rows}
        for grants in set(needs.values()):
            people = {row.person for row in rows if needs[row.id] == grants}
            live = holders_of_any(self._consents, main, people, grants) if grants else people
            agreeing |= {row.id for row in rows if needs[row.id] == grants and row.person in live}
        return agreeing

    def _refuse_without_grant(self, main: Connection, who: str) -> None:
        if not holders_of_any(self._consents, main, (who,), TRACE_GRANTS):
            raise RefusedError("This person has no live grant for trace: nothing is opened.")

    def _of_case(self, main: Connection, ask: Ask, people: Collection[str]) -> set[str]:
        """Return whom a look may be at, as far as the case goes."""
        if ask.case_id is None:
            if ask.purpose is Purpose.TRACE and ask.fields != (Field.NUMBER,):
                raise RefusedError("Nobody is read for trace without a case.")
            return set(people)
        if ask.purpose is not Purpose.TRACE:
            refuse_unknown_case(main, ask.case_id)
            return set(people)
        if Field.NUMBER in ask.fields:
            raise RefusedError("A number is opened for a case by `resolve`, one contact at a time.")
        case = standing_case(main, ask.case_id)
        return set(self._numbers(ask.case_id)) | {who for who in (case.person,) if who}


def _grants_of(purpose: Purpose, case_id: str | None) -> tuple[str, ...]:
    """Return of which grants one has to be live."""
    if purpose is Purpose.TRACE and case_id is None:
        return LIST_GRANTS
    return GRANTS[purpose]


def _contacts(
    counting: Sequence[str | None], found: Sequence[tuple[FoundRow, Seed]]
) -> dict[str, Seed]:
    """Return the contacts, each with the seed of their first row that counts."""
    strong = {who for who, (row, _) in zip(counting, found, strict=True) if row.strong}
    seeds: dict[str, Seed] = {}
    for who, (_, seed) in zip(counting, found, strict=True):
        if who is not None and who in strong:
            seeds.setdefault(who, seed)
    return seeds
