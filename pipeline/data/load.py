"""data/ → Data │ findings. The only way in: whoever holds a Data holds one without faults."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import schema_errors
from pipeline.data import build, process, process_rules, rules, stale_translations, translations, yaml_shape
from pipeline.data.model import Colour, Data, Profile
from pipeline.data.stale_translations import Translated
from pipeline.data.yaml_source import Source, read
from pipeline.errors import CannotGoOn, DataInvalid
from pipeline.findings import Finding, Level, errors
from pipeline.natural_order import in_order, natural

Told = dict[str, dict[str, Any]]
"""Language → file (organization, or a profile's id) → translated texts."""


@dataclass(frozen=True)
class Loaded:
    """`data` is None if there are errors among the findings (notes and placeholders are none)."""

    data: Data | None
    findings: list[Finding]
    translated: tuple[Translated, ...] = ()


def load(data_folder: Path, schemas: Path, kinds: Collection[str] = ()) -> Loaded:
    """Read and check the whole folder. Raises CannotGoOn if it is no data folder at all.

    `kinds`: of the form providers that organization.yml may name; without any, every kind is taken.
    """
    if not (data_folder / "organization.yml").is_file():
        raise CannotGoOn(f"{data_folder} has no organization.yml; set PIPELINE_DATA to the folder that has it")
    organization = _read(data_folder, "organization.yml", schemas, "organization")
    providers = _read(data_folder, "providers.yml", schemas, "providers")
    table = _read(data_folder, "process.yml", schemas, "process")
    files = [path for path in (data_folder / "profiles").glob("*") if path.suffix.lower() in (".yml", ".yaml")]
    files.sort(key=lambda path: natural(path.name))
    profiles = [_read(data_folder, f"profiles/{file.name}", schemas, "profile") for file in files]
    findings = [finding for source in (organization, providers, table, *profiles) for finding in source.findings]
    if not profiles:
        findings.append(organization.finding("", "profiles", "data/profiles/ has no file; add a profile"))
    findings += _rules(organization, providers, table, profiles, kinds)
    findings += _not_read(data_folder)
    texts = _texts(organization, providers, table, profiles) if not errors(findings) else {}
    translated: list[Translated] = []
    told = _translations(data_folder, schemas, organization, texts, findings, translated)
    findings = in_order(findings)
    if errors(findings):
        return Loaded(None, findings)
    return Loaded(_data(organization, providers, table, profiles, told), findings, tuple(translated))


READ = re.compile(
    r"(organization|providers|process)\.yml|profiles/[^/]+|translations/[^/]+/([^/]+\.y[^/]*ml|originals\.json)"
)


def _not_read(folder: Path) -> Iterator[Finding]:
    """A note for each file that lies where nobody looks; hidden ones are no files of the body's."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        yaml_file = path.suffix.lower() in (".yml", ".yaml") or not name.startswith("profiles/")
        if not path.is_file() or "/." in f"/{name}" or (READ.fullmatch(name) and yaml_file):
            continue
        message = (
            "is not read; what is read lies in data/ itself (organization.yml, providers.yml, process.yml), in profiles/ "
            "and in translations/<language>/: rename it, move it there, or take it away"
        )
        yield Finding("", name, message, Level.NOTE, f"{folder.name}/{name}", 1)


def _rules(
    organization: Source, providers: Source, table: Source, profiles: list[Source], kinds: Collection[str]
) -> Iterator[Finding]:
    """The rules over whatever has the right shape: a slip in one file hides nothing in another."""
    if errors(organization.findings):
        return
    sound = [source for source in profiles if not errors(source.findings)]
    if len(sound) == len(profiles) and not errors(table.findings):
        yield from process_rules.all_rules(table, organization, profiles)
    if len(sound) == len(profiles) and not errors(providers.findings):
        yield from rules.all_rules(organization, providers, profiles, kinds)
        return
    yield from rules.of_organization(organization, kinds)
    for source in sound:
        yield from rules.of_profile(source, organization)
    if len(sound) == len(profiles):
        yield from rules.across(profiles)


def load_or_stop(data_folder: Path, schemas: Path, kinds: Collection[str] = ()) -> Data:
    """Raises DataInvalid with all errors."""
    loaded = load(data_folder, schemas, kinds)
    if loaded.data is None:
        raise DataInvalid(errors(loaded.findings))
    return loaded.data


def recorded(data_folder: Path, language: str) -> dict[str, str]:
    """The record of the originals that a language's translations were made from; one missing or damaged is empty."""
    try:
        value = json.loads((data_folder / "translations" / language / stale_translations.NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _read(folder: Path, name: str, schemas: Path, kind: str) -> Source:
    source = read(folder / name, f"{folder.name}/{name}")

    def label(place: str) -> str:
        return place.strip("/").replace("/", ".") or name

    yaml_shape.check(source, schema_errors.data_schema(schemas, kind), label)
    return source


def _texts(
    organization: Source, providers: Source, table: Source, profiles: list[Source]
) -> dict[str, translations.Texts]:
    """All that can be translated, by the name of a translation's file."""
    return {
        translations.ORGANIZATION: translations.organization_texts(organization.value, providers.value),
        translations.PROCESS: translations.process_texts(table.value),
        **{source.value["id"]: translations.profile_texts(source.value) for source in profiles},
    }


def _translations(
    folder: Path,
    schemas: Path,
    organization: Source,
    texts: dict[str, translations.Texts],
    findings: list[Finding],
    translated: list[Translated],
) -> Told:
    """Every language's texts by file; what is found and translated is added. Nothing is read while the originals have errors."""
    told: Told = {}
    if not texts:
        return told
    for path in sorted((folder / "translations").glob("*/*.y*ml"), key=lambda path: natural(str(path))):
        language, name = path.parent.name, path.stem
        kind = f"{name if name in translations.OF_THE_BODY else 'profile'}-translation"
        source = _read(folder, f"translations/{language}/{path.name}", schemas, kind)
        if language not in organization.value["languages"][1:]:
            message = "is none of the further languages in organization.yml; add it there, or remove the folder"
            source.findings.append(source.finding("", language, message))
        elif name not in texts:
            message = f"is no profile; name the file like one of: {', '.join(texts)}"
            source.findings.append(source.finding("", name, message))
        elif not source.findings:
            source.findings += translations.rules(source, texts[name], language)
            if not errors(source.findings):
                translated += stale_translations.of_data(source, texts[name], language, name)
        findings += source.findings
        told.setdefault(language, {})[name] = source.value
    for language in organization.value["languages"][1:]:
        for name in [name for name in texts if name not in told.setdefault(language, {})]:
            nothing = Source(f"{folder.name}/translations/{language}/{name}.yml", {})
            findings += translations.rules(nothing, texts[name], language)
    return told


def _data(organization: Source, providers: Source, table: Source, profiles: list[Source], told: Told) -> Data:
    """The body's first language, with the others beside it. A hash never changes with a translation."""
    plain = {source.value["id"]: source.value for source in profiles}
    snapshots = {profile_id: canonical(_with_included(profile_id, plain)) for profile_id in plain}
    hashes = {profile_id: hashlib.sha256(text.encode()).hexdigest() for profile_id, text in snapshots.items()}
    first, *others = organization.value["languages"]
    palette = build.colours(organization.value)

    def spoken(language: str) -> Data:
        texts = told.get(language, {})
        body = texts.get(translations.ORGANIZATION, {})
        listed = translations.providers(providers.value, body)
        profiles = [_profile(raw, palette, first, texts.get(name, {}), language) for name, raw in plain.items()]
        return Data(
            organization=build.organization(
                translations.organization(organization.value, body), translations.names(body)
            ),
            colours=palette,
            providers_note=listed["note"],
            providers=build.providers(listed),
            process=process.build(
                translations.process(table.value, texts.get(translations.PROCESS, {}), language), first
            ),
            profiles=tuple(sorted(profiles, key=lambda profile: profile.order)),
            hashes=hashes,
            snapshots=snapshots,
            language=language,
            others={},
        )

    return replace(spoken(first), others={language: spoken(language) for language in others})


def _profile(raw: Any, palette: tuple[Colour, ...], first: str, told: Any, language: str) -> Profile:
    shown = translations.shown(told, language)
    return build.profile(translations.profile(raw, shown, language), palette, first, translations.names(shown))


def _with_included(profile_id: str, plain: dict[str, Any]) -> dict[str, Any]:
    """What a submission is judged by: the profile, and the profiles it includes, innermost first."""
    chain: list[str] = []

    def walk(name: str) -> None:
        for inner in plain[name]["includes"]:
            walk(inner)
        if name not in chain:
            chain.append(name)

    walk(profile_id)
    return {"profile": profile_id, "profiles": [plain[name] for name in chain]}


def canonical(value: Any) -> str:
    """One text for one value (sorted keys, no spaces, like RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
