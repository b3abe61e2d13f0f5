"""Released versions never change, and what was filled in under one is judged by it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.data.load import load_or_stop
from pipeline.errors import CannotGoOn
from pipeline.forms import json_schema, release
from pipeline.settings import ROOT
from pipeline.submissions.submission import Submission
from pipeline.submissions.validation import Judge, check
from tests.support import CONCEPTS, filled, run


def body(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of data/ with the first profile no longer a draft, and of schemas/."""
    data, schemas = (
        shutil.copytree(ROOT / "data", tmp_path / "data"),
        shutil.copytree(ROOT / "schemas", tmp_path / "schemas"),
    )
    change(data, "status: draft", "status: current")
    return data, schemas


def change(data: Path, old: str, new: str) -> None:
    path = data / f"profiles/{CONCEPTS}.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_draft_and_an_unknown_profile_are_not_released(tmp_path: Path) -> None:
    data = load_or_stop(ROOT / "data", ROOT / "schemas")
    for name in (CONCEPTS, "journey-mentor", "nothing"):
        with pytest.raises(CannotGoOn):
            release.release(data, tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_released_version_is_pinned_and_its_changes_are_found(tmp_path: Path) -> None:
    folder, schemas = body(tmp_path)
    data = load_or_stop(folder, schemas)
    made = release.release(data, schemas, CONCEPTS)
    assert sorted(path.name for path in made.iterdir()) == [
        "portfolio.schema.json",
        "profile.json",
        "release.json",
        "self-assessment.schema.json",
    ]
    assert release.release(data, schemas, CONCEPTS) == made
    assert list(release.changed(data, schemas)) == []
    change(folder, "so that", "in such a way that")
    later = load_or_stop(folder, schemas)
    assert "raise the version" in next(release.changed(later, schemas)).message
    with pytest.raises(CannotGoOn, match="raise the version"):
        release.release(later, schemas, CONCEPTS)
    (made / "profile.json").write_text("{}")
    assert "must not change" in next(release.changed(data, schemas)).message


def test_a_form_opened_before_the_change_is_judged_by_the_released_schema(tmp_path: Path) -> None:
    folder, schemas = body(tmp_path)
    old = load_or_stop(folder, schemas)
    value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, old)
    release.release(old, schemas, CONCEPTS)
    change(folder, "      - id: C1.1\n", '      - id: C1.1\n        retired: "0.2.0"\n')
    change(folder, 'version: "0.1.0"', 'version: "0.2.0"')
    new = Judge(load_or_stop(folder, schemas), schemas)
    judged = check(new, value)
    assert isinstance(judged, Submission)
    assert "C1.1" in judged.schema["properties"]["answers"]["properties"]
    forged = check(new, {**value, "profile_hash": "0" * 64})
    assert isinstance(forged, list)


def test_changes_to_what_was_released_before_a_commit_are_refused(tmp_path: Path) -> None:
    folder, schemas = body(tmp_path)
    made = release.release(load_or_stop(folder, schemas), schemas, CONCEPTS)
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    run("git", "-C", str(tmp_path), "init", "--quiet")
    run("git", "-C", str(tmp_path), "add", "--all")
    run("git", "-C", str(tmp_path), *identity, "commit", "--quiet", "--message", "one")
    assert release.changed_since(schemas, "HEAD") == []
    (made / "release.json").unlink()
    new = replace(load_or_stop(folder, schemas))
    release.write_current(new, schemas)
    run("git", "-C", str(tmp_path), *identity, "commit", "--quiet", "--all", "--message", "two")
    assert [finding.label for finding in release.changed_since(schemas, "HEAD~1")] == [
        f"schemas/released/{CONCEPTS}/0.1.0/release.json"
    ]


def test_a_lower_version_than_one_that_is_released_is_not_released(tmp_path: Path) -> None:
    folder, schemas = body(tmp_path)
    change(folder, 'version: "0.1.0"', 'version: "0.10.0"')
    release.release(load_or_stop(folder, schemas), schemas, CONCEPTS)
    change(folder, 'version: "0.10.0"', 'version: "0.9.0"')
    with pytest.raises(CannotGoOn, match=r"0\.10\.0 is released already, and 0\.9\.0 is lower"):
        release.release(load_or_stop(folder, schemas), schemas, CONCEPTS)
    change(folder, 'version: "0.9.0"', 'version: "0.11.0"')
    assert release.release(load_or_stop(folder, schemas), schemas, CONCEPTS).name == "0.11.0"
