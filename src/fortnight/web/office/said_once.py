"""Texts of templates that are translated once, when the template is compiled.

An environment is of one language, and a page says hundreds of texts that are written in its
template: to look each up again took a fifth of the time of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jinja2.ext import Extension
from jinja2.lexer import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2.lexer import TokenStream

_CALL = ("name", "lparen", "string", "rparen")


class SaidOnce(Extension):
    """Puts what ``_("…")`` says in its place.

    It is escaped like every other text in a template. What is not written there, such as
    ``_(words.STATES[state])``, is looked up when the page is made. The environment has its
    translations (``install_gettext_translations``) before its first template.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template."""
        gettext = cast("Callable[[str], str]", self.environment.globals["gettext"])
        held: list[Token] = []
        after_dot = False
        for token in stream:
            held.append(token)
            if len(held) == 1 and after_dot:  # a name of something else
                yield held.pop()
            elif token.type != _CALL[len(held) - 1] or held[0].value != "_":
                yield from held
                held.clear()
            elif len(held) == len(_CALL):
                yield Token(held[0].lineno, "string", gettext(held[2].value))
                held.clear()
            after_dot = token.type == "dot"
        yield from held
