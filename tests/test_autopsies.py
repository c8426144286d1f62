"""The page Autopsies: what its loops are said to suffer from is what they suffer from.

Loops are taken from the page itself: its cells tagged `autopsy` run alone, in an empty
namespace. `FIXES` applies to each wrong loop the fix that its entry prints.
"""

import ast
import contextlib
import copy
import io
import re

import numpy as np
import pytest
import torch

from helpers import diagnose
from helpers.diagnosis import FAULTS
from tools import chapters

PAGE = chapters.ROOT / "appendix" / "autopsies.py"
TEXT = PAGE.read_text(encoding="utf-8")
NOTEBOOK = chapters.parse(TEXT)
CELLS = chapters.tagged_code(NOTEBOOK, "autopsy")
SEEDS = range(10)
ENDS = {"crashes", "not-finite", "not-arrived"}  # described where a report is read
NOT_SHOWN = {"nothing-moves", "wrong-score", "unscaled-features"}  # no loop of the page


def _entries() -> dict[str, str]:
    """The prose of each entry, by its label."""
    prose = "\n".join(c.source for c in NOTEBOOK.cells if c.cell_type == "markdown")
    pieces = re.split(r"^\((autops[\w-]+)\)=$", prose, flags=re.M)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


SECTIONS = _entries()
ENTRIES = {k: v for k, v in SECTIONS.items() if k.startswith("autopsy-")}


def _functions() -> dict[str, str]:
    """The source of every function of the tagged cells."""
    found = {}
    for cell in CELLS:
        for node in ast.parse(cell).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = ast.get_source_segment(cell, node)
    return found


FUNCTIONS = _functions()
UPDATE = "w - learning_rate * 2 / len(y) * X.T @ (X @ w - y)"
R2 = "r2_score(y_true=truth, y_pred=prediction)"

