"""Run every check, in the order in which a failure is cheapest to find.

Run as ``python -m tools.ci``. All steps run even after one has failed; the exit status
is 1 if any did.
"""

import subprocess
import sys
import time
from functools import partial

from tools import build

PYTHON = [sys.executable, "-m"]
COMMANDS = [
    ("Style of the code", [*PYTHON, "ruff", "check", "."]),
    ("Format of the code", [*PYTHON, "ruff", "format", "--check", "."]),
    ("Tests", [*PYTHON, "pytest", "-q", "-rs", "-n", "2", "--dist", "worksteal"]),
]


def main() -> int:
    steps = [("The book", build.main)]
    for name, command in COMMANDS:
        steps.append((name, partial(subprocess.call, command, cwd=build.ROOT)))
    failed = []
    for name, run in steps:
        print(f"== {name}", flush=True)
        start = time.perf_counter()
        status = run()
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
