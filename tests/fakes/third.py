"""A form provider that the pipeline does not know: one small file, and this is all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from pipeline.providers.provider import API_URL, TOKEN, FormNeeds, Sent
from pipeline.providers.reader import Reader, records


class Third:
    """Lists as Formspree does."""

    kind: ClassVar[str] = "third"
    host: ClassVar[str] = "third.example"
    key_name: ClassVar[str] = TOKEN
    api_name: ClassVar[str] = API_URL
    default_api: ClassVar[str] = "https://third.example"
    honeypot: ClassVar[str] = "trap"

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @classmethod
    def needs(cls, name: str, thanks: str) -> FormNeeds:
        return FormNeeds(cls.honeypot, hidden={"_redirect": thanks})

    @classmethod
    def from_endpoint(cls, url: str, api: str, key: str) -> Self:
        return cls(Reader(api, cls.key_name, auth=("", key)))

    def since(self, last: str) -> str:
        return last

    def sent(self, last: str) -> Iterator[Sent]:
        page = self.reader.page(
            f"{self.reader.api}/forms/abcdwxyz/submissions", {}, lambda got: records(got["submissions"])
        )
        yield from (Sent.of(entry["_date"], entry) for entry in page.entries)