# Of each wrong loop: its entry, the faults, and what of it is replaced by what.
FIXES = {
    "cleared_early": (
        "cleared",
        "cleared-before-step",
        "optimizer.zero_grad()\n        optimizer.step()",
        "optimizer.step(); optimizer.zero_grad()",
    ),
    "rebuilt": ("rebuilt", "model-rebuilt", "    model = nn.Linear(2, 1)\n", ""),
    "schedule_steps": (
        "schedule",
        "schedule-for-optimizer",
        "schedule.step()",
        "optimizer.step()",
    ),
    "made_anew": (
        "detached",
        "detached-loss",
        "number = mse_loss(model(x), y).item()\n"
        "        loss = torch.tensor(number, requires_grad=True)",
        "loss = mse_loss(model(x), y)",
    ),
    "whole_numbers": (
        "integers",
        "integer-parameters",
        "np.array([0] * X.shape[1])",
        "np.array([0.0] * X.shape[1])",
    ),
    "uphill": ("sign", "wrong-sign", "w + learning_rate", "w - learning_rate"),
    "summed": ("sum", "sum-for-mean", "2 * X.T", "2 / len(y) * X.T"),
    "divided_again": (
        "divided",
        "mean-divided-again",
        "learning_rate * gradient / len(y)",
        "learning_rate * gradient",
    ),
    "one_entry": ("entry", "entry-for-column", "X[1, j]", "X[:, j]"),
    "squared_twice": ("entry", "wrong-step", "X.T @ r**2", "X.T @ r"),
    "in_turn": (
        "turn",
        "in-turn-updates",
        "    for j in range(len(w)):\n        r = X @ w - y\n",
        "    r = X @ w - y\n    for j in range(len(w)):\n",
    ),
    "slopes_only": (
        "intercept",
        "no-intercept",
        "w[1:] = step(w, X, y, learning_rate)[1:]",
        "w[:] = step(w, X, y, learning_rate)",
    ),
    "every_pair": ("broadcast", "broadcast-loss", "model(X) - y", "model(X)[:, 0] - y"),
    "in_order": (
        "order",
        "unshuffled",
        "return [np.arange(k, min(k + size, n)) for k in range(0, n, size)]",
        "order = rng.permutation(n)\n"
        "    return [order[k : k + size] for k in range(0, n, size)]",
    ),
    "reseeded": ("reseeded", "same-shuffle", "np.random.default_rng(0)", "rng"),
    "torn": ("apart", "rows-apart", "X[rows], y,", "X[rows], y[rows],"),
    "whole_only": (
        "remainder",
        "unshuffled remainder-dropped",
        "starts = range(0, n - size + 1, size)\n"
        "    return [np.arange(k, k + size) for k in starts]",
        "return shuffled(n, size, rng)",
    ),
    "all_rows": (
        "rows",
        "all-rows-every-batch",
        "return [np.arange(n) for _ in range(0, n, size)]",
        "order = rng.permutation(n)\n"
        "    return [order[k : k + size] for k in range(0, n, size)]",
    ),
    "one_row_apart": (
        "rows",
        "overlapping-batches",
        "order[k : k + size] for k in range(n // size + 1)",
        "order[k : k + size] for k in range(0, n, size)",
    ),
    "first_batch": (
        "rows",
        "fixed-batch",
        "return [np.arange(size) for _ in range(0, n, size)]",
        "order = rng.permutation(n)\n"
        "    return [order[k : k + size] for k in range(0, n, size)]",
    ),
    "never_cleared": (
        "zero-grad",
        "gradients-accumulate",
        "        mse_loss",
        "        optimizer.zero_grad()\n        mse_loss",
    ),
    "cleared_once": (
        "once",
        "cleared-once-an-epoch",
        "    optimizer.zero_grad()\n    for x, y in loader:\n",
        "    for x, y in loader:\n        optimizer.zero_grad()\n",
    ),
    "one_array": (
        "record",
        "aliased-record",
        "w -= learning_rate",
        "w = w - learning_rate",
    ),
    "keeps_graphs": (
        "graphs",
        "graph-kept",
        "total += loss",
        "total += loss.item()",
    ),
    "score_as_it_is": (
        "mode",
        "scored-in-training-mode",
        "    with torch",
        "    model.eval()\n    with torch",
    ),
    "never_switched_back": (
        "mode",
        "trained-in-eval-mode",
        "    epoch(",
        "    model.train()\n    epoch(",
    ),
    "swapped": ("r2", "r2-swapped", "r2_score(prediction, truth)", R2),
    "ignores_offset": (
        "r2",
        "explained-variance",
        "1 - np.var(truth - prediction) / np.var(truth)",
        R2,
    ),
    "ignores_scale": (
        "r2",
        "squared-correlation",
        "np.corrcoef(truth, prediction)[0, 1] ** 2",
        R2,
    ),
    "a_step_late": (
        "best",
        "best-of-another-step",
        "        w = step(w, X, y, learning_rate)\n"
        "        if loss < best_loss:\n            best_loss, best_w = loss, w\n",
        "        if loss < best_loss:\n            best_loss, best_w = loss, w\n"
        "        w = step(w, X, y, learning_rate)\n",
    ),
    "not_copied": (
        "best",
        "best-not-copied",
        "loss.item(), model.state_dict()",
        "loss.item(), copy.deepcopy(model.state_dict())",
    ),
    "nothing_kept": (
        "best",
        "best-loss-last-parameters",
        "return w, min(losses)",
        "return w, np.mean((X @ w - y) ** 2)",
    ),
    "filled": (
        "missing",
        "nan-hidden",
        "X, y = np.nan_to_num(X), np.nan_to_num(y)",
        "keep = np.isfinite(X).all(axis=1) & np.isfinite(y)\n"
        "    X, y = X[keep], y[keep]",
    ),
    "own_scale": (
        "fresh",
        "fresh-rows-own-scale",
        "standardize(X_test)",
        "(X_test - X_train.mean(axis=0)) / X_train.std(axis=0)",
    ),
    "from_all_rows": (
        "leak",
        "scale-from-all-rows",
        "standardize(np.vstack([X_train, X_test]))",
        "(np.vstack([X_train, X_test]) - X_train.mean(axis=0)) / X_train.std(axis=0)",
    ),
}
IN_WORDS = {"rebuilt", "whole_only", "a_step_late", "from_all_rows"}
BY_A_LINE = {"log", "nan", "scale", "output", "budget", "verdict"}


@pytest.fixture(scope="module")
def page():
    namespace = {"copy": copy}
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef
    for source in CELLS:
        body = [node for node in ast.parse(source).body if isinstance(node, kinds)]
        exec(compile(ast.Module(body, []), PAGE.name, "exec"), namespace)
    return namespace


def on_loop(page, name: str, function):
    """What `diagnose` is asked about: a function, or a loop over its batches."""
    takes_batches = FUNCTIONS[name].startswith(f"def {name}(n, size, rng)")
    return page["loop_over"](function) if takes_batches else function


