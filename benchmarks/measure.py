"""`make benchmark`: builds and serves the site, runs the instruments on the portfolio's form, prints targets and figures."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from benchmarks import plain
from pipeline.data.load import load_or_stop
from pipeline.settings import Settings
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests.find_browser import find
from tests.support import free_port, serving

HERE = Path(__file__).parent
OUT = HERE / "out"
ROUNDS, TYPED_ROUNDS = 7, 3
THEME = r"assets/(?:stylesheets|javascripts|images)/"  # what the theme brings


@dataclass(frozen=True)
class Row:
    """One measure: what is wanted in words, what was seen, and whether that is enough."""

    measure: str
    target: str
    seen: object
    reached: bool

    def __str__(self) -> str:
        return f"| {self.measure} | {self.target} | {self.seen} | {'yes' if self.reached else '**no**'} |"


def tool(name: str, *arguments: str) -> str:
    """What an instrument prints; its pictures and reports go to benchmarks/out/."""
    command = [sys.executable, str(HERE / name), *arguments]
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, check=False, timeout=3600)
    if not done.stdout:
        sys.exit(f"{name} said nothing (exit code {done.returncode})")
    return done.stdout


def audit(url: str, name: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tool("form_audit.py", url, "--out", str(OUT / name), *more))
    for phase, error in found.get("errors", {}).items():
        print(f"{name}: {phase} ended with {error}", file=sys.stderr)
    return found


def compressed(url: str) -> int:
    """Bytes on the wire."""
    with requests.get(url, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30) as answer:
        answer.raise_for_status()
        return len(answer.raw.read(decode_content=False))


def sizes(site: str, form: str) -> Iterator[Row]:
    html = requests.get(site + form, timeout=30).text
    links = re.findall(r'<(?:link|script)[^>]+(?:href|src)="(?:\.\./)*(assets/[^"]+\.(?:css|js))"', html)
    ours = {link: compressed(site + link) for link in links if not re.match(THEME, link)}
    theme = sum(compressed(site + link) for link in links if link not in ours)
    script = sum(size for link, size in ours.items() if link.endswith(".js"))
    total = sum(ours.values()) + compressed(site + form)
    yield Row("our JavaScript on the first load, gzip", "≤ 20 KB", kilobytes(script), script <= 20_000)
    yield Row("our HTML + CSS + JS, gzip", "≤ 45 KB", kilobytes(total), total <= 45_000)
    yield Row("the theme's styles, gzip", "reported apart", kilobytes(theme), True)


def kilobytes(size: int) -> str:
    return f"{size / 1000:.1f} KB"


def loading(site: str, form: str, first: dict[str, Any]) -> Iterator[Row]:
    html = requests.get(site + form, timeout=30).text
    beyond = first["requests"] - len(re.findall(rf'(?:href|src)="(?:\.\./)*{THEME}', html))
    yield Row("requests beyond the theme's", "≤ 9", beyond, beyond <= 9)
    yield none("third-party hosts", first["third_party_hosts"])
    yield none("console errors", first["console_errors"])
    yield none("text sent uncompressed", first["uncompressed_text"])
    said = first["semantics"]
    groups = f"{said['radio_groups_with_name']} of {said['radio_groups']}"
    named = said["radio_groups_with_name"] == said["radio_groups"] and not said["preselected_radios"]
    yield Row("radio groups named, none preselected", "all", groups, named)
    bare, asked = first["no_js"], len(plain.controls(re.sub(r'<input type="hidden"[^>]*>', "", html)))
    works = bare["has_action_and_post"] and bare["submit_buttons"] and bare["named_controls"] == asked > 0
    words = f"{'works' if works else 'does not work'}, {bare['named_controls']} of {asked} controls"
    yield Row("without JavaScript", "action, method, controls, submit", words, bool(works))
    narrow = first["reflow_320"]
    yield Row("320 px", "no sideways scroll", f"{narrow['scroll_width']} px", not narrow["horizontal_scroll"])


def none(measure: str, found: list[str]) -> Row:
    return Row(measure, "0", found or 0, not found)


def axe(*audits: tuple[str, dict[str, Any]]) -> Iterator[Row]:
    for name, found in audits:
        nodes = ", ".join(f"{label} {result['nodes']}" for label, result in found["axe"].items())
        rules = sorted({rule["id"] for result in found["axe"].values() for rule in result["violations"]})
        yield Row(f"axe: {name}", "0", f"{nodes} {rules or ''}".strip(), not rules)


def summary(empty: dict[str, Any]) -> Row:
    """What sending an empty form shows."""
    good = bool(empty.get("focus_in_summary") and empty.get("summary_links")) and not empty.get("left_page")
    seen = f"{empty.get('summary_links')} links, {empty.get('described_by')} fields" if good else empty
    return Row("errors of an empty form", "a summary takes the focus and links to fields", seen, good)


def keyboard(part: dict[str, Any]) -> Iterator[Row]:
    keys = part["keyboard"]
    survives = part.get("autosave_survives_reload")
    yield Row("draft survives reload", "2.5 s after typing", survives, bool(survives))
    yield none(f"keyboard: controls not reached, of {keys['expected']}", keys["missing"])
    unseen = keys["no_visible_focus_examples"] + keys["obscured_examples"] + keys["offscreen_examples"]
    yield none("keyboard: focus not visible or covered", unseen)


def in_turn(out: str, rounds: int, typed: int, **pages: str) -> dict[str, Any]:
    """Pages by turns in one run, under the same load: `rounds` to load them, `typed` to type into them."""
    counts = ("--rounds", str(rounds), "--lat-rounds", str(typed))
    tool("interleave.py", *counts, "--out", f"out/{out}.json", *(f"{name}={url}" for name, url in pages.items()))
    found: dict[str, Any] = json.loads((OUT / f"{out}.json").read_text("utf-8"))
    return found


def usable(form: str, floor: str) -> Row:
    seen = in_turn("usable", ROUNDS, 0, form=form, plain=floor)
    ours, theirs = (statistics.median(seen[name]["usable"]) for name in ("form", "plain"))
    words = f"{ours / theirs:.2f} × ({ours:.0f} and {theirs:.0f} ms, {len(seen['form']['usable'])} rounds)"
    return Row("usable at 4x, against plain HTML", "≤ 1.3 ×", words, ours <= 1.3 * theirs)


def latency(part: str, floor: str) -> Iterator[Row]:
    """The median of the rounds; the plain page's beside it tells how busy the machine was."""
    seen = in_turn("latency", 0, TYPED_ROUNDS, form=part, plain=floor)
    for measure, key, limit in (("p95", "p95", 100), ("worst", "max", 200)):
        ours, theirs = (statistics.median(seen[name][key]) for name in ("form", "plain"))
        words = f"{ours:.0f} ms (plain HTML: {theirs:.0f} ms)"
        yield Row(f"input latency at 4x, {measure}", f"≤ {limit} ms", words, ours <= limit)


