"""One progress bar a stage, on stderr; plain lines where stderr is not a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from hauberk.core.progress import Progress as Report

__all__ = ["StageBars"]


class StageBars:
    """Bars for as long as the `with` block lasts; `watch(stage)` gives the report function of a stage."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = self._console.is_terminal
        columns = (TextColumn("{task.fields[stage]:<8}"), BarColumn(bar_width=28), TimeElapsedColumn())
        self._progress = Progress(*columns, TextColumn("[dim]{task.description}"), console=self._console)

    def __enter__(self) -> Self:
        if self._live:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._progress.stop()

    def watch(self, stage: str) -> Report:
        """A report function that moves the stage's bar, or prints a line when the stage begins and ends."""
        return self._bar(stage) if self._live else self._line(stage)

    def _bar(self, stage: str) -> Report:
        task: TaskID = self._progress.add_task("", total=None, stage=stage)

        def report(done: float, total: float, what: str = "") -> None:
            self._progress.update(task, completed=done, total=total, description=what)

        return report

    def _line(self, stage: str) -> Report:
        last = ""

        def report(done: float, total: float, what: str = "") -> None:
            nonlocal last
            if what and what != last:
                self._console.print(f"{stage:<8} {100 * done / total if total else 0:3.0f} %  {what}", highlight=False)
                last = what

        return report
