"""What is said first on the phone: who calls, and where the number comes from.

Whoever is called did not always choose to be here, so nothing is asked before this was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED: Final[Mapping[str, str]] = {
    "en": "I call from the health office. Somebody who was tested gave us your number in an "
    "interview, because you met; who it was, I may not say. We hold your name and number for this "
    "one case, and delete them when its follow-up ends. You may object: then we delete them now.",
    "ru": "Я звоню из службы здравоохранения. Ваш номер назвал в беседе человек, прошедший тест, "
    "потому что вы встречались; кто это, я не вправе сказать. Мы храним ваше имя и номер только "
    "для этого случая и удалим их, когда закончится наблюдение. Вы можете возразить: тогда мы "
    "удалим их сразу.",
}
_ENROLLED: Final[Mapping[str, str]] = {
    "en": "I call from the health office. You enrolled in Fortnight with this number and agreed to "
    "be traced and told; you may withdraw that at any time. Who was tested, I may not say.",
    "ru": "Я звоню из службы здравоохранения. Вы записались в Fortnight с этим номером и "  # noqa: RUF001 - Russian
    "согласились на поиск контактов и сообщения; это согласие можно отозвать в любое время. Кто "
    "прошёл тест, я не вправе сказать.",
}


def how_we_know(*, is_named: bool = True) -> Mapping[str, str]:
    """Return by language what to say first to somebody named, or to somebody enrolled."""
    return _NAMED if is_named else _ENROLLED
