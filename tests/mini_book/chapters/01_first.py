# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (first)=
# # First
#
# {numref}`fig-line` shows $x^2$; read it in {chapter-time}`here`.
#
# ```{math}
# :label: loss
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# ```

# %% tags=["remove-cell"]
import sys

sys.path.append("..")

# %%
from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()

# %%
#| name: fig-line
#| caption: Ten belts lie on a line.
#| alt: Ten points on a rising straight line,
#|   from short belts to long ones.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(3, 2))
ax.plot(belt_in, belt_cm, "o")
plt.show()
