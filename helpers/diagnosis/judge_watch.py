"""What the events of a PyTorch loop say of its gradients, parameters and modes."""

from helpers.diagnosis.report import Report
from helpers.diagnosis.watch import Backward, Forward, OptimizerStep, Watch

STILL = (
    "cleared-before-step",
    "model-rebuilt",
    "schedule-for-optimizer",
    "detached-loss",
)


def judge_still(watch: Watch, report: Report) -> bool:
    """Why nothing moves, where the events say so; True if a cause was found."""
    steps, sent = watch.of(OptimizerStep), watch.of(Backward)
    counts = f"{len(sent)} backward calls, {len(steps)} optimizer steps"
    flat = bool(sent) and all(b.connected and b.made == 0 for b in sent)
    if sent and not any(b.connected for b in sent):
        report.imply(
            "detached-loss", f"{counts}; no loss sent back reaches a parameter"
        )
    elif sent and not steps and watch.schedules:
        report.imply(
            "schedule-for-optimizer",
            f"{counts}, and {watch.schedules} steps of a schedule",
        )
    elif flat:
        report.note(
            "every gradient is 0: the loss has no slope for one output and numbers as "
            "targets, as a cross entropy has none; only a squared error is judged"
        )
        report.cannot_tell(
            "nothing-moves", *STILL, because="the loss has no slope on this problem"
        )
        return True
    elif sent and watch.uses_of_cleared:
        report.imply(
            "cleared-before-step",
            f"{len(sent)} backward calls, and {watch.uses_of_cleared} uses of a "
            "gradient that had been set to zero since",
        )
    elif sent and not steps:
        report.imply(
            "nothing-moves",
            f"{len(sent)} backward calls made gradients, and no step of an optimizer "
            "followed",
        )
    elif steps and not sent:
        report.imply(
            "nothing-moves",
            f"{len(steps)} optimizer steps, and no backward call that would make "
            "gradients",
        )
    elif steps and sent:
        held = {i for step in steps for i in step.parameters}
        reached = {i for b in sent for i in b.parameters}
        modules = {i for f in watch.of(Forward) for i in f.parameters}
        if reached and not held & reached and modules and not reached & modules:
            report.imply(
                "detached-loss",
                f"{counts}; the loss reaches a tensor of its own, and no parameter",
            )
        elif reached and not held & reached:
            report.imply(
                "model-rebuilt",
                f"{counts}; the loss reaches {len(reached)} parameters, the "
                f"optimizer holds {len(held)} others",
            )
        elif all(not step.gradient for step in steps):
            report.imply(
                "cleared-before-step",
                f"{counts}; backward made gradients, and every step found none",
            )
    found = any(name in report.implied for name in ("nothing-moves", *STILL))
    if found:
        report.exclude("nothing-moves", *STILL)
    return found


def judge_piling(watch: Watch, report: Report) -> None:
    """Did gradients from before a step lie there when new ones were added?"""
    sent = [b for b in watch.of(Backward) if b.connected]
    if len(sent) < 3:
        return
    stale = [b.stale > 0 for b in sent]
    said = (
        f"{sum(stale)} of {len(sent)} backward calls added to gradients that an "
        "earlier step had used"
    )
    if not any(stale):
        report.exclude("gradients-accumulate", "cleared-once-an-epoch", because=said)
    elif all(stale[1:]):
        report.imply("gradients-accumulate", said)
        report.exclude("cleared-once-an-epoch")
    else:
        report.imply("cleared-once-an-epoch", said)
        report.exclude("gradients-accumulate")