def fixed(page, name: str):
    """The wrong loop with the fix of its entry."""
    _, _, old, new = FIXES[name]
    assert FUNCTIONS[name].count(old) == 1
    source = FUNCTIONS[name].replace(old, new)
    namespace = dict(page)
    exec(compile(source, PAGE.name, "exec"), namespace)
    return namespace[name]


def test_the_page_asks_about_every_wrong_loop_and_no_other():
    shown = "\n".join(cell.source for cell in chapters.shown_code_cells(NOTEBOOK))
    asked = set()
    for name in FUNCTIONS:
        if re.search(rf"ask\((?:loop_over\()?{name}\)", shown):
            asked.add(name)
    for group in re.findall(r"for \w+ in \(([\w, ]+)\):\n    ask\(", shown):
        asked.update(group.split(", "))
    assert asked == set(FIXES)


def test_every_entry_has_a_wrong_loop_or_a_check_in_a_line():
    of_loops = {entry for entry, *_ in FIXES.values()}
    assert {f"autopsy-{name}" for name in of_loops | BY_A_LINE} == set(ENTRIES)


@pytest.mark.parametrize("name", FIXES)
def test_the_wrong_loop_is_implicated_under_the_names_of_its_entry(page, name):
    _, faults, _, _ = FIXES[name]
    for seed in SEEDS:
        report = diagnose(on_loop(page, name, page[name]), seed=seed)
        assert set(report.implied) == set(faults.split()), (seed, report.text())
        assert not report.one_of
        assert not report.trouble


@pytest.mark.parametrize("name", FIXES)
def test_the_loop_with_the_fix_passes(page, name):
    right = on_loop(page, name, fixed(page, name))
    for seed in SEEDS:
        report = diagnose(right, seed=seed)
        assert report.sound, (seed, report.text())


@pytest.mark.parametrize("name", ["step", "epoch", "shuffled"])
def test_the_sound_loops_of_the_page_pass(page, name):
    for seed in SEEDS:
        assert diagnose(on_loop(page, name, page[name]), seed=seed).sound, seed


