"""Contenders that take turns, and the table of what they took."""

import dataclasses
import statistics
import sys
from collections.abc import Callable, Iterable

# What one run of a contender gives: seconds, by the name of the line they belong to.
Seconds = dict[str, float]


class ContenderFailed(Exception):
    """A program did not do its work; its line says so."""


@dataclasses.dataclass
class Ratio:
    """A line that divides one line by another, and what it is to be."""

    title: str
    dividend: str
    divisor: str
    at_least: float | None = None
    at_most: float | None = None

    def aim(self) -> str:
        if self.at_least is not None:
            return f" (aim: ≥ {self.at_least:g})"
        return f" (aim: ≤ {self.at_most:g})" if self.at_most is not None else ""

    def shown(self, value: float) -> str:
        if self.at_least is None and self.at_most is None:
            return f"{value:.2f}"
        met = value >= self.at_least if self.at_least is not None else value <= self.at_most
        return f"**{value:.2f}** {'met' if met else 'missed'}"


class Comparison:
    """One table: lines are contenders, columns are circumstances."""

    def __init__(self, columns: Iterable[str], units: int = 0, unit: str = ""):
        self.columns = list(columns)
        self.units, self.unit = units, unit
        self.rounds: dict[str, dict[str, list[float | None]]] = {}
        self.ratios: list[Ratio] = []
        self.failures: list[str] = []

    def alternate(self, column: str, runs: int, contenders: list[Callable[[], Seconds]]) -> None:
        """Each contender once per round; each round another one begins."""
        for number in range(runs):
            turn = number % len(contenders)
            for contender in contenders[turn:] + contenders[:turn]:
                try:
                    found = contender()
                except ContenderFailed as failure:
                    self.failures.append(f"{column}: {failure}")
                    print(f"benchmark: {failure}", file=sys.stderr, flush=True)
                    continue
                for name, seconds in found.items():
                    values = self.rounds.setdefault(name, {}).setdefault(column, [None] * runs)
                    values[number] = seconds
                    print(f"  {column}, round {number + 1}: {name}: {seconds:.3f} s", file=sys.stderr, flush=True)

    def values(self, name: str, column: str) -> list[float]:
        return [value for value in self.rounds.get(name, {}).get(column, []) if value is not None]

    def ratio(self, ratio: Ratio, column: str) -> float | None:
        pairs = zip(self.rounds.get(ratio.dividend, {}).get(column, []), self.rounds.get(ratio.divisor, {}).get(column, []))
        found = [one / other for one, other in pairs if one is not None and other]
        return statistics.median(found) if found else None

    def cell(self, name: str, column: str) -> str:
        values = self.values(name, column)
        if not values:
            return "–"
        middle = statistics.median(values)
        text = f"{middle:.2f} s" if middle >= 0.1 else f"{middle * 1000:.1f} ms"
        if len(values) > 1:
            text += f" ({min(values):.2f}–{max(values):.2f})"
        if self.units:
            text += f" = {self.units / middle:,.0f}{self.unit}"
        return text

    def markdown(self, order: Iterable[str] = ()) -> str:
        first = [name for name in order if name in self.rounds]
        names = first + [name for name in self.rounds if name not in first]
        lines = ["| | " + " | ".join(self.columns) + " |", "|---|" + "---:|" * len(self.columns)]
        for name in names:
            lines.append(f"| {name} | " + " | ".join(self.cell(name, column) for column in self.columns) + " |")
        for ratio in self.ratios:
            found = [self.ratio(ratio, column) for column in self.columns]
            if any(value is not None for value in found):
                cells = ("–" if value is None else ratio.shown(value) for value in found)
                lines.append(f"| {ratio.title}{ratio.aim()} | " + " | ".join(cells) + " |")
        text = "\n".join(lines)
        for failure in dict.fromkeys(self.failures):
            text += f"\n\nFailed: {failure}"
        return text
