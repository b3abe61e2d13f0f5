"""GitHub's expressions, as far as the workflows use them: literals, contexts, ! == != && ||, parentheses, a few functions.

https://docs.github.com/actions/reference/workflows-and-actions/expressions: a missing property is "", || and && give one of
their operands, text is compared without regard to case. Anything else is refused, so that no workflow outgrows its tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*(?:\.[\w-]+)*)|(==|!=|&&|\|\||[!(),]))")


STATUS = ("success", "failure", "always", "cancelled")  # functions without which an `if` means success() && ...


class _Reader:
    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self.context, self.tokens, place = context, [], 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if not found:
                raise ValueError(f"not understood: {text[place:]}")
            self.tokens.append(found[0].strip())
            place = found.end()

    def take(self, *wanted: str) -> str:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else ""

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.equal()
        while self.take("&&"):
            other = self.equal()
            value = value and other
        return value

    def equal(self) -> Any:
        value = self.one()
        while sign := self.take("==", "!="):
            value = (_plain(value) == _plain(self.one())) is (sign == "==")
        return value

    def one(self) -> Any:
        if self.take("!"):
            return not self.one()
        if self.take("("):
            value = self.either()
            self.need(")")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in ("true", "false"):
            return token == "true"
        if token in STATUS:
            return self.status(token)
        if token in ("startsWith", "contains"):
            return self.within(token)
        if token == "fromJSON":
            self.need("(")
            value = json.loads(self.either())
            self.need(")")
            return value
        return self.look_up(token)

    def status(self, function: str) -> bool:
        """Nobody cancels here."""
        self.need("(")
        self.need(")")
        failed = str(self.look_up("job.status")) == "failure"
        found = {"success": not failed, "failure": failed, "always": True, "cancelled": False}
        return found[function]

    def within(self, function: str) -> bool:
        self.need("(")
        text = str(_plain(self.either()))
        self.need(",")
        part = str(_plain(self.either()))
        self.need(")")
        return text.startswith(part) if function == "startsWith" else part in text

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise ValueError(f"{sign} expected")

    def look_up(self, name: str) -> Any:
        value: Any = self.context
        for part in name.split("."):
            if value is self.context and part not in value:
                raise ValueError(f"no context {part}")
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        return value


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """The value of one expression, without the braces around it. Raises ValueError for what is not understood."""
    reader = _Reader(text, context)
    value = reader.either()
    if reader.tokens:
        raise ValueError(f"not understood: {reader.tokens}")
    return value


def fill(text: Any, context: Mapping[str, Any]) -> str:
    """A value of the workflow with its ${{ }} filled in."""
    return re.sub(r"\$\{\{(.+?)\}\}", lambda found: str(evaluate(found[1], context) or ""), str(text))


def holds(condition: Any, context: Mapping[str, Any]) -> bool:
    """An `if`, with or without the braces; after a failure only one that asks for the status itself."""
    text = re.sub(r"^\s*\$\{\{(.+)\}\}\s*$", r"\1", str(condition))
    if not any(f"{function}(" in text for function in STATUS):
        text = f"success() && ({text})"
    return bool(evaluate(text, context))
