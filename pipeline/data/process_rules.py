"""Rules of the process table: every name in it is one that exists, and every state can be reached and left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pipeline.data.process import APPLICANT, NOBODY, PIPELINE, SAME, transition
from pipeline.data.yaml_source import Source
from pipeline.findings import Finding, Level
from pipeline.natural_order import natural

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
    "remembered",
    "running",
    "unaudited",
    "unclaimed",
    "uninvolved",
)


STAY, MOVE, END = "stay", "move", "end"


@dataclass(frozen=True)
class Meaning:
    """What code takes an event for, whatever a table says: certificates, statistics and impartiality rest on it.

    `command` writes it (None: the pipeline does), `fact` must stand in its row's `when`, `needs` guard it. `leads`: it leaves
    the case where it is (STAY), in an open state (MOVE) or in one that ends it (END).
    """

    command: str | None
    leads: str
    needs: tuple[str, ...] = ()
    fact: str = ""


EVENTS = {
    "received": Meaning(None, MOVE),
    "revised": Meaning(None, MOVE),
    "portfolio_linked": Meaning(None, MOVE),
    "scheduled": Meaning("schedule", MOVE, ("moment",)),
    "admitted": Meaning("admit", MOVE, ("prerequisite",)),
    "linked": Meaning("link", END, ("other_case",)),
    "credited": Meaning("credit", STAY, ("credit",)),
    "assigned": Meaning("assign", STAY, ("assignee", "impartial_assignee")),
    "claimed": Meaning("claim", STAY, ("no_conflict", "impartial", "unclaimed")),
    "findings": Meaning("finding", STAY, ("claimed", "impartial")),
    "evidence_requested": Meaning("request-evidence", MOVE, ("claimed",)),
    "recommended": Meaning("recommend", MOVE, ("claimed", "impartial", "all_findings", "findings_fit")),
    "meeting_held": Meaning("meeting", MOVE, ("claimed", "impartial"), "held"),
    "meeting_missed": Meaning("meeting", STAY, ("claimed",), "missed"),
    "returned": Meaning("return", MOVE, ("impartial",)),
    "granted": Meaning("decide", END, ("no_conflict", "impartial", "meeting_held", "prerequisite", "credits"), "grant"),
    "declined": Meaning("decide", END, ("no_conflict", "impartial"), "decline"),
    "appealed": Meaning("appeal", MOVE, ("remembered",)),
    "appeal_withdrawn": Meaning("withdraw", END),
    "paused": Meaning("pause", STAY, ("running",)),
    "resumed": Meaning("resume", STAY, ("paused",)),
    "withdrawn": Meaning("withdraw", END),
    "expired": Meaning("expire", END, ("overdue",)),
}
# Each is a file in pipeline/cases/commands/; preview, help and answered are in no row.
COMMANDS = tuple(dict.fromkeys(meaning.command for meaning in EVENTS.values() if meaning.command))
SENT = ("received", "revised")  # by the applicant
DECISIONS = ("granted", "declined")
BEFORE_A_DECISION = ("recommended", "meeting_held", "appealed")  # nothing else leads to where it is decided
MEETINGS = {"with": ("meeting",), "without": ()}
AFTER_AN_APPEAL = ("claimed", "meeting_held", *DECISIONS)  # by somebody who took no part
# A closed state is one end: the statistics and the words to the applicant tell them apart.
ENDS = (("granted",), ("declined", "appeal_withdrawn"), ("withdrawn",), ("expired",), ("linked",))
OPPOSITE = (("grant", "decline"), ("held", "missed"))


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
    if all(row["event"] in EVENTS for row in table.value["transitions"]):
        yield from _meanings(table)
    yield from _reachable(table)


def _row(table: Source, place: str, row: dict[str, Any], states: set[str], roles: set[str]) -> Iterator[Finding]:
    yield from _known(table, f"{place}/event", row["event"], set(EVENTS), "event")
    if row["command"] is not None:
        yield from _known(table, f"{place}/command", row["command"], set(COMMANDS), "command")
    if (row["command"] is None) != (PIPELINE in row["who"]) or (PIPELINE in row["who"] and len(row["who"]) > 1):
        words = f"a row without a command is the pipeline's (who: [{PIPELINE}]), and one with a command is people's"
        yield table.finding(f"{place}/who", "who", words)
    for number, source in enumerate(row["from"]):
        yield from _known(table, f"{place}/from/{number}", source, states, "state")
    yield from _known(table, f"{place}/to", row["to"], {*states, SAME}, "state")
    for number, role in enumerate(row["who"]):
        yield from _known(table, f"{place}/who/{number}", role, roles, "role")
    for number, need in enumerate(row["needs"]):
        yield from _known(table, f"{place}/needs/{number}", need, set(NEEDS), "rule")
    for number, fact in enumerate(row["when"]):
        yield from _known(table, f"{place}/when/{number}", fact.removeprefix("no "), set(FACTS), "fact")
    both = [pair for pair in OPPOSITE if set(pair) <= set(row["when"])]
    both += [(fact, f"no {fact}") for fact in row["when"] if f"no {fact}" in row["when"]]
    for one, other in both:
        yield table.finding(
            f"{place}/when", row["event"], f"can never happen: “{one}” and “{other}” exclude each other"
        )


def _meanings(table: Source) -> Iterator[Finding]:
    """Each row does what code takes its event for. Only for a table whose names are all known."""
    closed = {state["id"] for state in table.value["states"] if not state["open"]}
    rows = table.value["transitions"]
    appealed = {row["to"] for row in rows if row["event"] == "appealed"}
    decided = {source for row in rows if row["event"] in DECISIONS for source in row["from"]}
    declined = {row["to"] for row in rows if row["event"] == "declined"}
    for index, row in enumerate(rows):
        place, event, meaning = f"/transitions/{index}", row["event"], EVENTS[row["event"]]
        if row["command"] != meaning.command:
            said = f"/{meaning.command}" if meaning.command else "the pipeline, with command: null"
            yield table.finding(f"{place}/event", event, f"is written by {said} alone; give this row its own event")
            continue
        if meaning.fact and meaning.fact not in row["when"]:
            yield table.finding(f"{place}/when", event, f"lacks the fact that it means; add {meaning.fact}")
        for need in _guards(row, meaning, appealed):
            if need not in row["needs"]:
                yield table.finding(
                    f"{place}/needs", event, f"lacks {need}, without which it must never happen; add it"
                )
        yield from _leads(table, place, row, meaning, closed)
        if row["to"] in decided and event not in BEFORE_A_DECISION and set(row["from"]) != {row["to"]}:
            words = f"leads to “{row['to']}”, where it is decided, past the audit; lead it elsewhere"
            yield table.finding(f"{place}/to", event, words)
        if event == "appealed" and not set(row["from"]) <= declined:
            yield table.finding(f"{place}/from", event, "only what was declined can be appealed; take the others out")
        if event != "appealed" and set(row["from"]) & closed:
            words = "is the end of a case, which only an appeal leaves; take it out"
            yield table.finding(f"{place}/from", ", ".join(sorted(set(row["from"]) & closed, key=natural)), words)
        if "claimed" in row["needs"]:
            if not any(other["event"] == "claimed" and set(other["who"]) & set(row["who"]) for other in rows):
                words = f"needs a claim, and nobody of {', '.join(row['who'])} can claim; add such a row of /claim"
                yield table.finding(f"{place}/needs", event, words)
    yield from _ends(table, closed)
    yield from _outcomes(table, ("recommended",))
    yield from _outcomes(table, DECISIONS)
    if not decided:
        yield table.finding("/transitions", "transitions", "decide nothing; add rows of /decide")


def _ends(table: Source, closed: set[str]) -> Iterator[Finding]:
    rows = table.value["transitions"]
    for index, row in enumerate(rows):
        same = next((events for events in ENDS if row["event"] in events), ())
        others = {other["event"] for other in rows if other["to"] == row["to"]} - set(same)
        if same and row["to"] in closed and others:
            words = f"leads to “{row['to']}”, which is the end of {', '.join(sorted(others, key=natural))} too"
            yield table.finding(f"/transitions/{index}/to", row["event"], f"{words}; give each a state of its own")


def _outcomes(table: Source, events: Sequence[str]) -> Iterator[Finding]:
    """Where one outcome is possible the other one is, and for every certificate: with a meeting and without."""
    rows = [transition(row) for row in table.value["transitions"] if row["event"] in events]
    for index, state in enumerate(table.value["states"]):
        here = [row for row in rows if state["id"] in row.sources]
        for outcome, (words, meeting) in product(("grant", "decline"), MEETINGS.items() if here else ()):
            if not any(row.fits({"portfolio", outcome, *meeting}) for row in here):
                command = EVENTS[events[0]].command
                said = f"has no row of /{command} that fits {outcome}, for certificates {words} a meeting; add one"
                yield table.finding(f"/states/{index}/id", state["id"], said)


def _guards(row: dict[str, Any], meaning: Meaning, appealed: set[str]) -> Iterator[str]:
    yield from meaning.needs
    if row["event"] in AFTER_AN_APPEAL and set(row["from"]) & appealed:
        yield "uninvolved"
    elif row["event"] == "granted":
        yield from ("all_findings", "findings_fit")
    if row["event"] == "recommended" and "grant" in row["when"]:
        yield "credits"


def _leads(table: Source, place: str, row: dict[str, Any], meaning: Meaning, closed: set[str]) -> Iterator[Finding]:
    to = row["to"]
    if meaning.leads == STAY and to != SAME and set(row["from"]) != {to}:
        yield table.finding(f"{place}/to", row["event"], f"moves no case; write to: {SAME}")
    elif meaning.leads == MOVE and to in closed:
        yield table.finding(
            f"{place}/to", row["event"], f"ends no case, but “{to}” is the end of one; lead it elsewhere"
        )
    elif meaning.leads == END and to not in closed:
        yield table.finding(f"{place}/to", row["event"], "ends a case; lead it to a state with open: false")


def _known(table: Source, place: str, name: str, known: set[str], what: str) -> Iterator[Finding]:
    if name not in known:
        yield table.finding(place, name, f"is no {what}; use one of: {', '.join(sorted(known, key=natural))}")


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
        waits = state["open"] and state["awaits"] == APPLICANT
        if waits and not any(row["event"] in SENT and state["id"] in row["from"] for row in rows):
            words = "waits for the applicant, and nothing that they send leads on; add a row without a command"
            yield table.finding(place, state["id"], words)
