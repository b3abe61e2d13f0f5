"""The derived schemas that are committed: current ones in schemas/<profile>/, released versions, which never change (D13)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.data.model import Data
from pipeline.durable import write
from pipeline.errors import CannotGoOn, GitFailed
from pipeline.findings import Finding
from pipeline.forms import json_schema
from pipeline.git import git
from pipeline.i18n import is_number
from pipeline.natural_order import natural

RELEASED = "released"
BY_HAND = "data"
REMEDY = "is not what the data gives; run: python -m pipeline schemas"


def current(data: Data) -> dict[str, bytes]:
    """Path under schemas/ → content, for every form there is."""
    found = {}
    for kind, about in json_schema.form_kinds(data):
        folder, name = ("contact", about) if kind == json_schema.CONTACT else (about, kind)
        found[f"{folder}/{name}.schema.json"] = _json(json_schema.form_schema(data, kind, about))
    return found


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def write_current(data: Data, schemas: Path) -> list[str]:
    """Write what is not up to date and remove what no form needs any more; the paths that changed."""
    stale = [finding.label for finding in outdated(data, schemas)]
    wanted = current(data)
    for path in stale:
        if path in wanted:
            write(schemas / path, wanted[path])
        else:
            (schemas / path).unlink()
    return stale


def outdated(data: Data, schemas: Path) -> Iterator[Finding]:
    wanted = current(data)
    there = {
        str(path.relative_to(schemas)): path
        for path in schemas.glob("*/*.schema.json")
        if path.parent.name not in (BY_HAND, RELEASED)
    }
    for name in sorted({*wanted, *there}, key=natural):
        if name not in there or there[name].read_bytes() != wanted.get(name):
            yield Finding("", name, REMEDY, file=f"{schemas.name}/{name}", line=1)


def release(data: Data, schemas: Path, profile_id: str) -> Path:
    """Pin the profile's version for good; the folder. Raises CannotGoOn if it may not be released, or is otherwise already."""
    profile = data.profile(profile_id)
    if profile is None:
        known = ", ".join(profile.id for profile in data.profiles)
        raise CannotGoOn(f"{profile_id} is no profile; use one of: {known}")
    if profile.draft or not profile.open:
        raise CannotGoOn(
            f"{profile_id} is not ready to be released: write status: current and open: true in its file first"
        )
    folder = schemas / RELEASED / profile.id / profile.version
    content = {
        f"{kind}.schema.json": _json(json_schema.form_schema(data, kind, profile.id))
        for kind in (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO)
    }
    content["profile.json"] = data.snapshots[profile.id].encode()
    manifest = {
        "profile": profile.id,
        "version": profile.version,
        "profile_hash": data.hashes[profile.id],
        "files": {name: hashlib.sha256(text).hexdigest() for name, text in content.items()},
    }
    later = [version for version in _released(schemas, profile.id) if _number(version) > _number(profile.version)]
    if later and not folder.is_dir():
        latest = max(later, key=_number)
        raise CannotGoOn(
            f"{profile_id} {latest} is released already, and {profile.version} is lower; write a higher version in its file"
        )
    if (folder / "release.json").is_file() and (folder / "release.json").read_bytes() != _json(manifest):
        raise CannotGoOn(
            f"{profile_id} {profile.version} is released already and differs; raise the version in its file"
        )
    for name, text in content.items():
        write(folder / name, text)
    write(folder / "release.json", _json(manifest))
    return folder


def _released(schemas: Path, profile_id: str) -> list[str]:
    return [path.parent.name for path in (schemas / RELEASED / profile_id).glob("*/release.json")]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if is_number(part))


def changed(data: Data, schemas: Path) -> Iterator[Finding]:
    """Released versions whose files have changed, or whose profile has gone on under the same number."""
    for manifest_path in sorted((schemas / RELEASED).glob("*/*/release.json"), key=lambda path: natural(str(path))):
        manifest = json.loads(manifest_path.read_bytes())
        place = f"{schemas.name}/{manifest_path.parent.relative_to(schemas)}"
        label = f"{manifest['profile']} {manifest['version']}"
        for name, digest in manifest["files"].items():
            path = manifest_path.parent / name
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                yield Finding(
                    "", label, "was released and must not change; restore it from Git", file=f"{place}/{name}", line=1
                )
        profile = data.profile(manifest["profile"])
        if profile and profile.version == manifest["version"] and data.hashes[profile.id] != manifest["profile_hash"]:
            message = "is released, and the profile has changed since; raise the version in its file"
            yield Finding("/version", label, message, file=f"{place}/release.json", line=1)


def changed_since(schemas: Path, base: str) -> list[Finding]:
    """What of the released versions differs from a commit of before. Raises CannotGoOn where there is no such commit."""
    try:
        git(schemas, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    except GitFailed as error:
        raise CannotGoOn(
            f"There is no commit {base} here; compare its name with git log, or fetch it first (git fetch --unshallow)"
        ) from error
    arguments = ("diff", "--name-only", "--no-renames", "--diff-filter=MDT", f"{base}...HEAD", "--", RELEASED)
    names = git(schemas, *arguments).splitlines()
    return [Finding("", name, f"was released before {base} and must not change", file=name, line=1) for name in names]
