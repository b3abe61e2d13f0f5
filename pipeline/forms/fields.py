"""One walk over a form's schema: which controls it has, what they are called in HTML, how many bytes a post can have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.findings import pointer
from pipeline.i18n import is_number

Path = tuple[str | int, ...]

# A character outside ASCII: at most 3 bytes of UTF-8 (4 for the rarest, which two of a post's halves make up for),
# each written %XX in a form post. Names, signs and short values have room in the factor two of max_bytes().
_BYTES_A_CHARACTER = 9
_BYTES_A_FIELD = 200


@dataclass(frozen=True)
class Field:
    """One control. `name` is its HTML name (log.3.date; rows count from 1), `path` its place in the submission.

    `together`: the name of the optional group (log.3) in which it is required as soon as anything is filled in; or "".
    """

    name: str
    path: Path
    schema: dict[str, Any]
    required: bool
    together: str = ""

    @property
    def widget(self) -> str:
        return str(self.schema["x-widget"])

    @property
    def pointer(self) -> str:
        return pointer(self.path)

    @property
    def title(self) -> str:
        return str(self.schema.get("title", ""))


def fields(schema: dict[str, Any]) -> Iterator[Field]:
    """Every control of a form in the schema's order."""
    yield from _walk(schema, (), True)


def name_of(path: Path) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def _walk(schema: dict[str, Any], path: Path, required: bool, together: str = "") -> Iterator[Field]:
    if schema.get("x-widget") == "rows":
        for row in range(schema["maxItems"]):
            yield from _walk(schema["items"], (*path, row), False)
    elif "x-widget" in schema:
        yield Field(name_of(path), path, schema, required, together)
    else:
        for key, inner in schema["properties"].items():
            needed = key in schema["required"]
            yield from _walk(inner, (*path, key), required and needed, name_of(path) if needed and not required else "")


def max_bytes(schema: dict[str, Any]) -> int:
    """Twice the largest valid post, in bytes."""
    return 2 * sum(_characters(field.schema) * _BYTES_A_CHARACTER + _BYTES_A_FIELD for field in fields(schema))


def _characters(schema: dict[str, Any]) -> int:
    if schema.get("type") == "array":
        return int(schema["maxItems"]) * int(schema["items"]["maxLength"])
    return int(schema.get("maxLength", 0))


def at(schema: dict[str, Any], place: str) -> dict[str, Any]:
    """The schema of the nearest place at or around a JSON Pointer."""
    here = schema
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        inner = here.get("items") if here.get("type") == "array" else here.get("properties", {}).get(name)
        if inner is None:
            break
        here = inner
    return here


def label(schema: dict[str, Any], place: str) -> str:
    """What a person calls the field at a JSON Pointer: the title there, or of what is around it."""
    parts = place.split("/")[1:]
    titles = [str(at(schema, "/" + "/".join(parts[:end])).get("title", "")) for end in range(len(parts) + 1)]
    nearest = next((title for title in reversed(titles) if title), "")
    if len(parts) > 1 and at(schema, f"/{parts[0]}").get("x-widget") == "rows" and is_number(parts[1]):
        row = f"{titles[1]}, {int(parts[1]) + 1}"
        return f"{row}: {nearest}" if len(parts) > 2 else row
    return nearest
