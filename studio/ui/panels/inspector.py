"""The inspector: what the selected blocks cost and take, and a field for each of their parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studio.core.block import Block, Param
from studio.core.edits import SetParams
from studio.core.errors import StudioError
from studio.core.graph import INPUT_KIND, Node
from studio.core.issue import Issue
from studio.core.project import Project
from studio.core.registry import Registry
from studio.ui.panels.inspector_facts import facts, shared_params
from studio.ui.session import Session
from studio.ui.theme import GAP, PAD
from studio.ui.widgets.panel import Panel
from studio.ui.widgets.param_editors import range_text
from studio.ui.widgets.param_row import ParamRow
from studio.ui.widgets.remark import Remark
from studio.ui.widgets.still import Still

_SHOWN_ISSUES = 4


class SetParamsOfAll(msgspec.Struct, frozen=True):
    """Change the same parameters of several blocks."""

    ids: tuple[str, ...]
    changes: Mapping[str, Any]

    @property
    def title(self) -> str:
        return f"{len(self.ids)} blocks: {', '.join(f'{k} = {v}' for k, v in self.changes.items())}"

    def apply(self, project: Project, blocks: Registry[Block]) -> Project:
        for id in self.ids:
            project = SetParams(id, self.changes).apply(project, blocks)
        return project


class InspectorPanel(Panel):
    """Facts and fields of the selection. `left` gives the focus back to the canvas, `frontend_wanted` asks for the front end's knobs."""

    left = Signal()
    frontend_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.rows: dict[str, ParamRow] = {}
        self._remarks: list[Remark] = []
        self._built: tuple[Any, ...] = ()
        self._helped: tuple[Any, ...] = ()
        self._shown: tuple[Any, ...] = ()
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(216)
        self._lay_out()
        session.gauges.updated.connect(self._show)
        session.selection_changed.connect(self._show)
        session.document_replaced.connect(self._show)
        session.theme_changed.connect(self._restyle)
        self._show()

    def focus_first(self) -> None:
        """Give the first field the focus."""
        first = next(iter(self.rows.values()), None)
        target = first.editor.focusProxy() if first is not None else self.to_frontend if self.to_frontend.isVisible() else None
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The selected blocks, in the order of the selection."""
        graph = self.session.document.project.graph
        return tuple(graph.by_id[id] for id in self.session.selection if id in graph.by_id)

    # building

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(PAD + GAP, PAD, PAD, PAD)
        column.setSpacing(GAP)
        column.addLayout(self._make_header())
        self.facts = _dim("inspector.facts")
        self.facts.setToolTip(
            "multiply-accumulates (and their share of the network's), bytes of weights; shapes as time x frequency x channels"
        )
        column.addWidget(Still(self.facts))
        inside = Panel()
        self._inside = QVBoxLayout(inside)
        self._inside.setContentsMargins(0, GAP, GAP, 0)
        self._inside.setSpacing(GAP)
        self._issues = QVBoxLayout()
        self._fields = QVBoxLayout()
        for part in (self._issues, self._fields):
            part.setSpacing(GAP)
            self._inside.addLayout(part)
        self._inside.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        column.addWidget(self._area, 1)
        self.to_frontend = QPushButton("Go to the front end's knobs", objectName="inspector.frontend")
        self.to_frontend.clicked.connect(self.frontend_wanted)
        column.addWidget(self.to_frontend)
        self.help = _dim("inspector.help")
        column.addWidget(self.help)

    def _make_header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.title = QLabel(objectName="inspector.title")
        self.title.setProperty("kind", "title")
        self.id = QLabel(objectName="inspector.id")
        self.id.setProperty("kind", "dim")
        self.id.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.id)
        return row

    # showing

    def _show(self, *_: object) -> None:
        nodes, gauges = self.nodes, self.session.gauges
        key = (nodes, self.session.document.project, gauges.shown, gauges.inference, gauges.stale)
        if len(key) == len(self._shown) and all(a is b or (isinstance(a, tuple) and a == b) for a, b in zip(key, self._shown, strict=True)):
            return
        changed = not self._shown or nodes != self._shown[0]
        self._shown = key
        said = facts(self.session, nodes)
        self._build(nodes)
        self.title.setText(said.title)
        self.id.setText(said.id)
        self.facts.setText("\n".join(said.lines))
        self._show_issues(said.issues)
        self._show_help(said.help)
        self.to_frontend.setVisible(len(nodes) == 1 and nodes[0].kind == INPUT_KIND)
        for row in self.rows.values() if changed else ():
            row.explain("")
            row.show_value(_common(nodes, row.param))

    def _show_help(self, text: str) -> None:
        """Show the help of what is selected; while that stays, the help of the field with the focus stays too."""
        key = (self._built, text)
        if key != self._helped:
            self._helped = key
            self.help.setText(text)
            self.title.setToolTip(text)

    def _build(self, nodes: Sequence[Node]) -> None:
        """Make the rows anew where other parameters are wanted; a row with the focus stays while its block does."""
        params = shared_params(self.session.blocks, nodes)
        key = (tuple(n.id for n in nodes), params)
        if key == self._built:
            return
        self._built = key
        for row in self.rows.values():
            self._fields.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {}
        for param in params:
            self.rows[param.name] = self._make_row(param, key[0])
        self._area.verticalScrollBar().setValue(0)

    def _make_row(self, param: Param, ids: tuple[str, ...]) -> ParamRow:
        """Make a row of these blocks, whichever are selected by the time it loses the focus."""
        row = ParamRow(param, f"inspector.{param.name}")
        row.edited.connect(lambda value, key: self._edit(row, ids, value, key))
        row.entered.connect(lambda: self._entered(row))
        row.left.connect(self.left)
        self._fields.addWidget(row)
        row.show()
        return row

    def _show_issues(self, issues: Sequence[Issue]) -> None:
        shown = issues[:_SHOWN_ISSUES]
        while len(self._remarks) < len(shown):
            remark = Remark("inspector")
            remark.mended.connect(self.session.try_push)
            self._issues.addWidget(remark)
            self._remarks.append(remark)
        for remark, issue in zip(self._remarks, shown, strict=False):
            elsewhere = issue.where in self.session.document.project.graph.by_id and issue.where not in self.session.selection
            remark.show_issue(issue, f"{issue.where}: {issue.message}" if elsewhere else issue.message)
        for remark in self._remarks[len(shown) :]:
            remark.hide()

    def _entered(self, row: ParamRow) -> None:
        limits = range_text(row.param)
        self.help.setText(f"{row.param.help}{f' ({limits})' if limits else ''}")
        self._area.ensureWidgetVisible(row)

    def _restyle(self) -> None:
        for row in self.rows.values():
            row.restyle()

    # editing

    def _edit(self, row: ParamRow, ids: tuple[str, ...], value: Any, key: str) -> None:
        changes = {row.param.name: value}
        edit = SetParams(ids[0], changes) if len(ids) == 1 else SetParamsOfAll(ids, changes)
        try:
            self.session.document.push(edit, f"{key} {' '.join(ids)}" if key else "")
        except StudioError as error:
            row.explain(error.hint or error.message)
            return
        row.explain("")
        by_id = self.session.document.project.graph.by_id
        row.show_value(_common([by_id[id] for id in ids], row.param))


def _common(nodes: Sequence[Node], param: Param) -> Any:
    """Return the value that all blocks have, None where they differ."""
    values = {msgspec.json.encode(n.params.get(param.name, param.default)) for n in nodes}
    return nodes[0].params.get(param.name, param.default) if len(values) == 1 else None


def _dim(name: str) -> QLabel:
    label = QLabel(objectName=name)
    label.setProperty("kind", "dim")
    label.setWordWrap(True)
    return label
