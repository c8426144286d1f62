# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (grid-search)=
# # Grid search
#
# How many centimeters are in an inch? See {numref}`fig-loss`, {eq}`mse` and $x^2$.
#
# ```{math}
# :label: mse
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# ```

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # the folder of `helpers`, when this file runs where it lies

# %%
from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()
belt_cm / belt_in

# %%
#| name: fig-loss
#| caption: The loss.
#| alt: A falling line, which goes
#|   on: here.
import matplotlib.pyplot as plt

figure, ax = plt.subplots()
ax.plot(belt_in, belt_cm, "o")
ax.set(xlabel="belt (in)", ylabel="belt (cm)", title="Belts")
