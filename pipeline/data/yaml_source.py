"""YAML → plain values with line numbers. What YAML would silently read as something else is a finding, never a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.data.invisible_characters import unseen
from pipeline.findings import Finding, pointer
from pipeline.i18n import code_point, has_content, shown

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, about 15 times as quick, where it is there
MAX_BYTES = 1_000_000
MAX_DEPTH = 12

# Plain scalars that YAML 1.1 turns into something a maintainer did not write (https://yaml.org/type/).
_SURPRISES = [
    (re.compile(r"(?i)y|yes|n|no|on|off|true|false"), "YAML reads it as true or false"),
    (re.compile(r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt\s].*)?"), "YAML reads it as a date"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?"), "YAML reads it as a number to the base of 60"),
    (
        re.compile(r"[-+]?0[xX][0-9a-fA-F_]+|[-+]?0b[01_]+|[-+]?0[0-9_]+"),
        "YAML reads it as an octal, binary or hex number",
    ),
    (
        re.compile(r"(?i)[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)|\.nan"),
        "YAML reads it as a number and drops zeros at its end",
    ),
    (
        re.compile(r"[-+]?[0-9][0-9_]*([eE][-+]?[0-9]+)|[-+][0-9]+|[0-9]+_[0-9_]*"),
        "YAML reads it as a number written otherwise",
    ),
    (re.compile(r"=|<<"), "it has a special meaning in YAML"),
    (re.compile(r"(?i)null"), "YAML reads it as nothing"),
    (re.compile(r"0o[0-7_]+"), "YAML reads it as an octal number"),
]
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_NULL = {"", "~", "null"}
# What YAML takes for no text, and what it takes for the end of a line though editors do not.
_REFUSED = re.compile(f"{yaml.reader.Reader.NON_PRINTABLE.pattern}|[\x85\u2028\u2029\ufeff]")
_CUT = re.compile(r"([ \t]+)(#[^\s#][^\r\n]*)")  # a comment beside something, without a blank after its #
_CODE = re.compile(r"#[0-9A-Fa-f]{3,8}\b|#[0-9]+")  # a colour or a number: no comment


@dataclass
class Source:
    """A file's value with the line of every place in it. `value` is None when the file cannot be read at all; `text` is the file.

    `surprises`: the words of a finding about a plain value that YAML would change, by their finding.
    """

    path: str
    value: Any = None
    text: str = ""
    lines: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    surprises: dict[Finding, str] = field(default_factory=dict)

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
    source.text = text
    for number, row in enumerate(text.split("\n"), 1):
        if "\t" in row[: len(row) - len(row.lstrip())]:
            source.findings.append(source.finding("", "Tab", "starts a line with a tab; use spaces", number))
    for odd in _REFUSED.finditer(text):
        line = text.count("\n", 0, odd.start()) + 1
        source.findings.append(
            source.finding(
                "", code_point(odd[0]), "is an invisible character that YAML does not allow here; remove it", line
            )
        )
    source.findings.extend(_cut(text, source))
    if source.findings:
        return source
    try:
        source.findings.extend(_refused(text, source))
        if not source.findings:
            node = yaml.compose(text, Loader=LOADER)
            source.value = _value(node, [], source) if node else None
    except yaml.YAMLError as error:
        source.findings.append(_unread(error, text, source))
    return source


def _unread(error: yaml.YAMLError, text: str, source: Source) -> Finding:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    opened = _opened(text, line)
    if opened:
        message = "a quote opens here and is not closed on this line; close it, or put the whole text on one line"
        return source.finding("", "YAML", message, opened)
    rows = text.split("\n")
    for number in (line, line - 1):  # where it is found, and where it may have begun
        for odd in unseen("".join(rows[number - 1 : number]), key=True):
            message = f"has the character {code_point(odd)} in it, which nobody sees; take it out"
            return source.finding("", "YAML", message, number)
    problem = getattr(error, "problem", None) or str(error).split("\n")[0]
    hint = "check the indentation, the colons and the quotes around here"
    return source.finding("", "YAML", f"cannot be read: {problem}; {hint}", line)


def _opened(text: str, line: int) -> int:
    """Where a quote that was forgotten opens: it took in all lines up to the next quote, on `line`. 0 if none did."""
    quoted: list[tuple[int, int]] = []
    try:
        for token in yaml.scan(text, Loader=LOADER):
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                quoted.append((token.start_mark.line + 1, token.end_mark.line + 1))
    except yaml.YAMLError as error:
        mark = getattr(error, "context_mark", None)
        if mark and getattr(error, "context", "") == "while scanning a quoted scalar":
            quoted.append((mark.line + 1, line))
    opened = 0
    for first, last in reversed(quoted):
        if last == (opened or line) and first < last:
            opened = first
    return opened


def _cut(text: str, source: Source) -> Iterator[Finding]:
    """What stands after a # beside a value and looks as if it belonged to it: YAML drops it without a word."""
    if not _CUT.search(text):
        return
    key = ""
    last: Any = None
    try:
        for token in yaml.scan(text, Loader=LOADER):
            if isinstance(last, yaml.KeyToken) and isinstance(token, yaml.ScalarToken):
                key = token.value
            last = token
            found = _CUT.match(text, token.end_mark.index) if token.end_mark.index > token.start_mark.index else None
            if not found:
                continue
            blanks, rest = found.groups()
            if isinstance(token, yaml.ScalarToken):
                lost = blanks == " " and not token.style  # two blanks: meant as a comment
                whole = f"{token.value} {rest}"
            else:
                code = _CODE.match(rest)
                lost, rest = bool(code), code[0] if code else rest
                whole = rest
            if lost:
                message = (
                    f'{rest[:60]} is not read: a # after a blank begins a comment. Write "{whole[:60]}" with the quotes, '
                    "or a blank after the # if it is a comment"
                )
                yield source.finding("", key or "value", message, token.end_mark.line + 1)
    except yaml.YAMLError:
        return  # said by the reader


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


