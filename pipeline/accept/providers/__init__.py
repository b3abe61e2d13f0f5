"""Form providers: what a person sent to somebody else's form service. One small file each; PROVIDERS is all that knows them."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.accept.providers.formspree import Formspree
from pipeline.accept.providers.netlify import Netlify
from pipeline.accept.providers.provider import FormNeeds, Provider
from pipeline.accept.raw import HONEYPOT
from pipeline.errors import CannotGoOn
from pipeline.profiles.model import Endpoint

PROVIDERS: dict[str, type[Provider]] = {provider.kind: provider for provider in (Formspree, Netlify)}


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
