"""The browser of the tests: Chromium on the machine, else what the system's packages or Playwright's download can give.

What is missing is found out first. As root it is installed by one call of apt-get; otherwise one sentence says what to type,
and nothing is downloaded that could not start. No browser is a failure (exit code 1), never left out.
A Chromium built without windows comes first: the same engine for half the time.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
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
PACKAGES = {
    "libatomic.so.1": "libatomic1",
    "libstdc++.so.6": "libstdc++6",
}  # what holds a library of Playwright's driver
LIBRARIES = ("libnss3.so", "libgbm.so.1", "libasound.so.2")  # without these no Chromium that is downloaded starts
INSTALL = "apt-get install --no-install-recommends"


def driver() -> Path:
    """Playwright's own Node.js."""
    spec = importlib.util.find_spec("playwright")
    assert spec is not None, "Playwright is not installed: see requirements/test.txt"
    assert spec.origin is not None
    return Path(spec.origin).parent / "driver/node"


@dataclass(frozen=True)
class Machine:
    """What is here. `browser`: one that starts. `lacks`: the library that Playwright's driver misses, "" where it starts.

    `debian`: its packages have a browser. `libraries`: those that a downloaded one needs.
    """

    browser: str | None
    lacks: str
    debian: bool
    libraries: bool
    root: bool
    apt: bool

    @classmethod
    def probe(cls) -> Machine:
        return cls(
            on_machine(),
            lacking(driver()),
            is_debian(),
            sys.platform == "darwin" or all(loads(name) for name in LIBRARIES),
            os.geteuid() == 0,
            shutil.which("apt-get") is not None,
        )

    @property
    def packages(self) -> list[str]:
        """What has to be installed before anything else can be done."""
        wanted = [PACKAGES.get(self.lacks, self.lacks)] if self.lacks else []
        downloadable = not self.debian or (self.libraries and not self.root and not wanted)
        return wanted if self.browser or downloadable else [*wanted, WITHOUT_WINDOWS]

    @property
    def sentence(self) -> str:
        """What is missing, and the line to type."""
        browser = [] if self.browser or WITHOUT_WINDOWS not in self.packages else ["a browser"]
        driver = [f"{self.lacks} for Playwright's driver"] if self.lacks else []
        missing = f"The tests need {' and '.join([*driver, *browser])}."
        if self.apt:
            return f"{missing} Type: sudo {INSTALL} {' '.join(self.packages)}"
        return f"{missing} Install {' and '.join(self.packages)} with this machine's package manager."


def is_debian() -> bool:
    try:
        return platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        return False


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def lacking(program: Path) -> str:
    """The shared library without which it does not start; "" where it starts."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"loading shared libraries: ([^:\s]+)", done.stderr)
    return found[1] if found else ""


@cache
def starts(command: str) -> bool:
    """Ubuntu's chromium-browser, for one, is a script that only says how to get it."""
    try:
        return subprocess.run([command, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def on_machine() -> str | None:
    if named := os.environ.get("CHROMIUM"):
        return named
    return next((found for name in NAMES if (found := shutil.which(name)) and starts(found)), None)


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


def install(packages: list[str]) -> None:
    """As root. Whether it helped is seen by looking again."""
    print(f"Installing {' and '.join(packages)} with apt-get ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["apt-get", "-qq", *command], check=False, timeout=600, env=environment, stdout=subprocess.DEVNULL
            )


def download(machine: Machine) -> None:
    """Playwright's Chromium; as root with the libraries that it needs, by Playwright's own list of this system's packages."""
    print("No Chromium on this machine: downloading Playwright's ...", flush=True)
    needed = ["--with-deps"] if machine.root and machine.apt and not machine.libraries else []
    command = [sys.executable, "-m", "playwright", "install", *needed, "--only-shell", "chromium"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, check=False, timeout=600)


def main() -> None:
    """Prints which browser it is. Exits with 1 and one sentence where there is none."""
    machine = Machine.probe()
    faster = machine.debian and machine.root and machine.apt and os.environ.get("CI")
    if machine.packages and not (machine.root and machine.apt):
        sys.exit(machine.sentence)
    if machine.packages:
        install(machine.packages)
        machine = Machine.probe()
        if machine.lacks or not (machine.browser or machine.libraries):
            sys.exit(machine.sentence)
    elif faster and machine.browser == shutil.which("chromium"):
        install([WITHOUT_WINDOWS])
    path = find()
    if not path:
        download(machine)
        path = downloaded()
    if not path or not starts(path):
        what = f"Type: sudo {INSTALL} {WITHOUT_WINDOWS}" if machine.debian else "Install Chromium or Google Chrome"
        sys.exit(f"The tests need a browser. {what}, or set CHROMIUM to the path of one.")
    print(f"Browser of the tests: {path}")


if __name__ == "__main__":
    main()
