"""In which language a page speaks, and how it says days, times and lengths in it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from fortnight.web.office.retell import retell

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

LANGUAGES: Final = {"en": "English", "ru": "Русский"}
COOKIE: Final = "language"
_FIRST: Final = date(1970, 1, 1)
_HOUR: Final = 60
_HALF: Final = 0.5
_LITTLE: Final = 0.005


def language_of(chosen: str | None, accepted: str, spoken: Container[str] = LANGUAGES) -> str:
    """Return the language of a page.

    Parameters
    ----------
    chosen : str or None
        What the cookie says.
    accepted : str
        The header Accept-Language; of the languages that we speak the most wanted one counts.
    spoken : container of str
        The languages of these pages: the portal has more than the office.
    """
    if chosen is not None and chosen in spoken:
        return chosen
    wanted = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=")
        quality = float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0
        wanted.append((-quality, place, name.partition("-")[0].lower()))
    return next((name for _, _, name in sorted(wanted) if name in spoken), "en")


@cache
def translations(language: str) -> NullTranslations:
    """Return the words of a language. What we write is English; the others are compiled here."""
    folder = files("fortnight.web").joinpath("locale", language)
    if not folder.is_dir():
        return NullTranslations()
    read = [
        read_po(io.BytesIO(file.read_bytes()), locale=language)
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".po")
    ]
    compiled = io.BytesIO()
    write_mo(compiled, _together(language, read))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _together(language: str, read: Iterable[Catalog]) -> Catalog:
    """Return one catalogue of several; each page's words are in a file of their own."""
    together = Catalog(locale=language, fuzzy=False)
    for catalog in read:
        # The files' own order of plural forms: Babel has another one for Arabic than gettext.
        together.mime_headers = catalog.mime_headers
        for message in catalog:
            if message.id:
                together[message.id] = message
    return together


# A page says hundreds of days and numbers, and mostly the same ones: each takes longer to say than
# to look up.


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en_GB" if language == "en" else language)


@lru_cache(maxsize=4_096)
def _day(language: str, day: int) -> str:
    return format_skeleton("MMMEd", _FIRST + timedelta(days=day), locale=_locale(language))


@lru_cache(maxsize=4_096)
def _clock(language: str, hour: int, minute: int) -> str:
    return format_time(time(hour, minute), "HH:mm", locale=_locale(language))


@lru_cache(maxsize=4_096)
def _number(language: str, number: float) -> str:
    return format_decimal(number, locale=_locale(language))


@lru_cache(maxsize=4_096)
def _share(language: str, value: float) -> str:
    if 0 < value < _LITTLE:
        return f"<{format_percent(0.01, locale=_locale(language))}"
    if 1 - _LITTLE <= value < 1:
        return f">{format_percent(0.99, locale=_locale(language))}"
    return format_percent(value, format="#,##0\u00a0%", locale=_locale(language))


@dataclass(frozen=True, slots=True)
class Speech:
    """How a page says things: its language, and the time zone of the district."""

    language: str
    timezone: str

    def gettext(self, text: str) -> str:
        """Return a text in the language."""
        return translations(self.language).gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the form of a text that a number asks for."""
        return translations(self.language).ngettext(one, many, number)

    def said(self, text: str) -> str:
        """Return a sentence that a room wrote in English: of a page, or of another room."""
        known = self.gettext(text)
        return known if known != text else retell(text, self.language)

    @property
    def locale(self) -> Locale:
        """The rules of the language; English as it is written in Europe."""
        return _locale(self.language)

    @property
    def direction(self) -> str:
        """Whether the language is written from the left, ``ltr``, or from the right, ``rtl``."""
        return self.locale.text_direction

    def several(self, words: Iterable[str]) -> str:
        """Return several words as one list, with the language's own comma."""
        return self.gettext(", ").join(words)

    def day(self, day: int) -> str:
        """Return a day (since 1970) such as ``Mon 9 Nov``."""
        return _day(self.language, day)

    def short_day(self, day: int) -> str:
        """Return a day (since 1970) such as ``9 Nov``, below a drawing."""
        return format_skeleton("MMMd", _FIRST + timedelta(days=day), locale=self.locale)

    def date(self, iso: str) -> str:
        """Return a date that is written ``2026-11-09``, as ``day`` does."""
        return self.day((date.fromisoformat(iso) - _FIRST).days)

    def moment(self, at: int) -> str:
        """Return an instant (ms since 1970) such as ``Mon 9 Nov, 14:05``, in local time."""
        return self._moment(self.local(at))

    def _moment(self, local: datetime) -> str:
        day = self.day(local.toordinal() - _FIRST.toordinal())
        return self.several((day, _clock(self.language, local.hour, local.minute)))

    def clock(self, at: int) -> str:
        """Return the time of day of an instant (ms since 1970), in local time."""
        local = self.local(at)
        return _clock(self.language, local.hour, local.minute)

    def local(self, at: int) -> datetime:
        """Return an instant (ms since 1970) on the district's clocks."""
        return datetime.fromtimestamp(at / 1_000, ZoneInfo(self.timezone))

    def period(self, start: int, end: int) -> str:
        """Return a period between two instants (ms since 1970)."""
        begun, ended = self.local(start), self.local(end)
        same = begun.date() == ended.date()
        until = _clock(self.language, ended.hour, ended.minute) if same else self._moment(ended)
        return f"{self._moment(begun)} \u2013 {until}"

    def spent(self, minutes: float) -> str:
        """Return a length of time such as ``2 h 5 min``."""
        if 0 < minutes < _HALF:
            return self.gettext("<1 min").replace(" ", "\u00a0")
        hours, rest = divmod(round(minutes), _HOUR)
        short = self.gettext("{minutes} min").format(minutes=rest)
        if not hours:
            return short.replace(" ", "\u00a0")
        whole = self.gettext("{hours} h").format(hours=self.number(hours))
        return (f"{whole} {short}" if rest else whole).replace(" ", "\u00a0")

    def number(self, number: float) -> str:
        """Return a number as the language writes it."""
        return _number(self.language, number)

    def share(self, value: float) -> str:
        """Return a share of 1 in per cent, never as a certainty that it is not."""
        return _share(self.language, value)
