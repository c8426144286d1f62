"""The command ``python -m tools.claims``; the package says what it does."""

import argparse
import sys
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from tools import chapters, claims
from tools.claims.check import problems_of
from tools.claims.fix import false_claims, fix_file


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.claims",
        description=claims.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", help="scripts or pages; else all chapters")
    parser.add_argument("--run", action="store_true", help="execute; list false claims")
    parser.add_argument("--fix", action="store_true", help="rewrite changed numbers")
    options = parser.parse_args(arguments)
    paths = [Path(name).resolve() for name in options.files] or chapters.chapter_paths()
    problems = problems_of(paths) if not options.fix else []
    if options.fix or options.run:
        for path in paths:
            print(f"Executing {path.name}", file=sys.stderr)
            try:
                problems += (fix_file if options.fix else false_claims)(path)
            except CellExecutionError as error:
                print(error, file=sys.stderr)
                return 1
    if options.fix:
        problems += problems_of(paths)
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
