"""An e-mail address that a letter can be sent to: one rule for forms, JSON, letters, lost references, data/ and the settings.

The rule is email-validator's, without any look-up. What is surely meant is mended first: "<rosa@example.org>," has signs
around it that belong to the sentence it was copied from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from pipeline.i18n import _, without_invisible

# Straight and typographic quotation marks are the same to whoever copies a line of text.
_BEFORE, _AFTER = " \t\r\n<([{\"'“”„‘’‚«»‹›,;:", " \t\r\n>)]}\"'“”„‘’‚«»‹›,;:.!?"
_NAMED = re.compile(r"[^<>@]*<([^<>]*)>[^<>@]*")  # Rosa Test <rosa@example.org>
_MAILTO = re.compile(r"mailto:/{0,2}([^?]*)(\?.*)?", re.IGNORECASE | re.DOTALL)
_AROUND_AT = re.compile(r"[ \t]*@[ \t]*")


class NotAnAddress(ValueError):
    """The message says what to mend, to whoever typed it."""


@dataclass(frozen=True)
class Address:
    """`local` as it was typed, in ASCII: to other letters not every server can write. `domain` in its ASCII form."""

    local: str
    domain: str

    @classmethod
    def of(cls, typed: str) -> Address:
        """Raises NotAnAddress."""
        text = _bare(typed)
        try:
            found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
        except EmailNotValidError as error:
            raise NotAnAddress(_why(text)) from error
        return cls(found.local_part, str(found.ascii_domain).lower())

    @classmethod
    def parse(cls, typed: str) -> Address | None:
        try:
            return cls.of(typed)
        except NotAnAddress:
            return None

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def same(self) -> str:
        """Equal for two ways to write one address."""
        return f"{self.local.casefold()}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """Equal also for addresses that many servers put into one mailbox: name+tag@, na.me@. Only for counting."""
        name = self.local.casefold().partition("+")[0].replace(".", "")
        return f"{name}@{self.domain}"


def mended(typed: str) -> str:
    """What was typed without the signs around it, where that is an address; otherwise as it was typed."""
    return _bare(typed) if Address.parse(typed) else typed


def problem(written: str) -> str:
    """What to mend in an address that stands in a file, where pages and letters take it as it is; "" if nothing."""
    try:
        Address.of(written)
    except NotAnAddress as error:
        return str(error)
    alone = _bare(written)
    return "" if written == alone else _("has more than the address in it; write {alone}").format(alone=alone)


def _bare(typed: str) -> str:
    text = unicodedata.normalize("NFKC", without_invisible(typed))
    named = _NAMED.fullmatch(text.strip(" \t\r\n\"'“”,;."))
    text = (named[1] if named else text).lstrip(_BEFORE).rstrip(_AFTER)
    linked = _MAILTO.fullmatch(text)
    return _AROUND_AT.sub("@", unquote(linked[1]).strip(_BEFORE + _AFTER) if linked else text)


def _why(text: str) -> str:
    """In words for the person: the library's are English."""
    local, at, domain = text.rpartition("@")
    if "@" in local:
        return _("is more than one address, or has a second @; write one, like name@example.org")
    if domain.startswith("["):
        return _("has a number in brackets after the @; write a name there, like name@example.org")
    if ".." in text:
        return _("has two full stops in a row; take one away")
    if at and local and "." not in domain:
        return _("has no full stop after the @; write all of it, like name@example.org")
    strange = "".join(dict.fromkeys(letter for letter in local if not letter.isascii()))
    if strange:
        words = _("has {letters} before the @, and no letter of ours can reach it; write an address in plain letters")
        return words.format(letters=strange[:20])
    if re.search(r"\s", text):
        return _("has a space in it; write the address alone, like name@example.org")
    if domain.lower().rpartition(".")[2] in ("invalid", "test", "local", "localhost", "onion", "arpa"):
        return _("ends in .{name}, where no letter arrives; write the address at which you read your mail").format(
            name=domain.rpartition(".")[2]
        )
    return _("write your e-mail address, like name@example.org")
