"""Copy the notebooks of the built book to ``_build/notebooks``, for publishing.

Run as ``python -m tools.notebooks``, after ``python -m tools.build``. The folder is all
that the branch of notebooks holds: the notebooks, and for Binder what they need.
"""

import shutil
import sys
from pathlib import Path

import yaml

from tools import bootstrap, chapters, versions
from tools.build import BUILD, HTML

TARGET = BUILD / "notebooks"


def main() -> int:
    written = HTML / "notebooks"
    names = [f"{path.stem}.ipynb" for path in chapters.chapter_paths()]
    missing = [name for name in names if not (written / name).is_file()]
    if missing:
        print(f"{', '.join(missing)} not built; run: make book", file=sys.stderr)
        return 1
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(written, TARGET)
    write_environment(TARGET)
    print(f"{len(names)} notebooks in {TARGET}")
    return 0


def write_environment(folder: Path) -> None:
    """Write what Binder reads: the tested versions, and the Python they are for."""
    config = yaml.safe_load((chapters.ROOT / "_config.yml").read_text(encoding="utf-8"))
    tested = versions.locked()
    lines = [
        "# The versions that these notebooks were run with, PyTorch without CUDA.",
        f"--extra-index-url {bootstrap.TORCH_CPU_INDEX}",
        *(f"{name}=={tested[name]}" for name in versions.lower_bounds()),
        "jupyterlab>=4",
        f"{config['repository']['url']}/archive/{chapters.commit()}.zip",
    ]
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    oldest = ".".join(map(str, bootstrap.OLDEST))
    (folder / "runtime.txt").write_text(f"python-{oldest}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
