"""The versions of the libraries: the oldest that will do, and the tested ones."""

import re
from pathlib import Path

from tools.chapters import ROOT


def lower_bounds(path: Path = ROOT / "requirements.txt") -> dict[str, str]:
    """The oldest version of each package that the chapters need, from `path`.

    Raises ValueError for a line of another form than ``name>=version``.
    """
    return _read(path, ">=")


def locked(path: Path = ROOT / "constraints.txt") -> dict[str, str]:
    """The version of each package that the book is built with, from `path`.

    Raises ValueError for a line of another form than ``name==version``.
    """
    return _read(path, "==")


def _read(path: Path, sign: str) -> dict[str, str]:
    versions = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(rf"([\w.-]+){sign}([\w.+]+)", line.strip())
        if match is None:
            raise ValueError(
                f"{path.name}: expected a line name{sign}version, found {line!r}"
            )
        versions[match[1]] = match[2]
    return versions
