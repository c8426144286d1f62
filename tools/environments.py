"""Run the published notebooks under other versions of the libraries, and report.

Run as ``python -m tools.environments [SET ...]``, after ``python -m tools.build``; the
sets are those of ``tools/environments.toml``, all of them by default. Each set is
installed once under ``_build/environments``. Every notebook runs alone in an empty
folder, from its first cell, with the helpers from a wheel, as a reader runs it. Exits
with 1 if a cell failed or a sentence of the text did not hold.
"""

import argparse
import importlib.metadata
import json
import multiprocessing
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from tools import bootstrap, chapters, execute
from tools.build import BUILD, HTML
from tools.chapters import ROOT
from tools.versions import lower_bounds

FOLDER = BUILD / "environments"
DATA = Path(__file__).with_suffix(".toml")
SHOWN = 3  # failed cells per notebook; what follows is mostly a consequence
NOTE = re.compile(r"^Note(?: on “.+?”)?: .*", re.MULTILINE)


class InstallError(Exception):
    """A set could not be installed; the message says what is missing."""


@dataclass(frozen=True)
class VersionSet:
    """One entry of ``environments.toml``.

    `versions` maps names of packages to exact versions, with None for the newest. It is
    None itself for the locked set, which is that of ``.venv``.
    """

    name: str
    about: str
    python: str
    versions: dict[str, str | None] | None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Environment:
    """An installed set: its interpreter, the versions in it, and what stands in."""

    python: Path
    versions: dict[str, str]
    stand_ins: list[str]


@dataclass
class Run:
    """What one notebook did: the cells that failed and the notes that were printed."""

    name: str
    failed: list[str]
    notes: list[str]

    def __str__(self) -> str:
        parts = [f"{len(self.failed)} failed"] if self.failed else []
        if self.notes:
            parts.append(f"{len(self.notes)} note{'s' * (len(self.notes) > 1)}")
        return ", ".join(parts) or "ok"


def read_sets(data: Path = DATA) -> dict[str, VersionSet]:
    """The sets by name, in the order of the file."""
    entries = tomllib.loads(data.read_text(encoding="utf-8"))["sets"]
    return {name: _read_set(name, entry) for name, entry in entries.items()}