@pytest.mark.parametrize("name", FIXES)
def test_the_entry_prints_the_fix_that_is_applied(name):
    entry, _, _, new = FIXES[name]
    fix = ENTRIES[f"autopsy-{entry}"].partition("**Fix.**")[2]
    assert fix
    snippets = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", fix)]
    applied = " ".join(new.split())
    assert name in IN_WORDS or any(s in applied for s in snippets if len(s) > 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_a_report_has_its_entry(fault):
    if fault in ENDS:
        assert f"`{fault}`" in SECTIONS["autopsies-ask"]
        return
    if fault == "nothing-moves":
        assert f"`{fault}`" in SECTIONS["autopsies-symptoms"]
        return
    holders = {name for name, prose in ENTRIES.items() if f"`{fault}`" in prose}
    assert len(holders) == 1
    shown = {e for e, names, _, _ in FIXES.values() if fault in names.split()}
    assert holders <= {f"autopsy-{entry}" for entry in shown} or fault in NOT_SHOWN


def test_every_symptom_leads_to_entries_and_names_checks_that_exist():
    table = SECTIONS["autopsies-symptoms"].partition("{list-table}")[2]
    rows = re.split(r"^\* - ", table.partition("\n:::")[0], flags=re.M)[2:]
    assert len(rows) > 20
    for row in rows:
        assert row.count("\n  - ") == 2
        _, causes, check = row.split("\n  - ")
        linked = re.findall(r"\{ref\}`[^`<]+<([\w-]+)>`", causes)
        assert linked
        assert set(linked) <= set(SECTIONS)
        for code in re.findall(r"`([^`]+)`", re.sub(r"\{ref\}`[^`]*`", "", check)):
            assert code in FAULTS or ast.parse(code, mode="eval")


def test_every_entry_is_reached_from_a_symptom():
    table = SECTIONS["autopsies-symptoms"]
    assert all(f"<{name}>" in table for name in ENTRIES)


def cells_of_entries() -> dict[str, list[str]]:
    """The cells of each entry that its reader sees."""
    found, label = {name: [] for name in ENTRIES}, ""
    for cell in NOTEBOOK.cells:
        if cell.cell_type == "markdown":
            begun = re.findall(r"^(?:\((.+)\)=|## .*)$", cell.source, re.M)
            label = begun[-1] if begun else label
        elif label in found and "remove-cell" not in cell.metadata.get("tags", []):
            found[label].append(cell.source)
    return found


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_reader_can_enter_at_the_entry(page, entry, capsys):
    cells, namespace = cells_of_entries()[entry], dict(page)
    assert cells
    for source in cells:
        exec(compile(source, PAGE.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 41  # fits on a telephone


def shown_cell(start: str) -> str:
    """The shown cell that has the line `start`."""
    cells = [c.source for c in chapters.shown_code_cells(NOTEBOOK)]
    (cell,) = [cell for cell in cells if start in cell.splitlines()]
    return cell


@pytest.mark.parametrize("seed", SEEDS)
def test_a_log_at_rate_zero_tells_other_logs_from_the_loss_of_all_rows(page, seed):
    X, y = page["line_data"](seed)
    rng = np.random.default_rng(seed)
    loss = np.mean(y**2)
    logs = page["two_logs"](np.zeros(2), X, y, 0.0, rng)
    assert all(abs(log / loss - 1) > 0.001 for log in logs)
    batches = page["shuffled"](100, 32, rng)
    losses, sizes = zip(*((np.mean(y[b] ** 2), len(b)) for b in batches), strict=True)
    assert np.isclose(np.average(losses, weights=sizes), loss)


def test_only_a_grid_through_the_origin_has_a_height_that_is_not_finite(page):
    for n in range(4, 14):
        side = torch.arange(n) - (n - 1) / 2
        right = torch.sinc(torch.hypot(side[:, None], side) / torch.pi)
        heights = page["heights"](side)
        assert heights.isfinite().all() == (n % 2 == 0)
        assert right.isfinite().all()
        known = heights.isfinite()
        torch.testing.assert_close(heights[known], right[known], atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_limits_of_the_learning_rate_show_unequal_scales(seed):
    x = np.random.default_rng(seed).uniform(0, 1000, 50)
    scaled = (x - x.mean()) / x.std()
    raw, right = (
        2 / np.linalg.eigvalsh(2 / 50 * X.T @ X)
        for X in (np.column_stack([np.ones(50), column]) for column in (x, scaled))
    )
    assert raw.min() < 1e-5 < 0.1 < right.min()
    assert raw.max() / raw.min() > 1000 > 2 > right.max() / right.min()


def test_a_row_on_both_sides_of_a_split_is_counted(page):
    cell = shown_cell("X_train, X_test = X[:80], X[70:]")
    lines = cell.partition("X, y = line_data()")[2]
    for stop, first, expected in ((80, 70, 10), (80, 80, 0)):
        namespace = dict(page)
        X, _ = page["line_data"]()
        code = lines.replace("X[:80], X[70:]", f"X[:{stop}], X[{first}:]")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, {**namespace, "X": X}, scope := {})
        assert len(scope["both"]) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_double_the_epochs_tell_a_run_that_was_stopped_too_early(page, seed):
    X, y = page["line_data"](seed)
    run = page["loop_over"](page["shuffled"])

    def loss(epochs, size):
        rng = np.random.default_rng(seed)
        return np.mean((X @ run(np.zeros(2), X, y, 0.05, epochs, size, rng) - y) ** 2)

    assert loss(20, 100) < 0.7 * loss(10, 100)
    for size in (100, 10):
        updates = 300  # for both
        assert loss(2 * updates * size // 100, size) > 0.9 * loss(
            updates * size // 100, size
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_training_loss_tells_under_fitted_from_over_fitted(page, seed):
    cell = shown_cell("for degree in (0, 1, 15):")
    cell = cell.replace("line_data(n=30)", f"line_data({seed}, n=30)")
    cell = cell.replace("seed=1,", f"seed={1000 + seed},")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(cell, dict(page))
    fits = re.findall(r"training (\S+), fresh (\S+)", printed.getvalue())
    (flat, flat_fresh), (line, line_fresh), (wild, wild_fresh) = (
        map(float, fit) for fit in fits
    )
    noise = 0.25
    assert min(flat, flat_fresh) > 4 * noise
    assert max(line, line_fresh) < 2 * noise
    assert wild < noise < 2 * noise < wild_fresh


def test_one_number_shows_the_output_that_is_slow():
    cell = shown_cell('slope = {"tanh": lambda h: 1 - h**2, "linear": lambda h: 1.0}')
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(cell, {"np": np})
    left = [float(part) for part in re.findall(r": (\S+) left", printed.getvalue())]
    assert left[0] > 0.01 > 1e-4 > left[1]
