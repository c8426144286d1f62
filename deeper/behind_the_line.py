# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (behind-the-line)=
# # What does the line hide?
#
# The line of {ref}`penguins` answers a bill of 45 mm with 4294 g. A biologist would
# first ask which species you hold: an Adélie with that bill would have 4285 g, a
# Chinstrap 3506 g, a Gentoo 4816 g. What else does one line through three crowds hide?
# And what does a slope tell you about the birds?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` from this folder

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** fit a line to each species, meet a slope that turns round, let the
#   model know species and sex, and compare what three lengths say.
# - **You need** the design matrix and the standardized columns of {ref}`penguins`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## Three crowds
#
# The birds are those of {ref}`penguins`, the 333 rows without a hole. `groupby` hands
# them out one species at a time.

# %%
from helpers import load_penguins, use_book_style

use_book_style()
penguins = load_penguins()
birds = penguins.dropna()
species = dict(list(birds.groupby("species")))

# %% [markdown]
# Give each species a line of its own, and ask each line for the mass of your bird.

# %%
import numpy as np

from helpers import design_matrix


def fit_line(group, length):
    X = design_matrix(group[length])
    return np.linalg.lstsq(X, group["body_mass_g"], rcond=None)[0]


for name, group in {"all birds": birds, **species}.items():
    intercept, slope = fit_line(group, "bill_length_mm")
    at_45_g = intercept + 45 * slope
    print(f"{at_45_g:.0f} g, {slope:.1f} g per mm: {name}")

# %% [markdown]
# To see where these answers come from, draw all lines over the birds. (This folded cell
# draws the crowds; the next one makes {numref}`fig-behind-crowds`.)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

colors = {"Adelie": BLUE, "Chinstrap": ORANGE, "Gentoo": GREEN}
marks = {"Adelie": "o", "Chinstrap": "^", "Gentoo": "s"}


def draw_crowds(ax, length):
    for name, group in {**species, "all": birds}.items():
        color = colors.get(name, BLACK)
        if name in species:
            mass_g, mark = group["body_mass_g"], marks[name]
            ax.plot(group[length], mass_g, mark, color=color, ms=3.5)
        ends = np.array([group[length].min(), group[length].max()])
        line_g = design_matrix(ends) @ fit_line(group, length)
        style = "-" if name in species else "--"
        ax.plot(ends, line_g, style, color=color, lw=2.5)


# %% [markdown]
# Each species keeps to its own part of the cloud:

# %% tags=["hide-input"]
#| name: fig-behind-crowds
#| caption: The line through all birds (dashed) and one through each species. The
#|   upright line marks a bill of 45 mm.
#| alt: Body mass against bill length, one mark for each bird. Adelies lie at the lower
#|   left, Chinstraps at the lower right, Gentoos at the upper right. A short line rises
#|   through each crowd. The dashed line through all birds runs through the Adelies, far
#|   above nearly all Chinstraps and below most Gentoos.
figure, ax = plt.subplots()
draw_crowds(ax, "bill_length_mm")
ax.axvline(45, color=GRAY, lw=1)
ax.text(33, 4850, "Adélie", color=BLUE)
ax.text(53, 3100, "Chinstrap", color=ORANGE)
ax.text(39.5, 5700, "Gentoo", color=GREEN)
ax.set(xlabel="bill length (mm)", ylabel="body mass (g)")
ax.set_title("Three species, three lines")
plt.show()

# %% [markdown]
# The answer for all birds, 4294 g, is nearly the Adélie's. What does it miss for each
# species? A residual is prediction minus measurement, so a positive one means that the
# line makes the bird too heavy.

# %%
intercept, slope = fit_line(birds, "bill_length_mm")
predicted_g = intercept + slope * birds["bill_length_mm"]
residual_g = predicted_g - birds["body_mass_g"]
residual_g.groupby(birds["species"]).mean().round(0)