def sample() -> list[str]:
    """The notebooks that the tests run under the sets oldest and colab."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))["sample"]


def _read_set(name: str, entry: dict[str, Any]) -> VersionSet:
    bounds = lower_bounds()
    match entry["versions"]:
        case "lower bounds":
            versions = dict(bounds)
        case "newest":
            versions = dict.fromkeys(bounds)
        case "locked":
            versions = None
        case listed:
            versions = {**listed, **dict.fromkeys(entry.get("added", []))}
    return VersionSet(
        name,
        entry["about"],
        entry["python"],
        versions,
        entry.get("environment", {}),
    )


def make(
    wanted: VersionSet, python: str = sys.executable, *, exact: bool = False
) -> Environment:
    """Install a set for an interpreter, unless it is there already.

    With `exact` a PyTorch that PyPI has only together with gigabytes of CUDA libraries
    is installed with them; otherwise that of ``.venv`` stands in.

    Raises InstallError if something cannot be had.
    """
    venv = FOLDER / wanted.name
    version = subprocess.check_output([python, "-V"], text=True).split()[1]
    key = json.dumps([wanted.versions, version, exact])
    stamp = venv / "downhill-installed"
    interpreter = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if stamp.is_file():
        installed = json.loads(stamp.read_text(encoding="utf-8"))
        if installed.pop("key") == key:
            return Environment(interpreter, **installed)
    print(f"Installing the set {wanted.name}", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([python, "-m", "venv", "--without-pip", venv], check=True)
    stand_ins = []
    if not version.startswith(f"{wanted.python}."):
        stand_ins.append(f"Python {version} for {wanted.python}")
    if wanted.versions is None:
        _add_path(venv, _site_packages())
    else:
        same = version.split(".")[:2] == platform.python_version().split(".")[:2]
        stand_ins += _install(venv, interpreter, wanted.versions, exact, same)
    found = _installed_versions(interpreter, sorted(lower_bounds()))
    stamp.write_text(
        json.dumps({"key": key, "versions": found, "stand_ins": stand_ins}),
        encoding="utf-8",
    )
    return Environment(interpreter, found, stand_ins)


def _install(
    venv: Path,
    interpreter: Path,
    versions: dict[str, str | None],
    exact: bool,
    same_python: bool,
) -> list[str]:
    """Install `versions`; return what stands in for what."""
    wanted = [_requirement(*entry) for entry in versions.items() if entry[0] != "torch"]
    torch = _requirement("torch", versions["torch"])
    index = ["--index-url", bootstrap.TORCH_CPU_INDEX, "--retries", "0"]
    index += ["--timeout", "15", "--no-deps", "--isolated"]
    no_other_index = {"PIP_CONFIG_FILE": os.devnull}  # which might have one with CUDA
    alone = sys.platform == "linux" and not exact
    if not alone or not _pip_failure(interpreter, *index, torch, **no_other_index):
        _pip(interpreter, torch, *wanted)
        return []
    if not same_python:
        raise InstallError(
            f"{torch} without CUDA cannot be had from {bootstrap.TORCH_CPU_INDEX}, and "
            "that of .venv is for another Python; --exact installs PyPI's, of several "
            "gigabytes"
        )
    _pip(interpreter, *wanted, *importlib.metadata.requires("torch") or [])
    _add_path(venv, _linked(venv / "borrowed", "torch"))
    borrowed = importlib.metadata.version("torch")
    return [f"torch {borrowed} for {versions['torch'] or 'the newest'}"]


def _requirement(name: str, version: str | None) -> str:
    return name if version is None else f"{name}=={version}"


def _installed_versions(interpreter: Path, names: list[str]) -> dict[str, str]:
    code = (
        "import importlib.metadata as m, json, sys\n"
        "found = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(json.dumps({n: found[n] for n in sys.argv[1:] if n in found}))"
    )
    command = [interpreter, "-c", code, *names]
    return json.loads(subprocess.check_output(command, text=True))


def _pip(interpreter: Path, *arguments: str) -> None:
    if failure := _pip_failure(interpreter, *arguments):
        raise InstallError(
            f"pip could not install {' '.join(arguments)}: {failure} (The packages, of "
            "about 300 MB, come from the index once and stay in _build/environments.)"
        )


def _pip_failure(interpreter: Path, *arguments: str, **environment: str) -> str:
    """Install with the pip of ``.venv``; return what went wrong, or an empty text."""
    command = [sys.executable, "-m", "pip", "--python", str(interpreter), "install"]
    command += ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    command += arguments
    environment = {**os.environ, **environment}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    if run.returncode == 0:
        return ""
    errors = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
    return " ".join(errors) or run.stderr.strip() or "pip failed without a word."


def _add_path(venv: Path, folder: Path) -> None:
    """Let the interpreter of `venv` import from `folder`, after its own packages."""
    (_packages(venv) / "downhill.pth").write_text(str(folder), encoding="utf-8")


def _packages(venv: Path) -> Path:
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return next((venv / "lib").glob("python3*/site-packages"))


def _site_packages() -> Path:
    """Where the packages of the running interpreter are."""
    return Path(nbformat.__file__).parent.parent


def _linked(folder: Path, name: str) -> Path:
    """A folder with links to one installed package and its metadata, and no other."""
    folder.mkdir()
    files = importlib.metadata.files(name) or []
    for top in {file.parts[0] for file in files if file.parts[0] != ".."}:
        (folder / top).symlink_to(_site_packages() / top)
    return folder


def build_wheel(folder: Path) -> Path:
    """Build the helpers as a wheel in `folder`, from a copy of what they consist of."""
    for name in ("helpers", "pyproject.toml", "README.md"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
    build += ["--no-build-isolation", "--wheel-dir", str(folder), str(folder)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def install_helpers(interpreter: Path, wheel: Path) -> None:
    """Unpack the wheel into an environment, in place of the helpers that are there."""
    packages = _packages(interpreter.parent.parent)
    shutil.rmtree(packages / "helpers", ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)


def run_notebooks(
    wanted: VersionSet,
    environment: Environment,
    names: list[str],
    folder: Path = HTML / "notebooks",
) -> list[Run]:
    """Run the notebooks `names` of `folder` with a set, two at a time.

    Each runs from a process of its own: what nbclient leaves open ends with it.
    """
    _make_kernel(wanted.name, environment.python)
    paths = [folder / f"{name}.ipynb" for name in names]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(execute.WORKERS, mp_context=spawn) as pool:
        return list(pool.map(_run, [wanted] * len(paths), paths))


def _make_kernel(name: str, python: Path) -> None:
    """Tell Jupyter of a kernel; this process and its children find it by its name."""
    folder = FOLDER / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": arguments, "display_name": name, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    paths = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    if str(FOLDER) not in paths:
        paths = [str(FOLDER), *filter(None, paths)]
        os.environ["JUPYTER_PATH"] = os.pathsep.join(paths)


def _run(wanted: VersionSet, path: Path) -> Run:
    notebook = nbformat.read(path, as_version=4)
    reader = {"DOWNHILL_STRICT": "0", "PYTHONPATH": ""}  # not this repository's
    with tempfile.TemporaryDirectory(prefix="downhill") as alone:
        try:
            execute.run(
                notebook,
                Path(alone),
                kernel=wanted.name,
                allow_errors=True,
                **reader,
                **wanted.environment,
            )
        except RuntimeError as error:  # also a dead kernel, or a cell that never ends
            return Run(path.stem, [f"the kernel stopped: {error}"], [])
    failed, notes = [], []
    for cell in chapters.code_cells(notebook):
        expected = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error" and not expected:
                message = f"{output.ename}: {output.evalue}".splitlines()[0]
                failed.append(f"{cell.id}: {message}")
            elif output.output_type == "stream" and output.name == "stdout":
                notes += [f"{cell.id}: {note}" for note in NOTE.findall(output.text)]
    return Run(path.stem, failed, notes)


def report(results: dict[str, list[Run]], environments: dict[str, Environment]) -> str:
    """For each set: what was installed, what each notebook did, and why it failed."""
    lines = []
    for name, runs in results.items():
        versions = environments[name].versions
        lines.append(f"== {name}: {', '.join(map(' '.join, versions.items()))}")
        lines += [f"   stands in: {text}" for text in environments[name].stand_ins]
        for run in runs:
            lines.append(f"   {run.name}: {run}")
            lines += [f"      {text}" for text in run.failed[:SHOWN] + run.notes]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    sets = read_sets()
    parser = argparse.ArgumentParser(prog="python -m tools.environments")
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(sets))
    parser.add_argument("--notebooks", nargs="+", metavar="NAME", default=[])
    parser.add_argument("--folder", type=Path, default=HTML / "notebooks")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument(
        "--exact", action="store_true", help="install PyPI's PyTorch, with CUDA"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.sets) - set(sets):
        parser.error(
            f"no set {', '.join(sorted(unknown))}; there are {', '.join(sets)}"
        )
    found = sorted(path.stem for path in options.folder.glob("*.ipynb"))
    names = options.notebooks or found
    if missing := sorted(set(names) - set(found)) or (not found and ["notebooks"]):
        parser.error(f"no {', '.join(missing)} in {options.folder}; run: make book")
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        environments, results, passed = {}, {}, True
        for name in options.sets or sets:
            try:
                made = make(sets[name], options.python, exact=options.exact)
            except InstallError as error:
                print(f"FAILED: the set {name} cannot be installed: {error}")
                passed = False
                continue
            install_helpers(made.python, wheel)
            print(f"Running {len(names)} notebooks: {sets[name].about}", flush=True)
            environments[name] = made
            results[name] = run_notebooks(sets[name], made, names, options.folder)
    print(report(results, environments))
    outcomes = {str(run) for runs in results.values() for run in runs}
    return 0 if passed and outcomes <= {"ok"} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
