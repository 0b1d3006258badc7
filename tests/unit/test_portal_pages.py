"""The portal through its own pages: in each language, without a script, for one person alone."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.case_world import CONTACT_NUMBER
from tests.portal_world import KEY, OWN, Portal, checked, code_of, portal_world, signed
from tests.services import MINUTE, Clock

from fortnight.enrolment.entry import NOT_SAID
from fortnight.notify.calling_words import calling_words
from fortnight.web.portal.language import LANGUAGES
from fortnight.web.portal.routes import PORTAL_ROUTES
from fortnight.web.portal.sessions import IDLE_MS, LONGEST_MS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TELLING: Final = r"(?i)covid|test|symptom|ill|health|исследов|анализ|болезн|مرض|فحص|أعراض|صح"
PAGES: Final = ("today", "household", "help", "reply", "record")


@pytest.fixture
def portal(world_folder: Path, clock: Clock) -> Iterator[Portal]:
    with portal_world(world_folder, clock) as made:
        yield made


# -- coming in and leaving -----------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_stands_in_each_language_under_a_neutral_title(
    portal: Portal, language: str
) -> None:
    assert portal.get("/").headers["location"] == "/portal"
    first = portal.page("/portal", language)
    signed(portal, language)
    portal.send("/portal/today", follow_up=portal.followed, symptom=["fever"], need=["food"])
    portal.send("/portal/reply", follow_up=portal.followed, kind="masks")
    pages = [first, *(portal.page(f"/portal/{name}", language) for name in PAGES)]
    for page in pages:
        side = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{side}">' in page
        (title,) = re.findall("<title>(.*?)</title>", page)
        assert title.endswith("· Fortnight")
        assert not re.search(_TELLING, title)
    assert ("Come in" in first) == (language == "en")
    texts = [re.sub(r"<[^>]+>", " ", page.partition("</header>")[2]) for page in pages]
    if language != "en":
        left = set(re.findall(r"\b[A-Za-z]{4,}\b", " ".join(texts)))
        assert left <= {"Fortnight", "English", "case", "worker", "lead"} | _of_the_source(portal)


def _of_the_source(portal: Portal) -> set[str]:
    """Return the words of whose rule it is: a reference stands as it is written."""
    (mine,) = portal.office.followups.mine(portal.office.contact, portal.office.clock())
    return set(re.findall(r"[A-Za-z]+", mine.plan.home.source))


def test_there_is_one_refusal_whatever_is_wrong(portal: Portal) -> None:
    right = code_of(portal, portal.office.contact)
    tries = [
        (CONTACT_NUMBER, "000000" if right != "000000" else "000001"),
        ("+37060000099", right),
        ("no number", right),
        (CONTACT_NUMBER, ""),
        ("", ""),
        ("9" * 500, "9" * 500),
    ]
    answers = [
        portal.client.post("/portal", data={"number": number, "code": code}, headers=OWN)
        for number, code in tries
    ]
    assert {answer.status_code for answer in answers} == {403}
    said = {
        answer.text.replace(f'value="{number}"', 'value=""')
        for answer, (number, _) in zip(answers, tries, strict=True)
    }
    assert len(said) == 1  # what was typed stays, where it can be a number
    assert NOT_SAID in unescape(answers[0].text)
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(portal: Portal) -> None:
    data = {"number": CONTACT_NUMBER, "code": code_of(portal, portal.office.contact)}
    answer = portal.client.post("/portal", data=data, headers=OWN, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))


def test_a_session_ends_after_minutes_without_a_click_and_in_any_case_after_an_hour(
    portal: Portal,
) -> None:
    signed(portal)
    portal.service.now += IDLE_MS - 1
    assert portal.get("/portal/today").status_code == 200
    portal.service.now += IDLE_MS
    assert portal.get("/portal/today").headers["location"] == "/portal"
    portal.office.clock.now = portal.service.now
    signed(portal)
    for _ in range(LONGEST_MS // (10 * MINUTE) - 1):
        portal.service.now += 10 * MINUTE
        assert portal.get("/portal/record").status_code == 200
    portal.service.now += 10 * MINUTE
    assert portal.get("/portal/record").status_code == 303


def test_leaving_ends_the_session_and_names_another_site(portal: Portal) -> None:
    signed(portal)
    cookie = portal.client.cookies["portal"]
    page = checked(portal.send("/portal/leave"))
    assert 'http-equiv="refresh"' in page
    portal.client.cookies.set("portal", cookie)
    assert portal.get("/portal/today").status_code == 303


def test_nobody_comes_in_without_a_session_and_it_opens_nothing_of_the_office(
    portal: Portal,
) -> None:
    for route in PORTAL_ROUTES:
        if route.permission == "person":
            answer = portal.client.request(
                route.method, route.path, headers=OWN, follow_redirects=False
            )
            assert (answer.status_code, answer.headers["location"]) == (303, "/portal")


def test_what_another_site_sends_changes_nothing(portal: Portal) -> None:
    signed(portal)
    elsewhere: tuple[dict[str, str], ...] = (
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {},
    )
    before = portal.office.support.record.of_person(portal.office.contact)
    for route in PORTAL_ROUTES:
        portal.service.now += 10_000  # so that nobody asks too often
        if route.method == "POST":
            for headers in elsewhere:
                answer = portal.send(
                    route.path, headers=headers, follow_up=portal.followed, kind="hospital"
                )
                assert answer.status_code == 403
            if route.permission == "person":
                answer = portal.send(route.path, csrf="0" * 64, follow_up=portal.followed)
                # What is no file is refused before its token is looked at.
                assert answer.status_code == (415 if route.path == "/portal/upload" else 403)
    assert portal.office.support.record.of_person(portal.office.contact) == before
    assert portal.get("/portal/today").status_code == 200


# -- the day -------------------------------------------------------------------------------------


def test_an_answer_is_taken_and_shown_in_the_record(portal: Portal) -> None:
    signed(portal)
    page = portal.page("/portal/today")
    assert "How are you today?" in page
    assert "Fever or chills" in page
    answer = portal.send(
        "/portal/today", follow_up=portal.followed, symptom=["fever"], need=["food"], note="no milk"
    )
    assert "Unwell" in checked(answer)
    assert portal.office.needs() == ["food", "unwell"]
    assert "You have answered today" in portal.page("/portal/today")
    record = portal.page("/portal/record")
    assert "no milk" in record
    assert "A request was opened: Food" in record
    assert "log: pending" in record
    portal.log.sequence()
    assert re.search(r"log: entry \d+", portal.page("/portal/record"))
    assert "log: pending" not in portal.page("/portal/record")
    assert "A text: how are you today?" in record


@pytest.mark.parametrize(("hour", "said"), [(12, "The person on duty"), (23, "from 8:00")])
def test_a_red_flag_shows_the_number_at_any_hour_and_whether_anybody_is_on_duty(
    portal: Portal, hour: int, said: str
) -> None:
    portal.at(hour)
    signed(portal)
    answer = portal.send("/portal/today", follow_up=portal.followed, symptom=["chest-pain"])
    page = checked(answer)
    assert 'href="tel:112"' in page
    assert said in page
    assert "urgent" in portal.office.needs()


def test_the_release_says_its_rule_and_what_changes_it(portal: Portal) -> None:
    signed(portal, case=True)
    page = portal.page("/portal/today")
    assert "You are asked to stay home until" in page
    assert "days after the first symptoms" in page
    assert "symptoms that go on" in page
    assert "a good day for a test" not in page


def test_the_words_of_a_caller_are_shown(portal: Portal) -> None:
    signed(portal)
    said = calling_words(KEY, portal.office.contact, portal.office.today, "en")
    assert said in portal.page("/portal/today")


def test_a_pause_stops_the_question_and_being_back_asks_again(portal: Portal) -> None:
    signed(portal)
    for kind in ("hospital", "appointment"):
        assert portal.send("/portal/pause", kind=kind).status_code == 303
        assert "Everything is paused" in portal.page("/portal/today")
        assert portal.send("/portal/pause", kind="back").status_code == 303
        assert "Everything is paused" not in portal.page("/portal/today")
    assert portal.send("/portal/pause", kind="holiday").status_code == 422


def test_a_household_answers_together_once_one_invited_the_other(portal: Portal) -> None:
    signed(portal, case=True)
    invited = checked(portal.send("/portal/household", act="invite"))
    (digits,) = re.findall(r'class="words"><bdi dir="ltr">(\d{8})<', invited)
    signed(portal)
    wrong = checked(portal.send("/portal/household", act="join", digits="00000000"), 422)
    assert "hold no more" in wrong
    assert portal.send("/portal/household", act="join", digits=digits).status_code == 303
    assert "this is you" in portal.page("/portal/household")
    page = portal.page("/portal/today")
    assert "Others of your household" in page
    done = portal.send("/portal/today", follow_up=portal.case_followed)
    assert "Well" in checked(done)
    assert portal.office.state(portal.case_followed) == "answered"
    assert portal.office.state(portal.followed) != "answered"
    assert portal.send("/portal/household", act="leave").status_code == 303
    assert "Others of your household" not in portal.page("/portal/today")


def test_what_is_somebody_elses_is_answered_like_what_is_not_there(portal: Portal) -> None:
    signed(portal)
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/portal/today", {}),
        ("/portal/reply", {"kind": "masks"}),
    ]
    for path, fields in sent:
        answers = [
            portal.send(path, follow_up=one, **fields) for one in (portal.case_followed, "f" * 32)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert answers[0].content == portal.get("/portal/nothing").content
    assert portal.office.state(portal.case_followed) != "answered"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/portal/today", {"symptom": ["made-up"]}),
        ("/portal/today", {"need": ["help"]}),
        ("/portal/help", {"need": "urgent"}),
        ("/portal/help", {"need": "food", "items": "x" * 501}),
        ("/portal/reply", {"kind": "made-up"}),
        ("/portal/reply", {}),
    ],
)
def test_a_form_that_cannot_be_used_is_answered_in_words_and_changes_nothing(
    portal: Portal, path: str, fields: dict[str, Any]
) -> None:
    signed(portal)
    answer = portal.send(path, follow_up=portal.followed, **fields)
    checked(answer, 422)
    assert portal.office.needs() == []


# -- help, reply, record -------------------------------------------------------------------------


def test_what_somebody_wrote_is_there_to_copy_where_a_form_is_refused(portal: Portal) -> None:
    signed(portal)
    answer = portal.send("/portal/help", need="nothing", items="two <b>loaves</b>", note="x" * 3)
    assert answer.status_code == 422
    said = checked(answer, 422)
    assert "two <b>loaves</b></textarea>" in said
    assert "two &lt;b&gt;loaves" in answer.text
    assert "None of it was sent" in said


def test_a_request_shows_its_state_and_how_it_ended(portal: Portal) -> None:
    signed(portal)
    asked = portal.send("/portal/help", need="medicine", medicine="for the heart", note="<b>")
    assert asked.status_code == 303
    assert "It waits." in portal.page("/portal/help")
    office, tickets = portal.office, portal.office.support.tickets
    (ticket,) = tickets.open_ones("north", office.clock())
    assert tickets.read(ticket.id, office.ann, office.clock())["medicine"] == "for the heart"
    tickets.take(ticket.id, office.ben.actor, office.ben, office.clock())
    assert "Somebody sees to it" in portal.page("/portal/help")
    tickets.end(ticket.id, "helped", office.ben.actor, office.ben, office.clock())
    assert "Helped" in portal.page("/portal/help")


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("not-there", "asked: nothing"),
        ("masks", "asked:"),
        ("wall", "asked: questions about the exposure"),
        ("other-phone", "asked: nothing"),
    ],
)
def test_a_reply_counts_at_once_and_says_when_a_named_person_answers(
    portal: Portal, kind: str, after: str
) -> None:
    signed(portal)
    page = checked(portal.send("/portal/reply", follow_up=portal.followed, kind=kind, note="so"))
    assert "It counts already" in page
    assert "asked: to be tested" in page
    assert after in page
    assert "A named person answers by" in page
    office, replies = portal.office, portal.office.support.replies
    again = portal.send("/portal/reply", follow_up=portal.followed, kind=kind)
    assert "You said so already" in checked(again, 409)
    (waiting,) = replies.waiting("north", office.clock())
    replies.answer(
        waiting.id, "We looked again.", office.lee.actor, office.lee, office.clock(), stands=True
    )
    page = portal.page("/portal/reply")
    assert "We looked again." in page
    assert "Answered by lead" in page


def test_what_somebody_wrote_never_runs(portal: Portal) -> None:
    signed(portal)
    said = "<script>alert(1)</script>{{ 7 * 7 }}\"' onload=x"
    portal.send("/portal/today", follow_up=portal.followed, note=said)
    raw = portal.get("/portal/record").text
    assert "<script" not in raw
    assert said in unescape(raw)


def test_a_person_says_in_which_time_zone_they_are(portal: Portal) -> None:
    signed(portal)
    assert "Where you are it is now 10:00." in portal.page("/portal/choices")
    answer = portal.send("/portal/choices", act="zone", zone="Vladivostok")
    assert answer.headers["location"] == "/portal/choices#time"
    page = portal.page("/portal/choices")
    assert "Where you are it is now 20:00." in page
    assert "Asia/Vladivostok" in page
    record = portal.page("/portal/record")
    assert "Where your time is taken from was changed: from where you are" in record
    assert "Vladivostok" not in record  # the record says that it changed, not to where


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Did you mean Europe/Moscow?"),
        ("ru", "Может быть, Europe/Moscow?"),
        ("ar", "هل تقصد Europe/Moscow؟"),
    ],
)
def test_a_zone_that_is_none_is_refused_with_help_and_kept_in_the_form(
    portal: Portal, language: str, said: str
) -> None:
    signed(portal)
    answer = portal.send("/portal/choices", language, act="zone", zone="Moskow")
    page = checked(answer, 422)
    assert said in page
    assert 'value="Moskow"' in page
    assert portal.office.followups.zones.chosen(portal.office.contact) is None


def test_the_record_of_a_long_follow_up_comes_in_small_pages(portal: Portal) -> None:
    signed(portal)
    for _ in range(60):
        portal.send("/portal/pause", kind="hospital")
        portal.send("/portal/pause", kind="back")
        portal.service.now += MINUTE // 6
    page = portal.page("/portal/record")
    assert "/portal/record?from=100" in page
    assert "You were asked how you are" in portal.page("/portal/record?from=100")


def test_the_language_is_chosen_by_a_link_that_leads_nowhere_else(portal: Portal) -> None:
    answer = portal.get("/portal/language/ru?next=/portal/today")
    assert answer.headers["location"] == "/portal/today"
    assert portal.get("/portal/language/ru?next=//evil").headers["location"] == "/portal"
    assert '<html lang="ru" dir="ltr">' in portal.page("/portal")
    portal.page("/portal/language/xx", status=404)
