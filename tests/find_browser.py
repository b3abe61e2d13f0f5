"""The browser of the tests: Chromium on the machine, else Playwright's own download, else (as root in CI) Debian's package.

Without any, this stops with exit code 1: no browser is a failure, never left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def on_machine() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def downloaded() -> str | None:
    """Playwright's own Chromium, if it was downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def find() -> str | None:
    return on_machine() or downloaded()


def fetch() -> str | None:
    """Playwright's download, then Debian's package."""
    print("No Chromium on this machine: downloading Playwright's ...", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=600)
    if found := downloaded():
        return found
    if os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("That did not work: installing Debian's chromium with apt-get, as root in CI ...", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False, timeout=600)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(command, check=False, timeout=900, env=environment)
    return on_machine()


if __name__ == "__main__":
    path = find() or fetch()
    if not path:
        sys.exit("No browser: install Chromium (Debian: sudo apt install chromium), or set CHROMIUM to its path.")
    print(f"Browser of the tests: {path}")
