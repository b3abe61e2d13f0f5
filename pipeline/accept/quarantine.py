"""What looks like a machine's (the honeypot was filled in) waits here until a person releases it."""

from __future__ import annotations

import os

from pipeline.accept.accept import Desk
from pipeline.accept.inbox import Delivery
from pipeline.files import write_new
from pipeline.profiles import topics


def release(desk: Desk, delivery: Delivery) -> None:
    """Put it where it would have gone at once. Killed in between, it is in both places, and the inbox takes it once."""
    target = desk.complaints if delivery.content.get("topic") in topics.COMPLAINTS else desk.inbox
    if not target.pushed(delivery.name):
        write_new(target.path(delivery.name), delivery.to_bytes())
    desk.confirm(delivery)
    os.unlink(desk.quarantine.path(delivery.name))
