"""The mail room: which folders, which carrier, what is told about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.data.model import is_placeholder
from pipeline.email_address import Address
from pipeline.errors import CannotGoOn, StoreFailed
from pipeline.i18n import language
from pipeline.mail.ledger import Ledger
from pipeline.mail.letter import Writer
from pipeline.mail.orders import Orders
from pipeline.mail.outbox import Outbox
from pipeline.mail.postman import Postman
from pipeline.mail.smtp import Smtp
from pipeline.receiving.lookup import Submitted
from pipeline.settings import Settings
from pipeline.site.render import Renderer
from pipeline.submissions.inbox import Delivery
from pipeline.submissions.status_secrets import Receipts
from pipeline.timestamps import stamp

NOBODY = Address("nobody", "localhost.invalid")  # stands in the outbox for an address that is not known yet
GIVEN_UP = "given up in the last 30 days, as no letter can be sent to the address or the mail server refused it"
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class MailRoom:
    """`unsent` says why letters stay in the outbox, "" if they are sent. `missed`: orders that could not be written."""

    orders: Orders
    outbox: Outbox
    postman: Postman
    unsent: str
    missed: int = 0

    def confirm(self, delivery: Delivery) -> None:
        """A receipt is never worth a submission: that it could not even be ordered is told in the health."""
        try:
            self.orders.receipt(delivery)
        except StoreFailed:
            self.missed += 1

    def ask(self, address: Address) -> None:
        """For a letter in the language that is spoken. Raises StoreFailed."""
        mark, at = self.postman.ledger.asked(address), stamp(self.postman.clock())
        self.orders.lost(mark, address, language.get(), at)

    def health(self, trouble: str) -> str:
        """Numbers and reasons, and nothing that tells whether an address is known."""
        given_up = len(self.orders.given_up())
        told = [
            trouble or self.unsent,
            f"{GIVEN_UP}: {given_up}" if given_up else "",
            f"receipts that could not be written down: {self.missed}; check the disk" if self.missed else "",
        ]
        return "; ".join(part for part in told if part) or "well"


def mail_room(
    settings: Settings, renderer: Renderer, receipts: Receipts, submitted: Submitted, clock: Clock = _now
) -> MailRoom:
    """Raises CannotGoOn where a setting cannot be meant."""
    contact = renderer.data.organization.contact_email
    known = settings.mail_from or (contact if contact and not is_placeholder(contact) else "")
    sender = Address.parse(known) if known else NOBODY
    if sender is None:
        raise CannotGoOn("MAIL_FROM is not an address that letters can be sent from; write it like office@example.org")
    smtp = Smtp.from_url(settings.smtp_url) if settings.smtp_url else None
    missing = "" if smtp and known else "MAIL_FROM" if smtp else "SMTP_URL"
    orders, outbox = Orders(settings.var / "mail"), Outbox(settings.var / "outbox-mail")
    postman = Postman(
        orders=orders,
        ledger=Ledger(orders.root / "ledger", receipts.server_key),
        writer=Writer(renderer, receipts, str(sender), submitted),
        carrier=smtp if smtp and known else outbox,
        submitted=submitted,
        clock=clock,
    )
    unsent = f"letters are kept in {outbox.root.name}/, not sent: {missing} is not set" if missing else ""
    return MailRoom(orders, outbox, postman, unsent)
