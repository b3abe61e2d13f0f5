"""data/ → Data │ findings. The only way in: whoever holds a Data holds one without faults."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import shape
from pipeline.errors import CannotGoOn, DataInvalid
from pipeline.findings import Finding, Level, errors
from pipeline.profiles import build, process, process_rules, rules
from pipeline.profiles.model import Data
from pipeline.profiles.yamlsource import Source, read


@dataclass(frozen=True)
class Loaded:
    """`data` is None if there are errors among the findings (notes and placeholders are none)."""

    data: Data | None
    findings: list[Finding]


def load(data_folder: Path, schemas: Path) -> Loaded:
    """Read and check the whole folder. Raises CannotGoOn if it is no data folder at all."""
    if not (data_folder / "organization.yml").is_file():
        raise CannotGoOn(f"{data_folder} has no organization.yml; set PIPELINE_DATA to the folder that has it")
    organization = _read(data_folder, "organization.yml", schemas, "organization")
    providers = _read(data_folder, "providers.yml", schemas, "providers")
    table = _read(data_folder, "process.yml", schemas, "process")
    files = sorted((data_folder / "profiles").glob("*.y*ml"))
    profiles = [_read(data_folder, f"profiles/{file.name}", schemas, "profile") for file in files]
    findings = [finding for source in (organization, providers, table, *profiles) for finding in source.findings]
    if not profiles:
        findings.append(organization.finding("", "profiles", "data/profiles/ has no file; add a profile"))
    if not errors(findings):
        findings += sorted(
            [
                *rules.all_rules(organization, providers, profiles),
                *process_rules.all_rules(table, organization, profiles),
            ],
            key=lambda f: (f.file, f.line, f.message),
        )
    if errors(findings):
        return Loaded(None, findings)
    return Loaded(_data(organization, providers, table, profiles), findings)


def load_or_stop(data_folder: Path, schemas: Path) -> Data:
    """Raises DataInvalid with all errors."""
    loaded = load(data_folder, schemas)
    if loaded.data is None:
        raise DataInvalid(errors(loaded.findings))
    return loaded.data


def _read(folder: Path, name: str, schemas: Path, kind: str) -> Source:
    source = read(folder / name, f"{folder.name}/{name}")
    if source.findings:
        return source
    schema = shape.data_schema(schemas, kind)

    def label(place: str) -> str:
        return place.strip("/").replace("/", ".") or name

    for found in shape.check(schema, source.value, label):
        line = source.line(found.pointer)
        source.findings.append(Finding(found.pointer, found.label, found.message, Level.ERROR, source.path, line))
    return source


def _data(organization: Source, providers: Source, table: Source, profiles: list[Source]) -> Data:
    palette = build.colours(organization.value)
    plain = {source.value["id"]: source.value for source in profiles}
    snapshots = {profile_id: canonical(_with_included(profile_id, plain)) for profile_id in plain}
    return Data(
        organization=build.organization(organization.value),
        colours=palette,
        providers_note=providers.value["note"],
        providers=build.providers(providers.value),
        process=process.build(table.value),
        profiles=tuple(sorted((build.profile(raw, palette) for raw in plain.values()), key=lambda p: p.order)),
        hashes={profile_id: hashlib.sha256(text.encode()).hexdigest() for profile_id, text in snapshots.items()},
        snapshots=snapshots,
    )


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