# %% [markdown]
# And how many birds with bills about as long as yours does each species have?

# %%
similar = birds["bill_length_mm"].between(44, 46)
birds[similar]["species"].value_counts()

# %% [markdown]
# Of the 37 birds with bills between 44 and 46 mm, 23 are Gentoos, nine are Chinstraps,
# and only five are Adélies. Over all its birds the line suits Adélies (52 g), is 894 g
# too heavy for Chinstraps, and 575 g too light for Gentoos. It speaks for the species
# that your bird is least likely to be, if it comes from a crowd mixed like this one.
# Better answers need the species: one line each, as above. If you cannot tell, weigh
# the three by how many birds of that bill each has, $(23 \cdot 4816 + 9 \cdot 3506 + 5
# \cdot 4285) / 37$, which is 4426 g.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Three crowds"):
    claim("the 333 rows without a hole", len(birds))
    at_45 = {
        name: fit_line(group, "bill_length_mm") @ [1, 45]
        for name, group in {"all birds": birds, **species}.items()
    }
    given("upright line marks a bill of 45 mm")
    claim("answer for all birds, 4294 g", at_45["all birds"])
    off = {
        name: abs(at_45[name] - at_45["all birds"]) for name in species
    }
    claim(
        "is nearly the Adélie's",
        off["Adelie"] < 20 < min(off["Gentoo"], off["Chinstrap"]),
    )
    claim("Of the 37 birds", similar.sum())
    given("with bills between 44 and 46 mm")
    counts = birds[similar]["species"].value_counts()
    claim("23 are Gentoos", counts["Gentoo"])
    claim("nine are Chinstraps", counts["Chinstrap"] == 9)
    claim("only five are Adélies", counts["Adelie"] == 5)
    means = residual_g.groupby(birds["species"]).mean()
    claim(
        "suits Adélies (52 g), is 894 g too heavy",
        means["Adelie"],
        means["Chinstrap"],
    )
    claim("575 g too light for Gentoos", -means["Gentoo"])
    parts = [(counts[name], at_45[name]) for name in species]
    claim("23 cdot 4816", counts["Gentoo"], at_45["Gentoo"])
    claim("9 cdot 3506", counts["Chinstrap"], at_45["Chinstrap"])
    claim(
        "5 cdot 4285) / 37",
        counts["Adelie"],
        at_45["Adelie"],
        similar.sum(),
    )
    weighed = (
        sum(count * answer_g for count, answer_g in parts)
        / similar.sum()
    )
    claim("which is 4426 g", weighed)
    too_heavy = (residual_g > 0).groupby(birds["species"]).mean()
    claim("above nearly all Chinstraps", too_heavy["Chinstrap"] > 0.95)
    claim("below most Gentoos", too_heavy["Gentoo"] < 0.15)

# %% tags=["remove-cell"]
with checks("What does the line hide?"):
    given("answers a bill of 45 mm")
    claim("with 4294 g", at_45["all birds"])
    claim("would have 4285 g", at_45["Adelie"])
    claim(
        "Chinstrap 3506 g, a Gentoo 4816 g",
        at_45["Chinstrap"],
        at_45["Gentoo"],
    )

# %% [markdown]
# ## A slope that turns round
#
# Bill *depth* is the distance from the upper to the lower edge of the bill. Here are
# the means of the species:

# %%
by_species = birds.groupby("species")
by_species[["bill_depth_mm", "body_mass_g"]].mean().round(1)

# %% [markdown]
# In each of the three species, birds with deeper bills are heavier. How will the line
# through all birds run?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It falls. Gentoos are the heavy birds, and they have the shallowest bills. Walk to the
# right across the whole plot, and you step down from the Gentoos to the two light
# species. That drop outweighs the rise within each.
# :::

