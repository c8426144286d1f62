"""Run every check, in the order in which a failure is cheapest to find.

Run as ``python -m tools.ci``. All steps run even after one has failed; the exit status
is 1 if any did.
"""

import os
import subprocess
import sys
import time

from tools import build, chapters, execute

PYTHON = [sys.executable, "-m"]
PYTEST = [*PYTHON, "pytest", "-q", "-n", "2", "--dist", "loadfile"]


def _steps() -> list[tuple[str, list[str]]]:
    """Name and command of each step."""
    executed = [str(path) for path in sorted(chapters.STORE.glob("*/*.ipynb"))]
    second_run = [
        *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", "300"),
        *("--nbval-sanitize-with", "tests/nbval_sanitize.cfg"),
        *("-o", "filterwarnings=default", "-p", "no:cacheprovider"),
    ]
    return [
        ("Style of the code", [*PYTHON, "ruff", "check", "."]),
        ("Format of the code", [*PYTHON, "ruff", "format", "--check", "."]),
        ("Tests", [*PYTEST]),
        ("Chapters, executed again and compared", [*PYTEST, *second_run, *executed]),
    ]


def main() -> int:
    failed = []
    print("== The book", flush=True)
    if build.main() != 0:
        failed.append("The book")
    for name, command in _steps():
        print(f"== {name}", flush=True)
        start = time.perf_counter()
        environment = execute.kernel_environment() if "--nbval" in command else None
        status = subprocess.call(command, cwd=build.ROOT, env=environment or os.environ)
        print(f"   {time.perf_counter() - start:.0f} s", flush=True)
        if status != 0:
            failed.append(name)
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
        return 1
    print("All checks passed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
