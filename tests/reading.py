"""How hard a text is to read: the school year that a formula gives it. No formula knows meaning.

English: the Flesch-Kincaid grade (Kincaid and others, 1975). Russian: the same with the weights
that Solovyev, Ivanov and Solnyshkina (2018) fitted to Russian school books of years 5 to 11; the
older weights of Oborneva (2006) give the same texts some four years more, and school books too.
For Arabic no formula is agreed on: only the words of a sentence are counted.

As Flesch counted them, what a colon or a semicolon ends is a sentence.
"""

from __future__ import annotations

import re
from typing import Final

_SENTENCE: Final = re.compile(r"[.!?:;؟؛…]+(?:[\s\"»”)]+|$)|\n+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # noqa: RUF001 - both apostrophes
_VOWELS_EN: Final = re.compile(r"[aeiouy]+")
_VOWELS_RU: Final = re.compile("[аеёиоуыэюя]")
_SPLIT_EN: Final = re.compile(r"i[aou](?!us)|eo|[aeiouy]ing$|ua(?!r)|[^cg]uou")
_SILENT_EN: Final = re.compile(
    r"(?<=[^aeiouy])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouysxzcg])es$|(?<=[a-z]{2}[^l])ely$"
)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [part for part in _SENTENCE.split(text) if part and _WORD.search(part)]


def words(text: str) -> list[str]:
    """Return the words of a text, figures left out: everybody reads them as figures."""
    return _WORD.findall(text)


def syllables_en(word: str) -> int:
    """Return about how many syllables an English word has."""
    plain = word.lower().replace("'", "")
    if len(plain) <= 3:
        return 1
    silent = 1 if _SILENT_EN.search(plain) and not plain.endswith("le") else 0
    return max(1, len(_VOWELS_EN.findall(plain)) + len(_SPLIT_EN.findall(plain)) - silent)


def syllables_ru(word: str) -> int:
    """Return how many syllables a Russian word has: its vowels."""
    return max(1, len(_VOWELS_RU.findall(word.lower())))


def grade_en(text: str) -> float:
    """Return the Flesch-Kincaid grade of a text: the school year."""
    spoken = words(text)
    a_word = sum(map(syllables_en, spoken)) / len(spoken)
    return 0.39 * words_a_sentence(text) + 11.8 * a_word - 15.59


def grade_ru(text: str) -> float:
    """Return the grade of a Russian text: the school year."""
    spoken = words(text)
    a_word = sum(map(syllables_ru, spoken)) / len(spoken)
    return 0.36 * words_a_sentence(text) + 5.76 * a_word - 11.97


def words_a_sentence(text: str) -> float:
    """Return the mean length of a text's sentences, in words."""
    return len(words(text)) / len(sentences(text))
