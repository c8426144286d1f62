"""`diagnose` finds each fault by its name, in loops of unlike styles, and no others.

Each loop in NumPy is tried with thirty seeds, and the others, which are slower, with
one of them in turn; `DOWNHILL_SEEDS=30` in the environment tries each with all thirty,
and takes half an hour or so.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import jax_loops
import numpy as np
import numpy_hard_loops
import numpy_loops
import pytest
import torch
import torch_hard_loops
import torch_loops
from loop_register import LOOPS

from helpers import diagnose
from helpers.diagnosis import FAULTS

SEEDS = 30
MODULES = {
    "numpy": (numpy_loops, numpy_hard_loops),
    "torch": (torch_loops, torch_hard_loops),
    "jax": (jax_loops,),
}
# With how many of the thirty seeds a loop is tried. The loops take turns, so that the
# loops of a library together are tried with each seed.
TRIES = {"numpy": 30, "torch": 1, "jax": 1}
if chosen := os.environ.get("DOWNHILL_SEEDS"):
    TRIES = dict.fromkeys(TRIES, min(int(chosen), SEEDS))


def library(loop):
    return next(
        key
        for key, modules in MODULES.items()
        if any(_is_in(loop, module) for module in modules)
    )


def _is_in(loop, module):
    return getattr(loop, "__module__", "") == module.__name__


def seeds_of(index, loop):
    tries = TRIES[library(loop)]
    return sorted({(index * tries + k) % SEEDS for k in range(tries)})


@pytest.mark.parametrize(
    ("index", "loop", "faults"),
    [
        pytest.param(index, loop, faults, id=loop.__name__)
        for index, (loop, faults) in enumerate(LOOPS)
    ],
)
def test_exactly_the_faults_of_the_loop_are_implied(index, loop, faults):
    for seed in seeds_of(index, loop):
        report = diagnose(loop, seed=seed)
        assert report.trouble == "", f"seed {seed}"
        assert set(report.implied) == faults, f"seed {seed}\n{report}"
        assert report.one_of == (), f"seed {seed}\n{report}"
        assert report.sound == (not faults)


def test_no_seed_is_left_out():
    for key in MODULES:
        tried = {
            seed
            for index, (loop, _) in enumerate(LOOPS)
            if library(loop) == key
            for seed in seeds_of(index, loop)
        }
        assert len(tried) == SEEDS or key == "jax" or max(TRIES.values()) < 10


@pytest.mark.parametrize("name", sorted({n for _, faults in LOOPS for n in faults}))
def test_a_fault_that_the_loops_have_is_a_known_one(name):
    assert name in FAULTS


def test_the_checks_have_at_least_three_faulty_loops_and_the_sound_are_many():
    faulty = Counter(name for _, faults in LOOPS for name in faults)
    assert all(count >= 3 for count in faulty.values())
    assert sum(not faults for _, faults in LOOPS) >= 60


def test_every_name_is_implied_excluded_or_unknown_once():
    report = diagnose(numpy_loops.faulty_sum_batch)
    groups = [*report.implied, *report.excluded, *report.unknown]
    assert sorted(groups) == sorted(FAULTS)
    assert report.evidence["sum-for-mean"] in " ".join(report.text(1000).split())


def test_the_text_keeps_to_its_width():
    text = diagnose(numpy_loops.faulty_entry).text(38)
    assert max(map(len, text.splitlines())) <= 38


def test_importing_diagnose_imports_no_framework():
    code = (
        "import sys; from helpers import diagnose; "
        "assert not {'torch', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_global_state_is_given_back():
    def train(X, y, w, lr, epochs):
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        for _ in range(epochs):
            w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
        return w

    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
    methods = torch.Tensor.backward, np.random.default_rng
    assert diagnose(train).sound
    assert random.getstate() == before[0]
    assert (np.random.get_state()[1] == before[1]).all()
    assert torch.equal(torch.get_rng_state(), before[2])
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()
    assert methods == (torch.Tensor.backward, np.random.default_rng)


def crash(X, y, w, lr, epochs):
    raise KeyError("no such column")


def hang(X, y, w, lr, epochs):
    while True:
        time.sleep(0.01)


def nothing(X, y, lr, epochs):
    return None


def wrong_shape(X, y, lr, epochs):
    return np.zeros(17)


def text(X, y, lr, epochs):
    return "done"


def not_finite(X, y, lr, epochs):
    return np.full(X.shape[1], np.nan)


def strange_parameter(X, y, velocity_map):
    return X


def stops(X, y, w, lr, epochs):
    sys.exit(3)


@pytest.mark.parametrize(
    ("loop", "words"),
    [
        (crash, "KeyError"),
        (hang, "no result after 0.2 s"),
        (nothing, "returned nothing"),
        (wrong_shape, "no parameters were found"),
        (text, "no parameters were found"),
        (strange_parameter, "velocity_map"),
        (stops, "SystemExit"),
        (5, "A function"),
    ],
)
def test_what_cannot_be_judged_gets_a_sentence(loop, words):
    report = diagnose(loop, seconds=0.2)
    assert words in report.trouble
    assert not report.implied
    assert not report.sound
    assert words.split()[0] in str(report)


def test_a_result_that_is_not_finite_is_a_fault_of_its_own():
    assert diagnose(not_finite).implied == ("not-finite",)


def test_a_loop_that_cannot_take_a_smaller_last_batch_crashes():
    def train(X, y, w, lr, epochs, batch_size):
        for _ in range(epochs):
            rows = np.random.permutation(len(y)).reshape(-1, batch_size)
            for i in rows:
                w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / batch_size
        return w

    report = diagnose(train)
    assert report.implied == ("crashes",)
    assert "11 rows in batches of 4" in report.evidence["crashes"]


def test_a_loop_that_hangs_off_the_main_thread_is_stopped():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        report = pool.submit(diagnose, hang, seconds=0.2).result(timeout=20)
    assert "no result" in report.trouble


def test_a_rule_with_memory_is_noted_and_accepted_unless_plain_is_declared():
    loop = numpy_loops.sound_ema_momentum
    assert "momentum" in " ".join(diagnose(loop).notes)
    assert diagnose(loop, rule="plain").implied == ("wrong-step",)


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "loop"},
        {"framework": "tf"},
        {"rule": "adam"},
        {"data": (np.ones((3, 2)), np.ones(4))},
    ],
)
def test_an_unknown_choice_is_an_error(arguments):
    with pytest.raises(ValueError, match="got"):
        diagnose(numpy_loops.sound_reduce, **arguments)


def test_features_of_unequal_scales_are_named_with_their_curvatures():
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 1000, size=(50, 1)), rng.normal(size=50)
    loop = numpy_loops.sound_reduce
    report = diagnose(loop, data=(X, y))
    assert report.implied == ("unscaled-features",)
    assert "the rate must stay below" in report.evidence["unscaled-features"]
    assert diagnose(loop, data=(X / 1000, y)).sound
    assert "unscaled-features" in diagnose(loop).unknown
    y[3] = np.nan
    assert "1 of 50 rows have a missing value" in diagnose(loop, data=(X, y)).notes


def test_a_loop_that_standardizes_copes_with_unequal_scales():
    rng = np.random.default_rng(0)
    data = rng.uniform(0, 1000, size=(50, 1)), rng.normal(size=50)
    assert diagnose(numpy_loops.sound_standardize, data=data).sound


def test_what_one_number_cannot_separate_is_reported_as_one_of():
    def train(X, y):
        return np.eye(X.shape[1])[0] * y.mean()

    assert diagnose(train).one_of == (("broadcast-loss", "rows-apart"),)


def test_another_loss_is_no_fault_and_excludes_none():
    report = diagnose(numpy_hard_loops.sound_absolute_error)
    assert {"wrong-step", "wrong-sign", "nan-hidden"} <= set(report.unknown)
    assert "squared error" in report.unknown["wrong-step"]
    assert "a squared error only" in report.text(1000).splitlines()[-1]


def test_broadcasting_that_hangs_on_the_shape_of_the_targets_cannot_be_told():
    def epoch(model, optimizer, loader):
        for x, y in loader:
            optimizer.zero_grad()
            ((model(x) - y) ** 2).mean().backward()
            optimizer.step()

    report = diagnose(epoch)
    assert report.sound
    assert "(n,)" in report.unknown["broadcast-loss"]


def test_what_went_well_and_stayed_finite_does_not_crash():
    report = diagnose(numpy_loops.sound_reduce)
    assert {"crashes", "not-finite"} <= set(report.excluded)


def test_a_step_that_is_never_taken_is_said_so():
    report = diagnose(torch_hard_loops.faulty_no_step)
    assert "no step of an optimizer followed" in report.evidence["nothing-moves"]
    assert "schedule-for-optimizer" in report.excluded
