"""GitHub's own description of its API (contract/github-api.json), for checking what is sent to the fake."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FILE = Path(__file__).parent.parent / "contract" / "github-api.json"
API: dict[str, Any] = json.loads(FILE.read_text("utf-8"))


def resolve(node: Any) -> Any:
    """A node with its references followed and OpenAPI 3.0's `nullable` written as JSON Schema has it."""
    if isinstance(node, list):
        return [resolve(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = API
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolve(target)
    found = {key: resolve(value) for key, value in node.items()}
    if found.pop("nullable", False):
        return {"anyOf": [found, {"type": "null"}]}
    return found


@lru_cache
def _operation(method: str, path: str) -> tuple[str, dict[str, Any], Any] | None:
    """(template, its query parameters, the schema of its body) of what a request asks for."""
    for template, operations in API["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in operations:
            operation = operations[method.lower()]
            parameters = {
                entry["name"]: entry.get("schema", {})
                for entry in resolve(operation.get("parameters", []))
                if entry["in"] == "query"
            }
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            return template, parameters, resolve(content)
    return None


def violations(method: str, path: str, query: dict[str, str], body: Any) -> list[str]:
    """What GitHub's description says against a request."""
    found = _operation(method, path)
    if found is None:
        return [f"{method} {path} is not in the description"]
    template, parameters, schema = found
    wrong = []
    for name, value in query.items():
        if name not in parameters:
            wrong.append(f"{method} {template}: no query parameter {name}")
            continue
        rule = parameters[name]
        typed: Any = int(value) if rule.get("type") == "integer" and value.isdigit() else value
        wrong += [
            f"{method} {template}: {name}: {error.message}" for error in Draft202012Validator(rule).iter_errors(typed)
        ]
    if schema is not None:
        wrong += [f"{method} {template}: {error.message}" for error in Draft202012Validator(schema).iter_errors(body)]
        wrong += [
            f"{method} {template}: no field {name}" for name in body or {} if name not in schema.get("properties", {})
        ]
    elif body is not None:
        wrong.append(f"{method} {template}: takes no body")
    return wrong
