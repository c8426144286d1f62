"""The first cell of a published notebook: its code, from the first comment on.

It runs before anything is known to be installed, so it uses the standard library alone.
A notebook gets a copy of it, followed by one call of `prepare`.
"""

# Checks that this notebook has what it needs. In Colab it adds the small packages that
# are missing; everywhere else it installs nothing and says what to install.
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

SMALL = {"imageio-ffmpeg", "optax", "palmerpenguins"}  # can be added alone


def numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def lacks(name, oldest):
    try:
        return numbers(metadata.version(name)) < numbers(oldest)
    except metadata.PackageNotFoundError:
        return True


def find_helpers():
    """Where `import helpers` looks: a folder, a file, or None."""
    importlib.invalidate_caches()
    spec = importlib.util.find_spec("helpers")
    if spec is None:
        return None
    return Path([*(spec.submodule_search_locations or []), spec.origin][0])


def edition_of(helpers):
    """A fingerprint of the book's package helpers; None for another one."""
    start = helpers and helpers / "__init__.py"
    if not start or not start.is_file() or "Downhill" not in start.read_text("utf-8"):
        return None
    texts = [path.read_text("utf-8") for path in sorted(helpers.rglob("*.py"))]
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:12]


def install(*packages):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    run = subprocess.run([*command, *packages], capture_output=True, text=True)
    if run.returncode != 0:
        raise ImportError(f"pip could not install {packages[-1]}: {run.stderr.strip()}")


def prepare(needed, edition, source):
    """Raise ImportError, with what to do, unless the notebook has what it needs."""
    wrong = {name: oldest for name, oldest in needed.items() if lacks(name, oldest)}
    where, pip = "a terminal, then restart the kernel", f"{sys.executable} -m pip"
    if " " in sys.executable:
        pip = f'"{sys.executable}" -m pip'
    if "google.colab" in sys.modules:
        where, pip = "a new cell, then choose Runtime > Restart session", "%pip"
    if "google.colab" in sys.modules or "DOWNHILL_SOURCE" in os.environ:
        source = os.environ.get("DOWNHILL_SOURCE", source)
        for name in sorted(SMALL.intersection(wrong)):
            install(f"{name}>={wrong.pop(name)}")
        if edition_of(find_helpers()) != edition:
            install("--force-reinstall", source)
    problems = []
    if wrong:
        names = " ".join(f'"{name}>={oldest}"' for name, oldest in wrong.items())
        problems.append(f"Run this in {where}: {pip} install {names}")
    renew = f"{pip} install --no-deps --force-reinstall {source}"
    helpers = find_helpers()
    if helpers is None:
        problems.append(f"Run this in {where}: {renew}")
    elif edition_of(helpers) is None:
        problems.append(f"{helpers} hides the book's package helpers: rename it.")
    elif edition_of(helpers) != edition:
        print(f"Note: helpers are of another edition. If a cell fails, run {renew}")
    if problems:
        raise ImportError("\n".join(problems))