# %% tags=["hide-input"]
#| name: fig-behind-depth
#| caption: Simpson's paradox. Each line is labeled with its slope in g per mm.
#| alt: Body mass against bill depth. Gentoos form a crowd at the upper left, heavy with
#|   shallow bills; Adelies and Chinstraps overlap at the lower right. A short line
#|   rises through each species. The dashed line through all birds falls.
figure, ax = plt.subplots()
draw_crowds(ax, "bill_depth_mm")
labels = {
    name: f"{fit_line(group, 'bill_depth_mm')[1]:+.0f}"
    for name, group in {"all": birds, **species}.items()
}
ax.text(13.1, 6100, f"Gentoo {labels['Gentoo']}", color=GREEN)
ax.text(19.2, 5000, f"Adélie {labels['Adelie']}", color=BLUE)
ax.text(17.2, 2650, f"Chinstrap {labels['Chinstrap']}", color=ORANGE)
ax.text(20.2, 3000, f"all −{labels['all'][1:]}", color=BLACK)
ax.set(xlabel="bill depth (mm)", ylabel="body mass (g)")
ax.set_title("Each crowd rises, the whole falls")
plt.show()

# %% [markdown]
# Over all birds, each millimeter goes with 193 g *less*. Within a species it goes with
# *more*, between 205 g and 368 g. This reversal is called Simpson's paradox
# {cite}`simpson1951`. Neither number is wrong. The first is for a bird of unknown
# species, the others for a bird whose species you know.

# %% tags=["remove-cell"]
with checks("A slope that turns round"):
    depth = {
        name: fit_line(group, "bill_depth_mm")[1]
        for name, group in species.items()
    }
    claim(
        "millimeter goes with 193 g less",
        -fit_line(birds, "bill_depth_mm")[1],
    )
    claim(
        "between 205 g and 368 g",
        np.allclose(
            [min(depth.values()), max(depth.values())],
            [205, 368],
            atol=0.5,
        ),
    )
    claim(
        "birds with deeper bills are heavier", min(depth.values()) > 0
    )
    heaviest = by_species["body_mass_g"].mean().idxmax()
    shallowest = by_species["bill_depth_mm"].mean().idxmin()
    claim("Gentoos are the heavy birds", heaviest == "Gentoo")
    claim("they have the shallowest bills", shallowest == "Gentoo")

# %% [markdown]
# ## Tell the model the species
#
# `get_dummies` makes a column for each species: one for its birds, zero for the others.
# Its parameter is that species' own intercept, so the column of ones is not needed.
# Compare the models by $R^2$, the share of the variance of $y$ that a model explains.
# (Divide the mean squared error by that variance; only for a standardized $y$ is it 1.)


# %%
import pandas as pd


def r_squared(X, y):
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - ((X @ w - y) ** 2).mean() / y.var()


mass_g = birds["body_mass_g"].to_numpy()
bill_mm = birds["bill_length_mm"].to_numpy()
kinds = pd.get_dummies(birds["species"]).to_numpy(float)  # (333, 3)

# %% [markdown]
# With these columns, four models: the bill, the species, both with one slope for all,
# and a line for each species.

# %%
print(f"{r_squared(design_matrix(bill_mm), mass_g):.3f} bill")
print(f"{r_squared(kinds, mass_g):.3f} species")
both = np.column_stack([kinds, bill_mm])
print(f"{r_squared(both, mass_g):.3f} species and bill")
own = np.hstack([kinds, kinds * bill_mm[:, None]])
print(f"{r_squared(own, mass_g):.3f} a line for each species")

# %% [markdown]
# The species alone explains 0.674 of the variance, nearly twice as much as the bill.
# Together they reach 0.785. An added column never lowers $R^2$ on the same birds,
# so the last step, to 0.790, says little: what the species differ in is mostly the
# intercept.

