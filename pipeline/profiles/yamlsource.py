"""YAML → plain values with line numbers. What YAML would silently read as something else is a finding, never a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.findings import Finding, pointer

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, about 15 times as quick, where it is there
MAX_BYTES = 1_000_000
MAX_DEPTH = 12

# Plain scalars that YAML 1.1 turns into something a maintainer did not write (https://yaml.org/type/).
_SURPRISES = [
    (re.compile(r"(?i)y|yes|n|no|on|off|true|false"), "YAML reads it as true or false"),
    (re.compile(r"\d{4}-\d\d?-\d\d?([Tt\s].*)?"), "YAML reads it as a date"),
    (re.compile(r"[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?"), "YAML reads it as a number to the base of 60"),
    (
        re.compile(r"[-+]?0[xX][\da-fA-F_]+|[-+]?0b[01_]+|[-+]?0[\d_]+"),
        "YAML reads it as an octal, binary or hex number",
    ),
    (
        re.compile(r"(?i)[-+]?(\d[\d_]*\.[\d_]*|\.\d[\d_]*)(e[-+]?\d+)?|[-+]?\.(inf|nan)|\.nan"),
        "YAML reads it as a number and drops zeros at its end",
    ),
    (re.compile(r"[-+]?\d[\d_]*([eE][-+]?\d+)|[-+]\d+|\d+_[\d_]*"), "YAML reads it as a number written otherwise"),
    (re.compile(r"=|<<"), "it has a special meaning in YAML"),
    (re.compile(r"(?i)null"), "YAML reads it as nothing"),
    (re.compile(r"0o[0-7_]+"), "YAML reads it as an octal number"),
]
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,14})")
_NULL = {"", "~", "null"}


@dataclass
class Source:
    """A file's value with the line of every place in it. `value` is None when the file cannot be read at all."""

    path: str
    value: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, place: str) -> int:
        """The line of a place, or of the nearest place around it that stands in the file."""
        while place and place not in self.lines:
            place = place.rpartition("/")[0]
        return self.lines.get(place, 1)

    def finding(self, place: str, label: str, message: str, line: int = 0) -> Finding:
        return Finding(place, label, message, file=self.path, line=line or self.line(place))


def read(path: Path, name: str) -> Source:
    """Read one file; `name` is what findings call it. Never raises for what a maintainer can have written."""
    source = Source(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        source.findings.append(
            source.finding("", name, f"cannot be read ({error.strerror}); check the file's name and rights")
        )
        return source
    if len(data) > MAX_BYTES:
        source.findings.append(source.finding("", name, f"is larger than {MAX_BYTES:,} bytes; split it or shorten it"))
        return source
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        source.findings.append(source.finding("", name, "is not UTF-8 text; save the file as UTF-8", line))
        return source
    return parse(text, source)


def parse(text: str, source: Source) -> Source:
    for number, row in enumerate(text.split("\n"), 1):
        if "\t" in row[: len(row) - len(row.lstrip())]:
            source.findings.append(source.finding("", "Tab", "starts a line with a tab; use spaces", number))
    for odd in yaml.reader.Reader.NON_PRINTABLE.finditer(text):
        line = text.count("\n", 0, odd.start()) + 1
        name = f"U+{ord(odd[0]):04X}"
        source.findings.append(
            source.finding("", name, "is an invisible character that YAML does not allow; remove it", line)
        )
    if source.findings:
        return source
    try:
        source.findings.extend(_refused(text, source))
        if not source.findings:
            node = yaml.compose(text, Loader=LOADER)
            source.value = _value(node, [], source) if node else None
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        hint = "check the indentation, the colons and the quotes around here"
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        source.findings.append(source.finding("", "YAML", f"cannot be read: {problem}; {hint}", line))
    return source


def _refused(text: str, source: Source) -> Iterator[Finding]:
    """Aliases (a few bytes can stand for gigabytes), tags, further documents and deep nesting, before anything is built."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                yield source.finding(
                    "", "Document", "a second document begins here; keep one a file, without ---", line
                )
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            yield source.finding(
                "", f"Anchor {anchor}", "anchors (&) and aliases (*) are not read; write the text again", line
            )
            if isinstance(event, yaml.AliasEvent):
                return
        if tag:
            yield source.finding("", f"Tag {tag}", "tags (!) are not read; remove it", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                yield source.finding("", "Nesting", f"is deeper than {MAX_DEPTH} levels; check the indentation", line)
                return
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: yaml.Node, path: list[str | int], source: Source) -> Any:
    place = pointer(path)
    source.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, [*path, index], source) for index, item in enumerate(node.value)]
    return _scalar(node, place, source)


def _mapping(node: yaml.MappingNode, path: list[str | int], source: Source) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            source.findings.append(
                source.finding(pointer(path), "Key", "must be a word, not a list or a mapping", line)
            )
            continue
        key = key_node.value
        place = pointer([*path, key])
        if not key_node.style:
            _scalar(key_node, place, source, line)
        if key in value:
            first = source.lines[place]
            source.findings.append(
                source.finding(place, key, f"stands twice, first on line {first}; keep one of the two", line)
            )
            continue
        source.lines[place] = line
        value[key] = _value(value_node, [*path, key], source)
    return value


def _scalar(node: yaml.Node, place: str, source: Source, line: int = 0) -> Any:
    text: str = node.value
    if getattr(node, "style", None):  # plain: None, or "" from the parser in C
        return text
    if text in _NULL:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    for pattern, reason in _SURPRISES:
        if pattern.fullmatch(text):
            label = place.rpartition("/")[2] or "value"
            message = f'{text} without quotes: {reason}; write "{text}"'
            source.findings.append(source.finding(place, label, message, line or node.start_mark.line + 1))
    return text
