"""What form.html shows of a form: its fields with what was typed and what is to be mended, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from pipeline import schema_errors
from pipeline.forms.fields import Field, name_of
from pipeline.i18n import _, number


@dataclass(frozen=True)
class Control:
    """One field as the template shows it. `errors` are the messages that stand beside it, `label` what findings call it.

    `alike` are the rules that need not be said of it: they stand once in the page, for all statements.
    """

    field: Field
    value: str
    errors: tuple[str, ...]
    label: str
    alike: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.field.name

    @property
    def hint(self) -> str:
        return str(self.field.schema.get("description", ""))

    @property
    def hint_id(self) -> str:
        """All rows of a table share the hint that stands once above them."""
        return f"{'.'.join(part for part in self.field.path if isinstance(part, str))}-hint"

    @property
    def described_by(self) -> str:
        """Ids of the texts that belong to it."""
        parts = [self.hint_id] if self.hint else []
        return " ".join([*parts, *([f"{self.id}-error"] if self.errors else [])])

    @property
    def attributes(self) -> dict[str, str]:
        """For a text field or a tick box."""
        found = {
            "aria-required": "true" if self.field.required else "",
            "aria-invalid": "true" if self.errors else "",
            "aria-describedby": self.described_by,
            "autocomplete": str(self.field.schema.get("x-autocomplete", "")),
            # A day that is to be mended is shown as text: a browser would show nothing of one that cannot be.
            **({} if self.errors else {name: str(self.field.schema.get(f"x-{name}", "")) for name in ("min", "max")}),
        }
        return {**{name: value for name, value in found.items() if value}, **self.attributes_of_rules}

    @property
    def attributes_of_rules(self) -> dict[str, str]:
        """data-required and so on; docs/assets/form/fields.js reads them."""
        return {f"data-{name}": self.rules[name] for name, rule in self.general.items() if self.alike.get(name) != rule}

    @property
    def general(self) -> dict[str, str]:
        """Its rules with * for the statement."""
        if self.field.path[0] != "answers":
            return self.rules
        return {name: rule.replace(f"answers.{self.field.path[1]}", "answers.*") for name, rule in self.rules.items()}

    @property
    def rules(self) -> dict[str, str]:
        """What the schema says of it, with the words for whoever does otherwise: no rule is written twice (D11).

        `required`, `when`, `unless` and `together` name what makes it required.
        """
        field, schema = self.field, self.field.schema
        asked, each = schema.get("x-required"), schema.get("items", schema)
        found: dict[str, str] = {"widget": field.widget} if field.widget in ("lines", "number") else {}
        if field.required or asked == {}:
            found["required"] = ""
        if field.together:
            found["together"] = field.together
        if asked and "when" in asked:
            values = "|".join("true" if value is True else str(value) for value in asked["is"])
            found["when"] = f"{name_of(tuple(asked['when']))}={values}"
        if asked and "unless" in asked:
            found["unless"] = name_of(tuple(asked["unless"]))
        if "x-missing" in schema:
            found["missing"] = str(schema["x-missing"])
        if "maxItems" in schema:
            found |= {"maxitems": str(schema["maxItems"]), "toomany": schema_errors.remedy(schema, "maxItems")}
        if "maximum" in each:
            limits = {"over": str(each["exclusiveMinimum"]), "maximum": str(each["maximum"])}
            found |= {**limits, "toomuch": schema_errors.remedy(each, "maximum")}
        if "maxLength" in each:
            found |= {"maxlength": str(each["maxLength"]), "toolong": schema_errors.remedy(each, "maxLength")}
        if "pattern" in each:
            found |= {
                "pattern": str(each.get("x-typed", each["pattern"])),
                "mismatch": schema_errors.remedy(each, "pattern"),
            }
        return found


@dataclass(frozen=True)
class StatementControls:
    """A statement with its radio buttons, and in a portfolio the evidence and the links."""

    id: str
    question: str
    kind_id: str
    answer: Control
    evidence: Control | None
    links: Control | None
    language: str  # of the question, if it is not the form's

    @property
    def kind(self) -> str:
        return kind_word(self.kind_id)


@dataclass(frozen=True)
class UnitControls:
    id: str
    title: str
    statements: tuple[StatementControls, ...]
    open: bool
    language: str  # of its title, if it is not the form's


@dataclass(frozen=True)
class Group:
    """Fields under one heading; `title` is "" for a field that stands alone."""

    title: str
    hint: str
    controls: tuple[Control, ...]


@dataclass(frozen=True)
class FormView:
    """All that form.html shows. `summary` are (id of the field, label, message), `count` the number of findings.

    `before` are the groups that the schema asks before the answers, `groups` the ones after them.

    `alike` are the rules that all statements share, by name of the field and of the rule; under "*" those of every field.

    `gone` are texts that were typed for what the form no longer asks: shown, so that nobody loses them, and not sent.
    """

    schema: Mapping[str, Any]
    hidden: tuple[Control, ...]
    units: tuple[UnitControls, ...]
    rows: tuple[tuple[bool, tuple[tuple[Control, ...], ...]], ...]
    before: tuple[Group, ...]
    groups: tuple[Group, ...]
    summary: tuple[tuple[str, str, str], ...]
    count: int
    alike: Mapping[str, Mapping[str, str]]
    gone: tuple[tuple[str, str], ...]

    @property
    def rules(self) -> Markup:
        """`alike` as JSON for the page. In ASCII: no page has the invisible characters in it that a pattern names."""
        return htmlsafe_json_dumps(self.alike, separators=(",", ":"))

    @property
    def evidence_limit(self) -> str:
        """How many characters of evidence a statement may have, in words a reader knows."""
        evidence = self.units[0].statements[0].evidence
        return number(evidence.field.schema["maxLength"]) if evidence else ""


def kind_word(kind: str) -> str:
    return {"knowledge": _("knowledge"), "skill": _("skill"), "attitude": _("attitude")}[kind]