# %% tags=["remove-cell"]
with checks("Tell the model the species"):
    of_bill = r_squared(design_matrix(bill_mm), mass_g)
    claim("explains 0.674 of the variance", r_squared(kinds, mass_g))
    claim(
        "nearly twice as much as the bill",
        1.9 < r_squared(kinds, mass_g) / of_bill < 2,
    )
    claim("Together they reach 0.785", r_squared(both, mass_g))
    claim("to 0.790, says little", r_squared(own, mass_g))
    scaled = (mass_g - mass_g.mean()) / mass_g.std()
    claim("only for a standardized y is it 1", scaled.var())

# %% [markdown]
# ## Which measurement matters?
#
# Now three lengths, standardized so that their slopes can be compared: the bill's
# length, its depth, and the flipper's. Each slope is wanted in four models: its length
# *alone*, all three *together*, together with the *species known*, and with species
# *and sex* known.

# %%
from helpers import standardize

lengths = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
Z = standardize(birds[lengths].to_numpy())  # shape (333, 3)
y = standardize(mass_g)
male = (birds["sex"] == "male").to_numpy(float)
models = {
    "together": design_matrix(Z),
    "species known": np.hstack([kinds, Z]),
    "species and sex": np.column_stack([kinds, male, Z]),
}

# %% [markdown]
# The lengths are the last columns of each model, so their slopes are the last entries.
# `count` says how many.


# %%
def slopes(X, y, count=3):
    return np.linalg.lstsq(X, y, rcond=None)[0][-count:]


# %% [markdown]
# Other birds would have given other slopes. To see how far apart, refit on 333 birds
# drawn from these with replacement, a thousand times, and take the standard deviation
# of the slopes. This is the *bootstrap* {cite}`efron1979`.


# %%
def bootstrap_error(X, y, count=3):
    rng = np.random.default_rng(0)
    refits = []
    for _ in range(1000):
        rows = rng.integers(len(y), size=len(y))
        refits.append(slopes(X[rows], y[rows], count))
    return np.std(refits, axis=0)


# %% [markdown]
# Now all slopes, side by side:

# %%
singles = [design_matrix(column) for column in Z.T]
table = {"alone": [slopes(X, y, 1)[0] for X in singles]}
errors = {"alone": [bootstrap_error(X, y, 1)[0] for X in singles]}
for name, X in models.items():
    table[name] = slopes(X, y)
    errors[name] = bootstrap_error(X, y)
pd.DataFrame(table, index=["length", "depth", "flipper"]).round(3)

# %% [markdown]
# Together, the slope of bill length collapses from 0.589 to 0.022, and that of depth
# flips from $-0.472$ to 0.044: both less than two errors from zero. It is tempting to
# say that once you know the flipper, bills do not matter. But that fit is pooled again,
# and there the flipper stands in for the species: long flippers are Gentoos. With the
# species known, all three lengths count.

# %% tags=["hide-input"]
#| name: fig-behind-slopes
#| caption: Each length's slope in four models. Every mark has a bar of two bootstrap
#|   errors to either side.
#| alt: Three groups of four marks on a horizontal axis of slopes. Alone, bill length
#|   lies far to the right of zero, depth far to the left, the flipper farthest to the
#|   right. Together, the flipper stays there, and the bars of both bill measures
#|   contain zero. With the species known, all three lie close to one another, right of
#|   zero. With the sex known too, the bill's two slopes are much smaller.
figure, ax = plt.subplots(figsize=(5.4, 4.2))
looks = {"alone": (GRAY, "s"), "together": (BLUE, "o")}
looks |= {
    "species known": (ORANGE, "^"),
    "species and sex": (GREEN, "D"),
}
rows = np.arange(3)
ax.axvline(0, color=GRAY, lw=1)
for i, (name, (color, mark)) in enumerate(looks.items()):
    height = rows + 0.2 * i - 0.3
    bar = 2 * np.array(errors[name])
    style = {"fmt": mark, "color": color, "ms": 5, "capsize": 3}
    ax.errorbar(table[name], height, xerr=bar, **style)
    right = table[name][1] + bar[1] + 0.04
    ax.text(right, height[1], name, color=color, va="center")
