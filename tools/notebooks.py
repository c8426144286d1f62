"""Copy the notebooks of the built book to ``_build/notebooks``, for publishing.

Run as ``python -m tools.notebooks``, after ``python -m tools.build``.
"""

import shutil
import sys

from tools import chapters
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
    print(f"{len(names)} notebooks in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
