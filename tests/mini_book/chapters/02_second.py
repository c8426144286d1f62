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
# Two numbers, after {ref}`first` and {eq}`loss`.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")

# %%
total = 1.25 + 1.25
total

# %% tags=["remove-cell"]
from helpers import claim

claim("2.5", total)
