"""The faults that `diagnose` knows, each with the clause that says what it is."""

FAULTS: dict[str, str] = {
    # Does anything move?
    "nothing-moves": "the parameters stay where they started",
    "cleared-before-step": "the gradient is cleared between backward and step",
    "model-rebuilt": "the optimizer holds the parameters of another model",
    "schedule-for-optimizer": "the schedule steps, the optimizer does not",
    "detached-loss": "the loss is cut from the graph before backward",
    "integer-parameters": "the parameters are integers, and steps are rounded away",
    # Is one step −η∇L?
    "wrong-sign": "the step goes uphill",
    "sum-for-mean": "the step grows with the number of rows: a sum for a mean",
    "mean-divided-again": "a mean is divided by the number of rows once more",
    "entry-for-column": "one entry of X stands where a column of X belongs",
    "in-turn-updates": "later parameters use earlier ones of the same step",
    "broadcast-loss": "every prediction is compared with every target",
    "no-intercept": "the intercept is never fitted",
    "wrong-step": "the step is not −η∇L, and none of the known faults explains it",
    # What is carried from step to step?
    "gradients-accumulate": "gradients are added up and never cleared",
    "cleared-once-an-epoch": "gradients are cleared once an epoch, not in every step",
    # Which rows does a step use?
    "unshuffled": "every epoch takes the rows in the order of the file",
    "same-shuffle": "every epoch repeats the same shuffled order",
    "rows-apart": "inputs are paired with the targets of other rows",
    "remainder-dropped": "the same rows are left out in every epoch",
    "fixed-batch": "one batch is used over and over",
    "overlapping-batches": "an epoch takes some rows repeatedly and leaves others out",
    "all-rows-every-batch": "every batch holds all rows",
    # What is recorded and kept?
    "aliased-record": "the record holds one array several times",
    "graph-kept": "the record holds tensors with their graphs",
    "best-loss-last-parameters": "the best loss comes with the last parameters",
    "best-not-copied": "the best state is not copied and changes with training",
    "best-of-another-step": "the best loss and its parameters are a step apart",
    # Which mode is the model in?
    "trained-in-eval-mode": "the model is trained in evaluation mode",
    "scored-in-training-mode": "the model is scored in training mode",
    # Is the score R²?
    "r2-swapped": "the score takes the prediction for the truth",
    "explained-variance": "the score is the explained variance: it ignores an offset",
    "squared-correlation": "the score is a squared correlation: it ignores the scale",
    "wrong-score": "the score is none of R² and its known relatives",
    # Do fresh rows stay fresh?
    "scale-from-all-rows": "fresh rows take part in the scale",
    "fresh-rows-own-scale": "fresh rows are standardized on their own scale",
    # Does the loop cope with its data?
    "nan-hidden": "a missing value is replaced without a word",
    "unscaled-features": "features of unequal scales are used as they are",
    # Does it end, and where?
    "crashes": "the loop runs on one small problem and raises an error on another",
    "not-finite": "the result is not finite",
}
