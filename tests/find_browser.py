"""The browser of the tests: Chromium on the machine, else Playwright's own download, else (as root in CI) Debian's package.

A Chromium built without windows comes first: the same engine for half the time. Without any browser this stops with exit
code 1: no browser is a failure, never left out.
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
WITHOUT_WINDOWS = "chromium-headless-shell"  # Debian's package and its command
NAMES = (WITHOUT_WINDOWS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def on_machine() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def downloaded() -> str | None:
    """Playwright's own Chromium, if it was downloaded; its folder is chromium-N, beside it lies the one without windows."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    folder = next((parent for parent in path.parents if parent.name.startswith("chromium-")), path.parent)
    light = folder.with_name(folder.name.replace("chromium-", "chromium_headless_shell-")).glob("*/*headless*shell")
    return next((str(found) for found in (*light, path) if found.is_file()), None)


def find() -> str | None:
    return on_machine() or downloaded()


def from_debian() -> str | None:
    """As root in CI only."""
    if not (os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get")):
        return None
    print(f"Installing Debian's {WITHOUT_WINDOWS} with apt-get, as root in CI ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", WITHOUT_WINDOWS]):
        subprocess.run(["apt-get", "-qq", *command], check=False, timeout=180, env=environment)
    return shutil.which(WITHOUT_WINDOWS)


def fetch() -> str | None:
    """Playwright's download, then Debian's package."""
    print("No Chromium on this machine: downloading Playwright's ...", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    subprocess.run(command, check=False, timeout=600)
    return downloaded() or from_debian()


if __name__ == "__main__":
    path = find()
    if path and path == shutil.which("chromium"):
        path = from_debian() or path
    path = path or fetch()
    if not path:
        sys.exit(
            f"No browser: install Chromium (Debian: sudo apt install {WITHOUT_WINDOWS}), or set CHROMIUM to its path."
        )
    print(f"Browser of the tests: {path}")