def _scalar(node: yaml.Node, place: str, source: Source, key_line: int = 0) -> Any:
    """A value, or a key (`key_line` is its line)."""
    text: str = node.value
    line = key_line or node.start_mark.line + 1
    label = place.rpartition("/")[2] or "value"
    if getattr(node, "style", None):  # plain: None, or "" from the parser in C
        source.findings.extend(_unseen(node, place, key_line, source))
        return text
    if hidden := list(_unseen(node, place, key_line, source)):
        source.findings.extend(hidden)
        return text
    if text in _NULL:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    for pattern, reason in _SURPRISES:
        if pattern.fullmatch(text):
            finding = source.finding(place, label, f'{text} without quotes: {reason}; write "{text}"', line)
            source.findings.append(finding)
            if not key_line:
                source.surprises[finding] = text
    return text


def _unseen(node: Any, place: str, key_line: int, source: Source) -> Iterator[Finding]:
    """Of every text of every file, with the line on which the character stands."""
    text: str = node.value
    line = key_line or node.start_mark.line + 1
    label = shown(place.rpartition("/")[2]).strip() or ("Key" if key_line else "value")
    odd = unseen(text, key=bool(key_line))
    if text and not has_content(text) and not any(_is_control(character) for character in odd):
        yield source.finding(place, label, "has only characters that nobody sees; write a text", line)
        return
    written = source.text[node.start_mark.index : node.end_mark.index]
    for character in odd:
        before = written.partition(character)[0] if character in written else ""  # else it is written as an escape
        kind = "control character" if _is_control(character) else "character"
        message = f"has the {kind} {code_point(character)} in it, which nobody sees; take it out"
        yield source.finding(place, label, message, line + before.count("\n"))


def _is_control(character: str) -> bool:
    return ord(character) < 0xA0
