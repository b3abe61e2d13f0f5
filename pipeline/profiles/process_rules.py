"""Rules of the process table: every name in it is one that exists, and every state can be reached and left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.findings import Finding, Level
from pipeline.profiles.process import APPLICANT, NOBODY, PIPELINE, SAME
from pipeline.profiles.yamlsource import Source

FACTS = ("portfolio", "meeting", "grant", "decline", "held", "missed")
NEEDS = (
    "all_findings",
    "assignee",
    "claimed",
    "credit",
    "credits",
    "findings_fit",
    "impartial",
    "impartial_assignee",
    "meeting_held",
    "moment",
    "no_conflict",
    "other_case",
    "overdue",
    "paused",
    "prerequisite",
    "running",
    "unclaimed",
    "uninvolved",
)


# Each is a file in pipeline/audit/commands/; preview and help are in no row.
COMMANDS = (
    "admit", "appeal", "assign", "claim", "credit", "decide", "expire", "finding", "link", "meeting", "pause",
    "recommend", "request-evidence", "resume", "schedule", "withdraw",
)  # fmt: skip
# Code looks for these in a case: certificates, statistics and the rules of impartiality rest on them.
EVENTS = (
    "admitted", "appealed", "assigned", "claimed", "credited", "declined", "evidence_requested", "expired", "findings",
    "granted", "linked", "meeting_held", "meeting_missed", "paused", "portfolio_linked", "received", "recommended",
    "resumed", "revised", "scheduled", "withdrawn",
)  # fmt: skip
JUDGING = {"claim": ("no_conflict", "impartial"), "decide": ("no_conflict", "impartial")}


def all_rules(table: Source, organization: Source, profiles: list[Source]) -> Iterator[Finding]:
    roles = {role["id"] for role in organization.value["roles"]}
    states = [state["id"] for state in table.value["states"]]
    for index, state in enumerate(table.value["states"]):
        place = f"/states/{index}"
        if state["id"] in states[:index]:
            yield table.finding(f"{place}/id", state["id"], "is the id of an earlier state; choose another")
        yield from _known(table, f"{place}/awaits", state["awaits"], {*roles, APPLICANT, NOBODY}, "role")
        if state["open"] and state["days"] is None and state["awaits"] != NOBODY:
            line = table.line(f"{place}/days")
            words = f"nobody has decided how many days “{state['title']}” may take: no one is reminded"
            yield Finding(f"{place}/days", state["id"], words, Level.NOTE, table.path, line)
    yield from _known(table, "/start", table.value["start"], set(states), "state")
    for index, row in enumerate(table.value["transitions"]):
        place = f"/transitions/{index}"
        yield from _row(table, place, row, set(states), {*roles, PIPELINE})
    yield from _reachable(table)


def _row(table: Source, place: str, row: dict[str, Any], states: set[str], roles: set[str]) -> Iterator[Finding]:
    yield from _known(table, f"{place}/event", row["event"], set(EVENTS), "event")
    if row["command"] is not None:
        yield from _known(table, f"{place}/command", row["command"], set(COMMANDS), "command")
    if (row["command"] is None) != (row["who"] == [PIPELINE]):
        words = f"a row without a command is the pipeline's (who: [{PIPELINE}]), and one with a command is people's"
        yield table.finding(f"{place}/who", "who", words)
    for need in JUDGING.get(row["command"], ()):
        if need not in row["needs"]:
            words = f"lacks {need}: nobody judges without it, so /{row['command']} always needs it; add it"
            yield table.finding(f"{place}/needs", row["command"], words)
    for number, source in enumerate(row["from"]):
        yield from _known(table, f"{place}/from/{number}", source, states, "state")
    yield from _known(table, f"{place}/to", row["to"], {*states, SAME}, "state")
    for number, role in enumerate(row["who"]):
        yield from _known(table, f"{place}/who/{number}", role, roles, "role")
    for number, need in enumerate(row["needs"]):
        yield from _known(table, f"{place}/needs/{number}", need, set(NEEDS), "rule")
    for number, fact in enumerate(row["when"]):
        yield from _known(table, f"{place}/when/{number}", fact.removeprefix("no "), set(FACTS), "fact")


def _known(table: Source, place: str, name: str, known: set[str], what: str) -> Iterator[Finding]:
    if name not in known:
        yield table.finding(place, name, f"is no {what}; use one of: {', '.join(sorted(known))}")


def _reachable(table: Source) -> Iterator[Finding]:
    rows = table.value["transitions"]
    reached = {table.value["start"]}
    for _state in table.value["states"]:
        reached |= {row["to"] for row in rows if reached & set(row["from"]) and row["to"] != SAME}
    for index, state in enumerate(table.value["states"]):
        place = f"/states/{index}/id"
        if state["id"] not in reached:
            yield table.finding(place, state["id"], "cannot be reached from the start; add a transition to it")
        leaves = any(state["id"] in row["from"] and row["to"] not in (SAME, state["id"]) for row in rows)
        if state["open"] and not leaves:
            yield table.finding(place, state["id"], "is open and leads nowhere; add a transition from it")
