# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (second)=
# # Second
#
# Two numbers, after {ref}`first` and {eq}`loss`, as in {numref}`fig-line`; see
# {cite}`polyak1964` and a * star on {term}`two belts <belt>`.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** add `1.25` twice.
# - **Time** {chapter-time}`here`
# :::
#
# ```{math}
# :label: sum
# \begin{aligned} a &= b \\ &= c \end{aligned}
# ```
#
# | name | value |
# |---|---|
# | $a_1$ | 1.25 |

# %% tags=["remove-cell"]
import sys

sys.path.append("..")

# %%
total = 1.25 + 1.25
total

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Second"):
    claim("add `1.25` twice", total / 2)
    given("| 1.25 |")

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-sum
# What is the sum?
# ::::
#
# ```{solution-start} ex-sum
# :class: dropdown
# ```
#
# Run this:

# %%
print(1.25 + 1.25)

# %% [markdown]
# It prints 2.5.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("prints 2.5", total)

# %% [markdown]
# ::::{exercise}
# :label: ex-open
# Open: why?
# ::::
#
# ::::{solution} ex-open
# :class: dropdown
# Because.
# ::::
