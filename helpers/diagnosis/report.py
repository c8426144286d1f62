"""What `diagnose` found: which faults are implied, excluded, or cannot be told."""

import textwrap
from dataclasses import dataclass, field

from helpers.diagnosis.faults import FAULTS


@dataclass
class Report:
    """The result of `diagnose`; print it to read it.

    `implied` holds the names of faults that the evidence forces, `one_of` tuples of
    names of which one is there, `excluded` names that the evidence rules out, and
    `unknown` maps all others to the reason why they cannot be told. `evidence` maps
    names to sentences with numbers. `notes` accuse nobody. `trouble` says in one
    sentence why a loop could not be judged, and is empty if it could.
    """

    loop: str
    kind: str = ""
    framework: str = ""
    evidence: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    trouble: str = ""
    one_of: tuple[tuple[str, ...], ...] = ()
    _implied: list[str] = field(default_factory=list)
    _excluded: list[str] = field(default_factory=list)
    _unknown: dict[str, str] = field(default_factory=dict)

    @property
    def implied(self) -> tuple[str, ...]:
        return tuple(name for name in FAULTS if name in self._implied)

    @property
    def excluded(self) -> tuple[str, ...]:
        blamed = {*self._implied, *(name for group in self.one_of for name in group)}
        return tuple(n for n in FAULTS if n in self._excluded and n not in blamed)

    @property
    def unknown(self) -> dict[str, str]:
        decided = {*self._implied, *self._excluded}
        decided.update(name for group in self.one_of for name in group)
        default = self.trouble or "nothing that this loop takes or returns shows it"
        return {
            name: self._unknown.get(name, default)
            for name in FAULTS
            if name not in decided
        }

    @property
    def sound(self) -> bool:
        """Whether the loop was judged, and no fault is implied."""
        return not (self._implied or self.one_of or self.trouble)

    def imply(self, name: str, sentence: str) -> None:
        """Name a fault, with the evidence for it; the first evidence is kept."""
        if name not in self._implied:
            self._implied.append(name)
            self.evidence[name] = sentence

    def imply_one_of(self, names: tuple[str, ...], sentence: str) -> None:
        """Name faults of which one is there, with the evidence for that."""
        if names not in self.one_of:
            self.one_of += (names,)
            self.evidence.update(dict.fromkeys(names, sentence))

    def exclude(self, *names: str, because: str = "") -> None:
        """Rule faults out; a fault that is implied stays implied."""
        for name in filter(None, names):
            if name not in self._excluded:
                self._excluded.append(name)
            if because and name not in self.evidence:
                self.evidence[name] = because

    def cannot_tell(self, *names: str, because: str) -> None:
        """Say why faults can be neither implied nor excluded."""
        for name in names:
            self._unknown.setdefault(name, because)

    def reopen(self, *names: str, because: str) -> None:
        """Take back that faults are excluded, and say why they cannot be told."""
        for name in names:
            if name in self._excluded:
                self._excluded.remove(name)
                self.evidence.pop(name, None)
            self._unknown[name] = because

    def note(self, sentence: str) -> None:
        """Add a remark that accuses nobody."""
        if sentence not in self.notes:
            self.notes += (sentence,)

    def text(self, width: int = 72) -> str:
        """The report as lines of at most `width` characters."""
        lines = [self._verdict()]
        for name in self.implied:
            lines += [f"IMPLIED  {name}", f"  {FAULTS[name]}."]
            lines.append(f"  Evidence: {self.evidence[name]}.")
        for names in self.one_of:
            lines.append(f"ONE OF  {', '.join(names)}")
            lines.append(f"  Evidence: {self.evidence[names[0]]}.")
        lines += [f"NOTE  {sentence}." for sentence in self.notes]
        if self.excluded:
            lines.append(f"EXCLUDED  {', '.join(self.excluded)}")
        reasons: dict[str, list[str]] = {}
        if not self.trouble:
            for name, reason in self.unknown.items():
                reasons.setdefault(reason, []).append(name)
        for reason, names in reasons.items():
            lines.append(f"CANNOT BE TOLD  {', '.join(names)}: {reason}.")
        if not self.trouble:
            lines.append(self._limits())
        return "\n".join(_wrapped(line, width) for line in lines)

    def _limits(self) -> str:
        """On what the loop was judged, and so where the report ends."""
        own = "small data of diagnose's own"
        if self.kind == "model":
            own = "a model, an optimizer, a loader and small data of diagnose's own"
        loss = ""
        if self.kind in ("arrays", "model"):
            loss = "; steps are judged for a squared error only"
        return f"LIMITS  Judged with {own}{loss}."

    def _verdict(self) -> str:
        if self.trouble:
            return f"{self.loop}: not judged. {self.trouble}."
        if self.sound:
            return f"{self.loop}: no fault found."
        count = len(self.implied) + len(self.one_of)
        return f"{self.loop}: {count} fault{'s' * (count > 1)} found."

    def __str__(self) -> str:
        return self.text()


def _wrapped(line: str, width: int) -> str:
    indent = "  " if line.startswith("  ") else ""
    return textwrap.fill(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent or "  ",
        break_on_hyphens=False,
    )
