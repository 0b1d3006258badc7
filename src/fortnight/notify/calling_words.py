"""The word of the day by which a person knows that a call is ours.

The caller says it first; the person compares it with the one that they see when they open Fortnight
themselves. It is worked out from a key that never leaves the service, so it is kept nowhere, and
whoever heard one knows nothing of tomorrow's or of anybody else's.
"""

from __future__ import annotations

import hmac
from typing import Final

# The same place in each list is the same word: caller and person may speak different languages.
_ENGLISH: Final = """
apple anchor basket bell bread bridge brush button candle castle chair cherry clock cloud coffee
comb copper corn cotton crown cup desk door drum eagle feather fence field fish flag flower forest
fork fountain fox garden glass glove grape guitar hammer harbour hat hill honey horse island jacket
kettle key kite ladder lake lamp leaf lemon letter lion
"""
_RUSSIAN: Final = """
яблоко якорь корзина колокол хлеб мост щётка пуговица свеча замок стул вишня часы облако кофе
расчёска медь кукуруза хлопок корона чашка стол дверь барабан орёл перо забор поле рыба флаг цветок
лес вилка фонтан лиса сад стекло перчатка виноград гитара молоток гавань шляпа холм мёд лошадь
остров куртка чайник ключ змей лестница озеро лампа лист лимон письмо лев
"""
_ARABIC: Final = """
تفاحة مرساة سلة جرس خبز جسر فرشاة زر شمعة قلعة كرسي كرز ساعة غيمة قهوة
مشط نحاس ذرة قطن تاج كوب مكتب باب طبل نسر ريشة سياج حقل سمكة علم زهرة غابة
شوكة نافورة ثعلب حديقة زجاج قفاز عنب غيتار مطرقة ميناء قبعة تل عسل حصان جزيرة سترة
إبريق مفتاح طائرة سلم بحيرة مصباح ورقة ليمون رسالة أسد
"""
WORDS: Final = {
    "en": tuple(_ENGLISH.split()),
    "ru": tuple(_RUSSIAN.split()),
    "ar": tuple(_ARABIC.split()),
}
_A_CALL: Final = 2
"""Words a call: one alone would be guessed once in some sixty calls, two in some three thousand."""


def calling_words(key: bytes, person: str, day: int, language: str) -> str:
    """Return the words of one person for one day (since 1970, in the district)."""
    listed = WORDS.get(language, WORDS["en"])
    digest = hmac.digest(key, f"calling words {person} {day}".encode(), "sha256")
    halves = (digest[:8], digest[8:16])
    places = [int.from_bytes(half, "big") % len(listed) for half in halves[:_A_CALL]]
    return " ".join(listed[place] for place in places)
