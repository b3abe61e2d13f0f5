"""Form providers: what a person sent to somebody else's form service. One small file each, found here by itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from pipeline.data.model import Endpoint
from pipeline.errors import CannotGoOn
from pipeline.providers.provider import FormNeeds, Provider
from pipeline.submissions.parsing import HONEYPOT


def _found() -> Iterator[type[Provider]]:
    """Every class beside this file that names its kind, in the order of the files' names."""
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        module = importlib.import_module(f"{__name__}.{name}")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and "kind" in vars(value):
                yield value


PROVIDERS: dict[str, type[Provider]] = {provider.kind: provider for provider in _found()}


def host(endpoint: Endpoint | None) -> str:
    """Of the provider that what is sent passes through; "" where it goes to the body's own server, or nowhere."""
    provider = PROVIDERS.get(endpoint.kind) if endpoint else None
    return provider.host if provider else ""


def needs(endpoint: Endpoint | None, name: str, thanks: str) -> FormNeeds:
    """What a form has in its HTML for the place it is sent to; our own server needs a honeypot and nothing else."""
    provider = PROVIDERS.get(endpoint.kind) if endpoint else None
    return provider.needs(name, thanks) if provider else FormNeeds(HONEYPOT)


def configured(endpoint: Endpoint | None, environ: Mapping[str, str]) -> Provider | None:
    """The provider that organization.yml names; None if it names none. Raises CannotGoOn without its credential."""
    kind = PROVIDERS.get(endpoint.kind) if endpoint else None
    if endpoint is None or kind is None:
        return None
    key = environ.get(kind.key_name, "")
    if not key:
        raise CannotGoOn(f"{kind.key_name} is not set: the form provider ({kind.kind}) lists submissions with it alone")
    return kind.from_endpoint(endpoint.url, (environ.get(kind.api_name) or kind.default_api).rstrip("/"), key)
