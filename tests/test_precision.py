"""JAX computes in float64 inside the block, whatever name its version has for that."""

import contextlib
import subprocess
import sys

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import pytest

from helpers import enable_x64


def test_inside_the_block_jax_keeps_float64_and_outside_it_does_not():
    values = np.array([1 / 3])
    with enable_x64():
        assert jnp.asarray(values).dtype == np.float64
        with enable_x64(False):
            assert jnp.asarray(values).dtype == np.float32
    assert jnp.asarray(values).dtype == np.float32


@pytest.mark.parametrize("enabled", [True, False])
def test_an_older_jax_has_the_switch_among_its_experiments(monkeypatch, enabled):
    asked = []

    @contextlib.contextmanager
    def switch(new_value):
        asked.append(new_value)
        yield

    monkeypatch.delattr(jax, "enable_x64")
    monkeypatch.setattr(jax.experimental, "enable_x64", switch, raising=False)
    with enable_x64(enabled):
        assert asked == [enabled]


def test_the_helpers_alone_do_not_import_jax():
    code = "import sys, helpers; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
