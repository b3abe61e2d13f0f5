"""What is mailed: references, links and what happens next, in the body's own words. No word of the applicant's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import urljoin

from pipeline.cases.events import Case
from pipeline.email_address import Address
from pipeline.errors import StoreFailed
from pipeline.forms import json_schema
from pipeline.i18n import _, speaking
from pipeline.mail.orders import Item, Order
from pipeline.receiving.lookup import Submitted
from pipeline.receiving.outlook import Prospect, prospect
from pipeline.site.languages import direction
from pipeline.site.nextsteps import next_steps
from pipeline.site.render import Renderer
from pipeline.submissions.status_secrets import Receipts

LISTED = 20  # references in one letter


@dataclass(frozen=True)
class Letter:
    """`apart`: it speaks of a complaint or an appeal. `at` is UTC."""

    to: Address
    sender: str
    at: datetime
    message: EmailMessage
    apart: bool

    def to_bytes(self) -> bytes:
        return self.message.as_bytes()

    @property
    def file_name(self) -> str:
        mark = hashlib.sha256(str(self.message["Message-ID"]).encode()).hexdigest()[:16]
        return f"{self.at:%Y%m%dT%H%M%SZ}-{mark}.eml"


@dataclass(frozen=True)
class Writer:
    """`sender` is the address it is sent from."""

    renderer: Renderer
    receipts: Receipts
    sender: str
    submitted: Submitted

    def letter(self, to: Address, orders: Sequence[Order], items: Sequence[Item], at: datetime) -> Letter:
        """`orders` are what it answers, `items` what belongs to them: at least one, the latest first."""
        renderer = self.renderer.in_language(orders[-1].language)
        with speaking(renderer.data.language):
            subject, text, html = self._content(renderer, orders, items)
        message = EmailMessage(SMTP.clone(cte_type="7bit"))
        message["From"] = Mailbox(self.renderer.data.organization.name, addr_spec=self.sender)
        message["To"] = Mailbox("", to.local, to.domain)
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = self._message_id(orders)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notice is to answer it
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        return Letter(to, self.sender, at, message, any(item.apart for item in items))

    def _message_id(self, orders: Sequence[Order]) -> str:
        """The same for the same letter sent again: many mailboxes then show it once."""
        secret = self.receipts.secret("\0".join(f"{order.name} {order.at}" for order in orders))
        return f"<{secret}@{self.sender.rpartition('@')[2]}>"

    def _content(self, renderer: Renderer, orders: Sequence[Order], items: Sequence[Item]) -> tuple[str, str, str]:
        """Subject, plain text, HTML; in the language of the last order, if it is one of the body's."""
        body, spoken = renderer.data.organization, renderer.data.language
        shown = [self._shown(renderer, item) for item in items[:LISTED]]
        first = self._prospect(renderer, items[0].reference)
        shown[0] |= {
            "over": first.over,
            "writes": first.last(items[0].kind) == json_schema.SELF_ASSESSMENT and not first.over,
        }
        one = shown[0] if len(items) == 1 and all(order.item for order in orders) else None
        context = {
            "one": one,
            "items": shown,
            "more": len(items) - len(shown),
            "ahead": next_steps(body, first.last(items[0].kind), items[0].about, first.here),
            "subject": _("Your reference: {reference}").format(reference=one["reference"])
            if one
            else _("Your references"),
            "lang": spoken,
            "direction": direction(spoken),
        }
        root = f"{renderer.site_url.rstrip('/')}/{renderer.home}"
        text, html = (str(renderer(f"mail.{form}", root, **context)) for form in ("txt", "html"))
        return str(context["subject"]), text, html

    def _prospect(self, renderer: Renderer, reference: str) -> Prospect:
        """Of a case that cannot be read nothing is known: the letter is sent all the same."""
        try:
            return prospect(renderer.data, self.submitted, reference)
        except StoreFailed:
            return Prospect(Case(reference, ()))

    def _shown(self, renderer: Renderer, item: Item) -> dict[str, Any]:
        data = renderer.data
        known = item.kind != json_schema.CONTACT and (item.kind, item.about) in json_schema.form_kinds(data)
        status = f"/{renderer.home}status/{item.reference}/{self.receipts.secret(item.reference)}"
        return {
            "reference": item.reference,
            "kind": item.kind,
            "title": json_schema.form_schema(data, item.kind, item.about)["title"] if known else _("Message"),
            "status": urljoin(renderer.service_url, status),
            "times": item.times,
        }
