"""A form's schema → its HTML, at build with nothing typed, on the server with what was typed and what is to be mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from markupsafe import Markup

from pipeline.findings import Finding
from pipeline.forms import json_schema, topics
from pipeline.forms.fields import Field, fields, label
from pipeline.i18n import CONTENT, _, has_content, speaking
from pipeline.providers import needs
from pipeline.site.formview import Control, FormView, Group, StatementControls, UnitControls
from pipeline.site.nextsteps import next_steps
from pipeline.site.render import Renderer

ROWS_A_GROUP = 10
UNIT_LINE = 4  # from so many statements of a unit on that lack the same, the summary has one line for them


def form_view(
    renderer: Renderer, kind: str, about: str, values: Mapping[str, Sequence[str]], findings: Sequence[Finding]
) -> FormView:
    schema = json_schema.form_schema(renderer.data, kind, about)
    every = list(_asked(renderer, schema))
    placed = [(finding, _nearest(every, finding.pointer)) for finding in findings]
    controls = [_control(schema, field, values, placed, renderer) for field in every]
    alike = _alike(controls)
    controls = [
        replace(control, alike=alike.get(str(control.field.path[-1]), {})) if _of_statement(control) else control
        for control in controls
    ]
    by_path = {control.field.path: control for control in controls}
    return FormView(
        schema=schema,
        hidden=tuple(control for control in controls if control.field.widget == "hidden" and control.value),
        units=tuple(_units(schema, by_path, bool(findings))),
        rows=tuple(_rows(controls)),
        before=tuple(group for first, group in _groups(schema, controls) if first),
        groups=tuple(group for first, group in _groups(schema, controls) if not first),
        gone=tuple(_gone(every, values)),
        summary=tuple(_summary(schema, placed)),
        count=len(placed),
        alike=alike,
    )


def _of_statement(control: Control) -> bool:
    return control.field.path[0] == "answers"


def _alike(controls: Sequence[Control]) -> dict[str, dict[str, str]]:
    """By name of a statement's field: the rules that all statements share. Under "*": what counts as filled in, in every field."""
    found: dict[str, dict[str, str]] = {"*": {"content": CONTENT.pattern}}
    for control in filter(_of_statement, controls):
        rules, name = control.general, str(control.field.path[-1])
        found[name] = {rule: text for rule, text in found.get(name, rules).items() if rules.get(rule) == text}
    return found


def _asked(renderer: Renderer, schema: dict[str, Any]) -> Iterator[Field]:
    """Every control; without a server nobody has a secret, and of a reference nothing can be proved."""
    for field in fields(schema):
        if not renderer.provider or field.path[0] != "case":
            yield field
        elif field.path[-1] == "reference":
            words = {"title": _("Reference of your self-assessment, if you were given one"), "description": ""}
            yield replace(field, schema={**field.schema, **words})


def _summary(schema: Mapping[str, Any], placed: list[tuple[Finding, Field | None]]) -> Iterator[tuple[str, str, str]]:
    """A line a finding; but where much of a unit lacks the same, one line for the unit: nobody reads 112 of them."""
    asked = schema["properties"].get("answers", {}).get("properties", {})
    lacks = [_lack(asked, finding, field) for finding, field in placed]
    told: set[tuple[str, str]] = set()
    for (finding, field), lack in zip(placed, lacks, strict=True):
        if lack is None or lacks.count(lack) < UNIT_LINE:
            yield field.name if field else "", finding.label, finding.message
        elif lack not in told and field:
            told.add(lack)
            unit, what = lack
            yield field.name, unit, _lacking(what).format(number=lacks.count(lack))


def _lack(asked: Mapping[str, Any], finding: Finding, field: Field | None) -> tuple[str, str] | None:
    """(unit, answer or evidence) if that is what is missing."""
    if not field or field.path[0] != "answers" or finding.message != field.schema.get("x-missing"):
        return None
    rule = asked[str(field.path[1])]
    return f"{rule['x-unit']} {rule['x-unit-title']}", str(field.path[-1])


def _lacking(what: str) -> str:
    answers, evidence = _("{number} statements are not answered yet"), _("{number} answers have no evidence yet")
    return evidence if what == "evidence" else answers


