"""How long a page of the course is, and whether it keeps to the measure of a lesson.

Run as ``python -m tools.lessons [FILE ...]``; without arguments it takes every chapter
and deeper page of ``_toc.yml``. Prints a table and what is out of bounds, and exits
with 1 if anything is.
"""

import re
import statistics
import symtable
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tools import chapters

PREDICTION = "What do you expect?"
WORDS_PER_MINUTE = 200  # a slow reader of technical prose
CODE_CELLS_PER_MINUTE = 3

_AFTER_THE_TEXT = re.compile(r"^## (?:Exercises|Sources and further reading)$", re.M)
_EXERCISE = re.compile(r"^[:`]{3,}\{exercise(?:-start)?\}", re.M)
_FENCE = re.compile(r"(?P<marks>`{3,}|:{3,})(?P<info>.*)")
_LISTING = re.compile(r"\{(?:math|code[\w-]*)\}|\w+$")  # equations and code
_NO_WORDS = re.compile(r"^:[\w-]+:.*$|^\([\w-]+\)=$")  # options of directives, labels
_ROLE = re.compile(r"\{[\w:-]+\}(?=`)|<[^<>`]*>(?=`)")  # its name and its target


@dataclass(frozen=True)
class Bounds:
    """What a kind of page may have; a pair is the least and the most."""

    words: tuple[int, int]
    figures: tuple[int, int]
    predictions: int
    exercises: tuple[int, int]
    checked_answers: int
    cells: int = 20
    median_lines: float = 8
    lines: int = 20
    columns: int = 72


BOUNDS = {
    "chapters": Bounds((900, 1800), (3, 6), 2, exercises=(4, 6), checked_answers=1),
    "deeper": Bounds((600, 1200), (0, 6), 0, exercises=(0, 6), checked_answers=0),
}


@dataclass(frozen=True)
class Lesson:
    """The measures of a page, without its exercises and sources if not said otherwise.

    `cells` counts the shown cells of code, folded ones among them; `lines` are the
    lines of each that are not empty. `columns` is the longest line of code, that of
    the solutions included. `neighbors` are cells that follow another without a
    sentence between; `folded_names` are defined in a folded cell and used in one
    that is not. `checked_answers` counts the exercises' calls of `check_answer`.
    """

    words: int
    lines: tuple[int, ...]
    columns: int
    figures: int
    predictions: int
    exercises: int
    checked_answers: int
    neighbors: tuple[int, ...]
    folded_names: frozenset[str]
    longest_solution: int

    @property
    def cells(self) -> int:
        return len(self.lines)

    @property
    def median_lines(self) -> float:
        return statistics.median(self.lines) if self.lines else 0

    @property
    def minutes(self) -> float:
        """An estimate of the time that the main text takes to read."""
        return self.words / WORDS_PER_MINUTE + self.cells / CODE_CELLS_PER_MINUTE


def measure(notebook: NotebookNode) -> Lesson:
    """Measure a percent script that :func:`tools.chapters.parse` has read."""
    text, shown, solutions = [], [], []
    neighbors: list[int] = []
    in_text, sentence_before = True, True
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if in_text:
                before, *after = _AFTER_THE_TEXT.split(cell.source, maxsplit=1)
                text.append(before)
                in_text = not after
            sentence_before = True
        elif chapters.is_shown(cell):
            (shown if in_text else solutions).append(cell)
            if in_text and not sentence_before:
                neighbors.append(len(shown))
            sentence_before = False
    everything = "\n".join(c.source for c in notebook.cells if c.cell_type != "code")
    return Lesson(
        words=_words("\n".join(text)),
        lines=tuple(len(_lines(cell)) for cell in shown),
        columns=max((len(s) for c in shown + solutions for s in _lines(c)), default=0),
        figures=sum("mystnb" in cell.metadata for cell in shown),
        predictions="\n".join(text).count(PREDICTION),
        exercises=len(_EXERCISE.findall(everything)),
        checked_answers=sum(cell.source.count("check_answer(") for cell in solutions),
        neighbors=tuple(neighbors),
        folded_names=frozenset(_folded_names(shown)),
        longest_solution=max((len(_lines(cell)) for cell in solutions), default=0),
    )