ax.set(yticks=rows, ylim=(2.5, -0.5))
ax.set_xlabel("slope (deviations of mass per deviation of length)")
ax.set_yticklabels(["bill length", "bill depth", "flipper"])
ax.set_title("A slope depends on what is held alike")
plt.show()

# %% [markdown]
# Take care with "one standard deviation". These are deviations of *all* birds, and a
# good part of them lies between the species. Among birds of one species the lengths
# vary less. Measure the slopes by that:


# %%
def within(groups):  # deviations of the lengths within a group
    frame = pd.DataFrame(Z, index=birds.index)
    means = frame.groupby(groups).transform("mean")
    return (frame - means).std(ddof=0).to_numpy()


unit = within(birds["species"])
print(unit.round(2), "of the deviation of all birds")
print((table["species known"] * unit).round(3), "species known")
unit_sex = within([birds["species"], birds["sex"]])
print((table["species and sex"] * unit_sex).round(3), "with sex")

# %% [markdown]
# Per deviation within a species the slopes are 0.146, 0.197 and 0.167, so depth comes
# before the flipper, which led with 0.352 before. Is either order sure? Bootstrap the
# *difference* between the two:

# %%
X = models["species known"]
rng = np.random.default_rng(0)
gaps = []
for _ in range(1000):
    rows = rng.integers(len(y), size=len(y))
    _, depth, flipper = slopes(X[rows], y[rows])
    gaps.append((depth - flipper, unit[1] * depth - unit[2] * flipper))
for gap in np.transpose(gaps):  # per deviation of all, then within
    print(f"depth - flipper: {gap.mean():+.3f} ± {gap.std():.3f}")

# %% [markdown]
# Neither is: both differences are less than two errors from zero. And how well does
# each model do? Its typical miss, in grams:

# %%
models["species, sex, no length"] = np.column_stack([kinds, male])
for name, X in models.items():
    miss_g = mass_g.std() * np.sqrt(1 - r_squared(X, y))
    print(f"{miss_g:.0f} g {name}")

# %% [markdown]
# Sex is strong news. Species and sex, without any length, do about as well as the
# species and all three lengths, and once the sex is known, the bill's slopes are less
# than half of what they were.
#
# So a slope tells how the mass differs *among birds alike in everything else that the
# model knows*. Before you read one, say what is held alike, and per what.

# %% tags=["remove-cell"]
with checks("Which measurement matters?"):
    alone, together = np.array(table["alone"]), table["together"]
    known, and_sex = table["species known"], table["species and sex"]
    claim("refit on 333 birds drawn", len(y))
    by_flipper = birds.groupby("species")["flipper_length_mm"].mean()
    explained = r_squared(kinds, birds["flipper_length_mm"].to_numpy())
    stands_in = by_flipper.idxmax() == "Gentoo" and explained > 0.7
    claim("the flipper stands in for the species", stands_in)
    claim("length collapses from 0.589 to 0.022", alone[0], together[0])
    claim("flips from -0.472 to 0.044", alone[1], together[1])
    small = np.abs(together[:2]) < 2 * errors["together"][:2]
    claim("both less than two errors from zero", small.all())
    count = (known > 5 * errors["species known"]).all()
    claim("With the species known, all three lengths count", count)
    claim("lengths vary less", (unit < 1).all())
    claim("slopes are 0.146, 0.197 and 0.167", *(known * unit))
    claim("led with 0.352 before", known[2])
    claim("which led", np.argmax(known) == 2)
    gap, error = np.mean(gaps, axis=0), np.std(gaps, axis=0)
    claim(
        "less than two errors from zero. And",
        (abs(gap) < 2 * error).all(),
    )
    claim(
        "slopes are less than half", (and_sex[:2] < known[:2] / 2).all()
    )

    def typical_miss_g(X):
        return np.sqrt(1 - r_squared(X, y)) * mass_g.std()

    no_length, three = (
        typical_miss_g(models[name])
        for name in ("species, sex, no length", "species known")
    )
    claim("do about as well as", abs(no_length - three) < 5)