def policy(form: str) -> Row:
    seen = json.loads(tool("csp_check.py", form))
    return none("policy: violations", [*seen["violations"], *seen["errors"]])


def rows(site: str, form: str, floor: str, part: str) -> Iterator[Row]:
    yield from sizes(site, form)
    first = audit(site + form, "form", "--skip", "usable,latency,keyboard")
    yield from loading(site, form, first)
    inside = audit(f"{site}{form}#part-{part}", "part", "--skip", "usable,nojs,semantics")
    check = audit(f"{site}{form}#part-check", "check", "--skip", "usable,nojs,latency,keyboard")
    yield from axe(("list of parts", first), ("a part", inside), ("check your answers", check))
    yield summary(check["semantics"].get("empty_submit", {}))
    yield policy(site + form)
    yield from keyboard(inside)
    yield from latency(f"{site}{form}#part-{part}", site + floor)
    yield usable(site + form, site + floor)


def measured(report: Callable[[Row], None]) -> bool:
    """True if every target is reached."""
    data = load_or_stop(Settings().data, Settings().schemas)
    profile = data.open_profiles[0]
    form = f"certificates/{profile.id}/portfolio"
    with tempfile.TemporaryDirectory() as name:
        root, port = Path(name), free_port()
        settings = replace(Settings(), var=root / "var", records=root / "records", site=root / "site")
        settings = replace(settings, endpoint="/submissions", site_url=f"http://127.0.0.1:{port}/")
        wiring.build_site(settings)
        floor = plain.write(settings.site, form)
        app = wiring.local(settings, Limits(10_000, 100_000), settings.site_url.rstrip("/")).app
        with serving(app, port) as url:
            reached = []
            for row in rows(f"{url}/", f"{form}/", floor, data.units(profile)[0].id):
                report(row)
                reached.append(row.reached)
    return all(reached)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    os.environ.setdefault("CHROME_BIN", find() or "chromium")
    print("| measure | target | seen | reached |\n|---|---|---|---|")
    sys.exit(0 if measured(lambda row: print(row, flush=True)) else 1)