def _gone(every: list[Field], values: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    known = {field.name for field in every}
    for name, texts in values.items():
        text = "\n".join(texts).strip()
        if name not in known and name.startswith("answers.") and not name.endswith(".answer") and has_content(text):
            yield name.split(".", 1)[1].rpartition(".")[0], text


def _nearest(every: list[Field], place: str) -> Field | None:
    """The field of a finding: its own, the first one inside, or the one it is inside of."""
    exact = next((field for field in every if field.pointer == place and field.widget != "hidden"), None)
    inside = next(
        (field for field in every if field.pointer.startswith(place + "/") and field.widget != "hidden"), None
    )
    around = next((field for field in every if place.startswith(field.pointer + "/")), None)
    return exact or around or (inside if place else None)


def _control(
    form: dict[str, Any],
    field: Field,
    values: Mapping[str, Sequence[str]],
    placed: list[tuple[Finding, Field | None]],
    renderer: Renderer,
) -> Control:
    schema = field.schema
    fixed = str(schema.get("const", schema.get("default", ""))) if field.widget == "hidden" else ""
    if field.path == ("language",):
        fixed = renderer.data.language
    # A form that comes back is today's form: it names today's version, whatever the one that was sent named.
    wrong = field.widget == "hidden" and any(finding.pointer == field.pointer for finding, _where in placed)
    value = fixed or ("" if wrong else "\n".join(values.get(field.name, [])))
    errors = tuple(finding.message for finding, where in placed if where is field)
    return Control(field, value, errors, label(form, field.pointer), {})


def _units(schema: Mapping[str, Any], by_path: Mapping[Any, Control], wrong: bool) -> Iterator[UnitControls]:
    asked = schema["properties"].get("answers", {}).get("properties", {})
    opened = False
    for unit, entries in groupby(asked.items(), key=lambda entry: entry[1]["x-unit"]):
        statements = []
        title, titled_in = "", ""
        for statement, rule in entries:
            title, titled_in = rule["x-unit-title"], str(rule.get("x-unit-language", ""))
            inner = [by_path.get(("answers", statement, name)) for name in ("answer", "evidence", "links")]
            answer = by_path[("answers", statement, "answer")]
            asked_in = str(rule.get("x-language", ""))
            statements.append(
                StatementControls(statement, rule["x-question"], rule["x-kind"], answer, inner[1], inner[2], asked_in)
            )
        has_error = any(
            control.errors for entry in statements for control in (entry.answer, entry.evidence, entry.links) if control
        )
        opens = not opened and (has_error or not wrong)
        yield UnitControls(unit, title, tuple(statements), opens, titled_in)
        opened = opened or opens


def _rows(controls: list[Control]) -> Iterator[tuple[bool, tuple[tuple[Control, ...], ...]]]:
    """Rows of the log in groups; a group is open if it is the first, or has something in it."""
    cells = [control for control in controls if control.field.path[0] == "log"]
    rows = [tuple(cells[start : start + 3]) for start in range(0, len(cells), 3)]
    for start in range(0, len(rows), ROWS_A_GROUP):
        group = tuple(rows[start : start + ROWS_A_GROUP])
        used = any(control.value or control.errors for row in group for control in row)
        yield start == 0 or used, group


def _groups(schema: Mapping[str, Any], controls: list[Control]) -> Iterator[tuple[bool, Group]]:
    """Everything that is no answer and no row, in the schema's order; True for what stands before the answers."""
    order = list(schema["properties"])
    answers = order.index("answers") if "answers" in order else -1
    shown = [control for control in controls if control.field.widget != "hidden"]
    plain = [control for control in shown if control.field.path[0] not in ("answers", "log")]
    for name, entries in groupby(plain, key=lambda control: str(control.field.path[0])):
        rule = schema["properties"][name]
        grouped = rule.get("type") == "object"
        title, hint = (rule["title"], rule.get("description", "")) if grouped else ("", "")
        yield order.index(name) < answers, Group(title, hint, tuple(entries))


def render_form(
    renderer: Renderer,
    kind: str,
    about: str,
    *,
    root: str,
    values: Mapping[str, Sequence[str]] | None = None,
    findings: Sequence[Finding] = (),
) -> Markup:
    """The whole content of a form's page. `root` as in Renderer."""
    with speaking(renderer.data.language):
        return _render_form(renderer, kind, about, root, values or {}, findings)


def _render_form(
    renderer: Renderer,
    kind: str,
    about: str,
    root: str,
    values: Mapping[str, Sequence[str]],
    findings: Sequence[Finding],
) -> Markup:
    view = form_view(renderer, kind, about, values, findings)
    context = {
        "answers": [("yes", _("yes")), ("partly", _("partly")), ("not_yet", _("not yet"))],
        "draft": f"{renderer.base}|{kind}/{about}",  # by this name the page keeps the draft, at whatever address it is
        "complaint": about in topics.COMPLAINTS,
        "needs": needs(renderer.endpoint, f"{kind}-{about}", f"{renderer.site_url.rstrip('/')}/{renderer.home}thanks/"),
        # What docs/assets/form/sending.js fills in when it shows the receipt.
        "ahead": next_steps(renderer.data.organization, kind, about),
        "heading": _("It has arrived"),
        "over": False,
        "times": False,
        "reference": "",
        "status_path": "",
        "status_url": "",
        "form_title": view.schema["title"],
    }
    profile = renderer.data.profile(about)
    return renderer("form.html", root, view=view, kind=kind, about=about, profile=profile, **context)