# %% [markdown]
# ## What dropping rows throws away
#
# `dropna()` left 333 birds. Two of the dropped had no measurements, but nine lacked
# only the sex. A model of the sex cannot use those; the line through bills and masses
# can. Put them back.

# %%
columns = ["bill_length_mm", "body_mass_g"]
measured = penguins.dropna(subset=columns)  # 342 birds
slope_all = fit_line(measured, "bill_length_mm")[1]
moved = abs(fit_line(birds, "bill_length_mm")[1] - slope_all)
at_45_g = fit_line(measured, "bill_length_mm") @ [1, 45]
print(f"{slope_all:.1f} g per mm, {at_45_g:.0f} g at 45 mm, all birds")
print(f"{moved:.1f} g per mm moved by the nine")

# %% [markdown]
# Is that much for nine birds? Take away nine at random, a thousand times, for a scale.

# %%
rng = np.random.default_rng(0)
moves = []
for _ in range(1000):
    kept = measured.iloc[rng.permutation(len(measured))[9:]]
    slope = fit_line(kept, "bill_length_mm")[1]
    moves.append(abs(slope - slope_all))
print(f"{np.mean(np.array(moves) > moved):.0%} move the slope farther")

# %% [markdown]
# The nine, five Adélies and four Gentoos, move the slope from 87.4 to 86.8 g per mm,
# and more than half of the random draws move it farther. The answer for your bird moves
# by 2 g. Here the quick way did no harm, which you could not know before you measured
# it. `dropna(subset=...)` with the columns that you use costs nothing.

# %% tags=["remove-cell"]
with checks("What dropping rows throws away"):
    claim("left 333 birds", len(birds))
    nine = measured.drop(birds.index)
    claim(
        "nine lacked only the sex",
        len(nine) == 9 and nine["sex"].isna().all(),
    )
    gone = penguins.drop(birds.index)
    claim(
        "Two of the dropped had no",
        gone[columns].isna().all(axis=1).sum() == 2,
    )
    of_nine = nine["species"].value_counts().to_dict()
    claim(
        "five Adélies and four Gentoos",
        of_nine == {"Adelie": 5, "Gentoo": 4},
    )
    slope_complete = fit_line(birds, "bill_length_mm")[1]
    claim("slope from 87.4 to 86.8 g per mm", slope_all, slope_complete)
    shift_g = at_45_g - at_45["all birds"]
    claim("for your bird moves by 2 g", abs(shift_g))
    claim(
        "more than half of the random",
        np.mean(np.array(moves) > moved) > 0.5,
    )

# %% [markdown]
# ## What to keep
#
# - Look at the residuals by group. One line through several crowds may speak for the
#   wrong one, or slope the other way.
# - A slope holds alike what is in the model, and nothing else. Add what is missing, and
#   it may shrink, grow or turn round.
# - Before you rank slopes, say in which unit, and look at their errors.
# - Drop rows only for columns that you use, and measure what that changes.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-behind-ones
# This page put no column of ones beside the three species columns. Put one there:
# `X = design_matrix(kinds, Z[:, 0])`. Descend from two different starts with rate 0.5
# and compare where they end, and how well they fit. What happened to the one answer?
# ::::
#
# ```{solution-start} ex-behind-ones
# :class: dropdown
# ```
#
# The three species columns add up to the column of ones. So you may add 1 to the
# intercept and subtract 1 from each species without changing any prediction: there are
# many best parameters. Each descent finds the ones near its start, with the same loss.

# %%
from helpers import descend, mse_value_and_grad

