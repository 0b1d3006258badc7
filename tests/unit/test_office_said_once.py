"""Texts that are translated as a template is compiled say the same as those looked up later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jinja2 import DictLoader, Environment, pass_context
from jinja2.runtime import Context

from fortnight.web.office.language import translations
from fortnight.web.office.quick_calls import QuickCalls
from fortnight.web.office.said_once import SaidOnce

if TYPE_CHECKING:
    from jinja2.ext import Extension

TEMPLATES = [
    '{{ _("Case") }}',
    '{{ _("<b> & \\"quotes\\"") }}',
    '<p title="{{ _("New:") }}">{% if _("Case") %}{{ _("Contacts") ~ name }}{% endif %}</p>',
    '{% for one, other in ((_("Case"), 1), (_(name), 2)) %}{{ one }} {{ other }}{% endfor %}',
    '{{ _(name) }}{{ own._("Case") }}{{ _("Ca" "se") }}{{ _("{n} min").format(n=2) }}',
    '{% macro said(text) %}{{ _(text) }}, {{ text }}{% endmacro %}{{ said(_("Case")) }}',
    "{% trans count=2 %}{{ count }} person{% pluralize %}{{ count }} people{% endtrans %}",
]


class Own:
    """Something else that is called as texts are."""

    def _(self, text: str) -> str:
        return f"own {text}"


def rendered(template: str, language: str, *extensions: type[Extension]) -> str:
    environment = Environment(
        loader=DictLoader({"page": template}),
        autoescape=True,
        extensions=["jinja2.ext.i18n", *extensions],
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined] # by the extension
        translations(language), newstyle=False
    )
    return environment.get_template("page").render(name="Case", own=Own())


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_page_says_the_same(template: str, language: str) -> None:
    assert rendered(template, language, SaidOnce) == rendered(template, language)


def test_what_is_written_in_a_template_is_not_looked_up_again() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", SaidOnce], autoescape=True)
    environment.install_gettext_translations(  # type: ignore[attr-defined] # by the extension
        translations("ru"), newstyle=False
    )
    compiled = environment.compile('{{ _("Case") }}', raw=True)
    assert translations("ru").gettext("Case") in compiled
    assert "gettext" not in compiled
    assert "context.call" not in compiled


class Given:
    """Something that wants the values of the template, and something that wants none."""

    @pass_context
    def name(self, context: Context) -> str:
        return f"given {context['name']}"

    def doubled(self, number: int, *, by: int = 2) -> int:
        return number * by


def test_calls_are_the_same_with_less_looked_at() -> None:
    template = (
        "{% macro twice(text) %}{{ text }} {{ text }}{% endmacro %}"
        "{% for one in (1, 2) %}{{ given.doubled(one, by=3) }} {{ given.name() }} "
        '{{ {"a": 1}.get("a") }} {{ twice(one) }} {{ _("Case") }}{% endfor %}'
    )
    said = []
    for kind in (Context, QuickCalls):
        environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
        environment.context_class = kind
        environment.install_null_translations()  # type: ignore[attr-defined] # by the extension
        said.append(environment.from_string(template).render(given=Given(), name="x"))
    assert said[0] == said[1]
    assert said[0].startswith("3 given x 1 1 1 Case")
