"""The one module that speaks SMTP. What the server says is never passed on: it may have the address in it."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote, urlsplit

from pipeline.errors import CannotGoOn, MailFailed
from pipeline.mail.letter import Letter

TIMEOUT = 30.0  # seconds for each answer of the server
HERE = ("localhost", "127.0.0.1", "::1")
OURS = (421, 530, 535, 454)  # the server is closing, or wants to be signed in to: nothing is said of the address


class Outcome(Enum):
    """UNKNOWN: the line broke after the text had been given; the server may have taken it."""

    SENT = "sent"
    LATER = "the mail server put it off for days"
    REFUSED = "the mail server refuses the address, or the letter to it"
    UNWRITABLE = "no letter can be sent to the address as it was typed; look at it in the case"
    UNKNOWN = "the line broke"


class Session:
    """One connection, for as many letters as there are."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def send(self, letter: Letter) -> Outcome:
        """Raises MailFailed where it is not the address's fault; nothing has been sent then."""
        with _told():
            code = self._smtp.mail(letter.sender)[0]
            if code != 250:
                raise MailFailed("the mail server refuses our own address; check MAIL_FROM and SMTP_URL")
            code = self._smtp.rcpt(str(letter.to))[0]
            if code not in (250, 251, 252):
                self._smtp.rset()
                return self._outcome(code)
        return self._give(letter)

    def _give(self, letter: Letter) -> Outcome:
        try:
            return self._outcome(self._smtp.data(letter.to_bytes())[0])
        except smtplib.SMTPDataError as error:
            return self._outcome(error.smtp_code)
        except (smtplib.SMTPException, OSError):
            return Outcome.UNKNOWN

    @staticmethod
    def _outcome(code: int) -> Outcome:
        if code in OURS:
            raise MailFailed("the mail server does not take mail from us just now")
        return Outcome.SENT if code < 400 else Outcome.LATER if code < 500 else Outcome.REFUSED


@dataclass(frozen=True)
class Smtp:
    """SMTP_URL in its parts. `secure`: TLS from the first byte; otherwise it is asked for (STARTTLS), unless it is `here`."""

    host: str
    port: int
    secure: bool
    user: str
    password: str = field(repr=False)
    here: bool = False
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context

    @classmethod
    def from_url(cls, url: str) -> Smtp:
        """Raises CannotGoOn; the message has nothing of the URL in it."""
        try:
            place = urlsplit(url)
            secure = {"smtp": False, "smtps": True}[place.scheme]
            host, port = place.hostname or "", place.port or (465 if secure else 587)
        except (KeyError, ValueError) as error:
            raise CannotGoOn("SMTP_URL is no address of a mail server; write smtp://user:password@host:587") from error
        if not host or place.path not in ("", "/"):
            raise CannotGoOn("SMTP_URL has no host, or more than a host; write smtp://user:password@host:587")
        user, password = unquote(place.username or ""), unquote(place.password or "")
        return cls(host, port, secure, user, password, host in HERE)

    @contextlib.contextmanager
    def open(self) -> Iterator[Session]:
        """Raises MailFailed in words."""
        with contextlib.ExitStack() as stack:
            with _told():
                smtp = stack.enter_context(contextlib.closing(self._connect()))
                self._sign_in(smtp)
            yield Session(smtp)
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _connect(self) -> smtplib.SMTP:
        if self.secure:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=self.context())
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not self.secure and not self.here:
            if not smtp.has_extn("starttls"):
                raise MailFailed("the mail server offers no encryption, so nothing was given to it; check SMTP_URL")
            smtp.starttls(context=self.context())
            smtp.ehlo()
        if self.user:
            smtp.login(self.user, self.password)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Every failure in words of our own."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed("the mail server does not know our user or password; check SMTP_URL") from error
    except ssl.SSLError as error:
        raise MailFailed("the mail server cannot prove who it is, or speaks no TLS; check SMTP_URL") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed("the mail server does not answer as it should") from error
