"""The commands: one small file each. Help, handbook and buttons are made of them; who may and when is the process table's.

Read by name, never guessed: a comment that begins with / and a word that is none of these gets a reply that says so.
"""

from __future__ import annotations

from pipeline.cases.command import Command
from pipeline.cases.commands import (
    admit,
    answered,
    appeal,
    assign,
    claim,
    credit,
    decide,
    expire,
    finding,
    link,
    meeting,
    pause,
    preview,
    recommend,
    request_evidence,
    resume,
    return_,
    schedule,
    withdraw,
)
from pipeline.cases.commands import help as help_

EVERY: tuple[Command, ...] = (
    help_.command(lambda: EVERY),
    *(
        module.COMMAND
        for module in (
            schedule,
            admit,
            link,
            assign,
            claim,
            credit,
            finding,
            preview,
            request_evidence,
            recommend,
            meeting,
            decide,
            return_,
            appeal,
            pause,
            resume,
            withdraw,
            expire,
            answered,
        )
    ),
)