X_ones = design_matrix(kinds, Z[:, 0])
for first in (0.0, 5.0):
    run = descend(
        lambda w: mse_value_and_grad(w, X_ones, y),
        [first, 0, 0, 0, 0],
        0.5,
        3000,
    )
    print(run.parameters[-1].round(3), f"loss {run.losses[-1]:.4f}")

# %% [markdown]
# Leave out one of the four columns, and the answer is unique again.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("starts with rate 0.5")
    other = descend(
        lambda w: mse_value_and_grad(w, X_ones, y),
        np.zeros(5),
        0.5,
        3000,
    )
    ends = run.parameters[-1], other.parameters[-1]
    claim("many best parameters", np.abs(ends[0] - ends[1]).max() > 1)
    claim(
        "with the same loss",
        np.isclose(run.losses[-1], other.losses[-1]),
    )
    shifted = X_ones @ (ends[0] + [1, -1, -1, -1, 0])
    claim(
        "add 1 to the intercept and subtract 1 from",
        np.allclose(shifted, X_ones @ ends[0]),
    )
    without = [np.delete(X_ones, column, axis=1) for column in range(4)]
    unique = all(
        np.linalg.matrix_rank(rest) == rest.shape[1] for rest in without
    )
    claim("the answer is unique again", unique)

# %% [markdown]
# ::::{exercise}
# :label: ex-behind-nine
# Open: nine birds missing by chance hardly matter. Suppose someone *picks* the nine.
# How far can the slope of the 342 measured birds go, and who would have to be missing?
#
# A good answer
# - states a rule by which the nine are picked, and runs it in both directions;
# - says why that rule need not find the worst nine;
# - names the birds by species and by where they lie in the plot.
# ::::
#
# ```{solution-start} ex-behind-nine
# :class: dropdown
# ```
#
# One rule is greedy: nine times, take away the bird whose absence moves the slope most.
# Nine birds that are chosen together may move it still farther.


# %%
def slope_without(group, bird):
    return fit_line(group.drop(bird), "bill_length_mm")[1]


for pick, word in ((min, "lowest"), (max, "highest")):
    group = measured
    for _ in range(9):
        by_bird = {
            bird: slope_without(group, bird) for bird in group.index
        }
        group = group.drop(pick(by_bird, key=by_bird.get))
    taken = measured.drop(group.index)
    print(f"{word} {fit_line(group, 'bill_length_mm')[1]:.1f} g per mm")
    print(taken["species"].value_counts().to_dict())
    print(taken[columns].mean().round().to_dict())

# %% [markdown]
# Without nine heavy Gentoos the slope falls to 80.4 g per mm, without nine long-billed
# Chinstraps it rises to 99.5. *Which* rows are missing matters more than how many.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("slope of the 342 measured birds", len(measured))
    claim("it rises to 99.5", fit_line(group, "bill_length_mm")[1])
    chinstraps = measured[measured["species"] == "Chinstrap"]
    long_billed = (
        taken["bill_length_mm"].min()
        > chinstraps["bill_length_mm"].mean()
    )
    claim(
        "nine long-billed Chinstraps",
        set(taken["species"]) == {"Chinstrap"} and long_billed,
    )
    group = measured
    for _ in range(9):
        by_bird = {
            bird: slope_without(group, bird) for bird in group.index
        }
        group = group.drop(min(by_bird, key=by_bird.get))
    taken = measured.drop(group.index)
    claim(
        "falls to 80.4 g per mm", fit_line(group, "bill_length_mm")[1]
    )
    gentoos = measured[measured["species"] == "Gentoo"]
    big = (taken[columns].min() > gentoos[columns].mean()).all()
    claim(
        "nine heavy Gentoos",
        set(taken["species"]) == {"Gentoo"} and big,
    )

# %% [markdown]
# ## Sources and further reading
#
# - The birds: {cite}`gorman2014` for the field work, {cite}`horst2020` for the data
#   set.
# - A reversal by pooling, for tables of counts: {cite}`simpson1951`. The bootstrap:
#   {cite}`efron1979`.
