"""What an import brought: clips by label and part, what was left out and why, and remarks on the clips."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from studio.ui.theme import PAD


class ImportResult(QWidget):
    """Shows the result of `studio.storage.new:run`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("import_title")
        self.title.setProperty("kind", "big")
        self.summary, self.remarks_title = QLabel(), QLabel()
        for label in (self.title, self.summary, self.remarks_title):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setProperty("kind", "dim")
        self.remarks_title.setProperty("kind", "title")
        self.remarks = QTableWidget(0, 2)
        self.remarks.setObjectName("import_remarks")
        self.remarks.setAccessibleName("Files left out, and remarks on clips")
        self.remarks.setHorizontalHeaderLabels(["File or clip", "What of it"])
        self.remarks.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.remarks.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.remarks.setTabKeyNavigation(False)
        self.remarks.setShowGrid(False)
        self.remarks.setWordWrap(False)
        self.remarks.verticalHeader().hide()
        self.remarks.verticalHeader().setDefaultSectionSize(24)
        header = self.remarks.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        self.remarks.setColumnWidth(0, 230)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PAD)
        for widget in (self.title, self.summary, self.remarks_title):
            column.addWidget(widget)
        column.addWidget(self.remarks, 1)
        column.addStretch(0)

    def show_report(self, result: Mapping[str, Any]) -> None:
        """Show a job's result."""
        report = result["report"]
        self.title.setText(f"{report['clips']} clips of {len(result['labels'])} labels")
        parts = " · ".join(f"{count} {part}" for part, count in report["splits"].items())
        labels = ", ".join(f"{label}: {count}" for label, count in report["labels"].items())
        self.summary.setText(f"{parts}\n{labels}\n{result['path']}")
        left_out = [(path, f"left out: {reason}") for path, reason in map(_pair, report["problems"])]
        remarks = [(i["where"], i["message"]) for i in report["issues"]]
        counts = [f"{len(left_out)} left out" if left_out else "", f"{len(remarks)} remarks" if remarks else ""]
        self.remarks_title.setText(", ".join(filter(None, counts)) or "Everything came in, and there is nothing to remark.")
        self._fill([*left_out, *remarks])

    def _fill(self, rows: Sequence[tuple[str, str]]) -> None:
        self.remarks.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.remarks.setItem(number, column, item)
        self.remarks.setVisible(bool(rows))


def _pair(problem: Mapping[str, str] | Sequence[str]) -> tuple[str, str]:
    return (problem["path"], problem["reason"]) if isinstance(problem, Mapping) else (problem[0], problem[1])
