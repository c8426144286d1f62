"""Find text that no check stands behind, and put right numbers that have changed.

Every number in the prose of a chapter must stand in the quote of a claim, or of an
input that the section's shown code has, in the checks of its own section::

    with checks("The heading of the section"):
        claim("The answer is 2.541", multiplier)
        given("50 values", "0 to 5")

A quote must stand in its section exactly once, so a number that changes, or is
exchanged for another one of the page, leaves a quote without its place. Words that a
number stands behind ("twice as long") must be quoted by a claim as well. A Markdown
page has no code; it names the claim of a chapter that a number comes from::

    % claim "895,614 steps" chapters/05_conditioning

Run as ``python -m tools.claims [FILE ...]`` to list what is wrong; with ``--run`` to
execute the chapters too and list the claims that do not hold; with ``--fix`` to
rewrite, in prose and claim, the numbers that changed.
"""
