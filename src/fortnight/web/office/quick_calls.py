"""Calls in templates of what takes nothing from the template, such as ``speech.day(one.day)``.

A page of fifty contacts makes a thousand. Jinja asks of each, in six looks at what is called,
whether it wants to be given the template's own values, and that takes longer than most calls.
"""

from __future__ import annotations

from types import BuiltinMethodType, MethodType
from typing import Any, Final

from jinja2.runtime import Context

_PLAIN: Final = (MethodType, BuiltinMethodType)


class QuickCalls(Context):
    """The values of a template; methods that want none of them are called as they are."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever a template calls
        """Call what a template calls, and return what it returns."""
        if type(called) not in _PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)
