"""/help: what can be done with this case now, and by whom."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.cases.command import Call, Command, how
from pipeline.cases.context import Act, Refusal, Work
from pipeline.i18n import _


def command(every: Callable[[], tuple[Command, ...]]) -> Command:
    """`every`: all commands, this one included."""

    def read(work: Work, _call: Call) -> Act | Refusal:
        return _read(work, every())

    return Command("help", "/help", "/help", lambda: _("says what can be done with this case now"), read)


def _read(work: Work, every: tuple[Command, ...]) -> Act | Refusal:
    """Only what the table allows from the present state; each with its form and what it does."""
    data, here = work.judge.data, work.standing.state
    lines = [_("This case: {state}.").format(state=here.title), ""]
    for command in every:
        rows = work.process.of_command(command.name, here.id)
        if not rows and command.name in work.process.commands:
            continue
        roles = dict.fromkeys(role for row in rows for role in row.who)
        names = ", ".join(data.organization.role(role).name for role in roles) or _("everybody")
        example = command.example_of(data.organization.reference_prefix)
        line = f"- `{command.usage}`: {command.text()} ({names})"
        lines.append(
            line if example == command.usage else line + ". " + _("For example: {it}").format(it=f"`{example}`")
        )
    return Act("\n".join([*lines, "", how()]), says_only=True)
