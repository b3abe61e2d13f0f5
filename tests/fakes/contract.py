"""GitHub's own description of its API (contract/github-api.json), for checking what is sent to the fake."""

from __future__ import annotations

import json
import re
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


def _path(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    for template, operations in API["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in operations:
            return template, operations[method.lower()]
    return None


def violations(method: str, path: str, query: dict[str, str], body: Any) -> list[str]:
    """What GitHub's description says against a request."""
    found = _path(method, path)
    if found is None:
        return [f"{method} {path} is not in the description"]
    template, operation = found
    wrong = []
    parameters = {entry["name"]: entry for entry in resolve(operation.get("parameters", [])) if entry["in"] == "query"}
    for name, value in query.items():
        if name not in parameters:
            wrong.append(f"{method} {template}: no query parameter {name}")
            continue
        schema = parameters[name].get("schema", {})
        typed: Any = int(value) if schema.get("type") == "integer" and value.isdigit() else value
        wrong += [
            f"{method} {template}: {name}: {error.message}" for error in Draft202012Validator(schema).iter_errors(typed)
        ]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if content is not None:
        schema = resolve(content)
        wrong += [f"{method} {template}: {error.message}" for error in Draft202012Validator(schema).iter_errors(body)]
        wrong += [
            f"{method} {template}: no field {name}" for name in body or {} if name not in schema.get("properties", {})
        ]
    elif body is not None:
        wrong.append(f"{method} {template}: takes no body")
    return wrong
