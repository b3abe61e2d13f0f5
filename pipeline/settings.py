"""Where things lie. Every setting has a default that works on one machine; the environment changes it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import CannotGoOn

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """The folders: `data` the body's own YAML, `schemas` what is committed of the derived schemas, `var` what this machine
    keeps, `records` the cases (a folder, or the checkout of a records repository), `site` the built site.
    """

    data: Path = ROOT / "data"
    schemas: Path = ROOT / "schemas"
    var: Path = ROOT / "var"
    records: Path = ROOT / "var" / "records"
    site: Path = ROOT / "site"
    endpoint: str = ""  # SUBMISSION_ENDPOINT: where the built forms send to, instead of organization.yml's
    site_url: str = ""  # SITE_URL: where the built site lies, instead of organization.yml's
    smtp_url: str = field(
        default="", repr=False
    )  # SMTP_URL: the mail server; without one, mail lies in var/outbox-mail
    mail_from: str = ""  # MAIL_FROM: whose address mail comes from, instead of organization.yml's contact address

    @classmethod
    def from_environment(cls) -> Settings:
        """Raises CannotGoOn where SITE_URL is no address."""

        def path(name: str, default: Path) -> Path:
            return Path(os.environ.get(name) or default).resolve()

        var = path("PIPELINE_VAR", cls.var)
        return cls(
            data=path("PIPELINE_DATA", cls.data),
            schemas=path("PIPELINE_SCHEMAS", cls.schemas),
            var=var,
            records=path("PIPELINE_RECORDS", var / "records"),
            site=path("PIPELINE_SITE", cls.site),
            endpoint=os.environ.get("SUBMISSION_ENDPOINT", ""),
            site_url=_address(os.environ.get("SITE_URL", "")),
            smtp_url=os.environ.get("SMTP_URL", ""),
            mail_from=os.environ.get("MAIL_FROM", ""),
        )


def origin(address: str) -> str:
    """The scheme, host and port of an address; "" if it has none."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def _address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise CannotGoOn(
            f"SITE_URL is {text}, which is no address of a site; write one like https://certificates.example.org/"
        )
    return text
