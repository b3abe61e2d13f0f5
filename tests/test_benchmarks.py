"""The floor that the form is measured against is the same form, and the instruments name no registry."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from benchmarks import plain
from pipeline.settings import ROOT, Settings
from tests.support import CONCEPTS, DATA


def test_the_plain_page_has_the_same_controls_and_words_and_no_script(site: Settings, tmp_path: Path) -> None:
    form = f"certificates/{CONCEPTS}/portfolio"
    shutil.copytree(site.site / form, tmp_path / form)
    written = (tmp_path / plain.write(tmp_path, form) / "index.html").read_text("utf-8")
    built = (site.site / form / "index.html").read_text("utf-8")
    assert not re.search(r"<script|<template|<details|<summary", written)
    assert not re.search(r"\sdata-(?!md-)[a-z]", written)
    assert plain.controls(written) == plain.controls(plain.GONE.sub("", built))
    assert written.count('type="radio"') == 3 * len(DATA.statements(DATA.open_profiles[0]))
    assert [s.id for s in DATA.statements(DATA.open_profiles[0]) if s.id not in written] == []
    assert re.findall(r'href="[^"]+\.css"', written) == re.findall(r'href="[^"]+\.css"', built)


def test_the_instruments_tools_are_locked_with_hashes_and_name_no_registry() -> None:
    locked = json.loads((ROOT / "benchmarks/package-lock.json").read_text("utf-8"))["packages"]
    tools = {name: entry for name, entry in locked.items() if name}
    assert len(tools) > 100
    assert [name for name, entry in tools.items() if "resolved" in entry or "integrity" not in entry] == []
