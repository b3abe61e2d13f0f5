"""A built form's page → the same page in plain HTML: the floor that the form is measured against.

`python -m benchmarks.plain SITE certificates/concepts-mentoring/portfolio` writes beside the form's folder one named
"…-plain": the same theme, styles, words and controls; no script, no <details>, no attribute that only the script reads.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

# Elements that go with all that is in them, and tags that go while their content stays.
GONE = re.compile(r'<script\b.*?</script>|<template\b.*?</template>|<link rel="modulepreload"[^>]*>', re.DOTALL)
UNWRAPPED = re.compile(r"</?(?:details|summary)\b[^>]*>")
READ_BY_SCRIPT = re.compile(r'\s(?:data-(?!md-)[a-z-]+)(?:="[^"]*")?(?=[^<]*>)')


def plain(html: str) -> str:
    return READ_BY_SCRIPT.sub("", UNWRAPPED.sub("", GONE.sub("", html)))


def controls(html: str) -> list[str]:
    """The names of the controls, one for each radio button."""
    return re.findall(r'<(?:input|textarea|select)\b[^>]* name="([^"]+)"', html)


def write(site: Path, form: str) -> str:
    """Writes the page; returns its path in the site. The controls are the form's, or this raises ValueError."""
    html = (site / form / "index.html").read_text("utf-8")
    made = plain(html)
    if controls(made) != controls(GONE.sub("", html)):
        raise ValueError(f"{form}: the plain page has not the same controls")
    target = site / f"{form}-plain"
    target.mkdir(exist_ok=True)
    (target / "index.html").write_text(made, "utf-8")
    return f"{form}-plain/"


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), sys.argv[2].strip("/")))