def problems(lesson: Lesson, kind: str) -> list[str]:
    """What a page of `kind` (a key of `BOUNDS`) has too much or too little of."""
    bounds, found = BOUNDS[kind], []

    def check(name: str, value: float, least: float, most: float) -> None:
        if not least <= value <= most:
            found.append(f"{name}: {value:g}, expected {least:g} to {most:g}")

    check("words", lesson.words, *bounds.words)
    check("cells of code", lesson.cells, 0, bounds.cells)
    check("median of their lines", lesson.median_lines, 0, bounds.median_lines)
    check("lines in one of them", max(lesson.lines, default=0), 0, bounds.lines)
    check("lines in a solution's cell", lesson.longest_solution, 0, bounds.lines)
    check("characters in a line of code", lesson.columns, 0, bounds.columns)
    check("figures", lesson.figures, *bounds.figures)
    check("predictions by the reader", lesson.predictions, bounds.predictions, 99)
    check("exercises", lesson.exercises, *bounds.exercises)
    check("answers checked", lesson.checked_answers, bounds.checked_answers, 99)
    for number in lesson.neighbors:
        found.append(f"cell of code {number}: no sentence before it")
    for name in sorted(lesson.folded_names):
        found.append(f"{name}: defined in a folded cell, needed in one that is not")
    return found


def _words(text: str) -> int:
    """How many words of `text` a reader reads, listings and equations left out."""
    count, listing = 0, ""
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.S)
    for line in text.splitlines():
        fence = _FENCE.fullmatch(line)
        if listing:
            listing = "" if line == listing else listing
        elif fence:
            if fence["marks"][0] == "`" and _LISTING.match(fence["info"]):
                listing = fence["marks"]
        elif not _NO_WORDS.match(line):
            words = _ROLE.sub(" ", line).split()
            count += sum(any(map(str.isalnum, word)) for word in words)
    return count


def _lines(cell: NotebookNode) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip()]


def _folded_names(shown: Sequence[NotebookNode]) -> set[str]:
    """Names that a cell uses and only folded cells before it have defined."""
    folded: set[str] = set()
    found: set[str] = set()
    for cell in shown:
        table = symtable.symtable(cell.source, "cell", "exec")
        defined = {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_assigned() or symbol.is_imported()
        }
        if "hide-input" in cell.metadata.get("tags", []):
            folded |= defined
        else:
            found |= (_needed_by(table) & folded) - defined
            folded -= defined
    return found - {"plt"}  # what draws may be imported where the first figure is


def _needed_by(table: symtable.SymbolTable) -> set[str]:
    """The global names that a scope and those within it refer to."""
    needed = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced()
        and (table.get_type() == "module" or symbol.is_global())
    }
    return needed.union(*map(_needed_by, table.get_children()))


def main(arguments: Sequence[str]) -> int:
    paths = [Path(name).resolve() for name in arguments]
    paths = paths or [p for p in chapters.chapter_paths() if p.parent.name in BOUNDS]
    print(f"{'':30} words cells median most width figures guesses exercises min")
    failed = 0
    for path in paths:
        lesson = measure(chapters.parse_file(path))
        print(
            f"{path.parent.name + '/' + path.stem:30} {lesson.words:5} "
            f"{lesson.cells:5} {lesson.median_lines:6g} {max(lesson.lines):4} "
            f"{lesson.columns:5} {lesson.figures:7} {lesson.predictions:7} "
            f"{lesson.exercises:9} {lesson.minutes:3.0f}"
        )
        if path.parent.name in BOUNDS:
            for problem in problems(lesson, path.parent.name):
                print(f"    {problem}")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
