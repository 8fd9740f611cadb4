"""Splits on which zero counts as missing, rewritten as plain splits.

LightGBM trained with `zero_as_missing` sends zeros (and NaN) to a side of their own, whatever the threshold. Where
the threshold would send them elsewhere, the left or the right side is no single interval, and the node becomes three
nodes over copies of its children. Inside a copy the feature's range is known, so that most of the copy falls away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hauberk.models.assemble import Tree
from hauberk.models.errors import NoTrees

__all__ = ["Step", "grow_steps", "zero_steps"]

_GROWTH = 32  # times the nodes of the tree; beyond it the copies have run wild


@dataclass(frozen=True, slots=True)
class Step:
    """One plain split; `left` and `right` are further steps of the node (below zero: `~step`) or tree nodes.

    Attributes:
        threshold: A number goes left iff it is below.
        missing_left: Where NaN goes.
        left, right: The node of the tree that follows, or `~k` for step k of the same node.
    """

    threshold: float
    missing_left: bool
    left: int
    right: int


_Box = tuple[float, float, bool]  # low <= x < high, and whether NaN can come here
_Boxes = Mapping[int, _Box]
_ANYTHING: _Box = (-np.inf, np.inf, True)


@dataclass(frozen=True, slots=True)
class _Grown:
    source: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    missing_left: list[bool] = field(default_factory=list)
    children: list[list[int]] = field(default_factory=list)

    def add(self, source: int, threshold: float, missing_left: bool) -> int:
        self.source.append(source)
        self.threshold.append(threshold)
        self.missing_left.append(missing_left)
        self.children.append([-1, -1])
        return len(self.source) - 1


def grow_steps(tree: Tree, steps: Mapping[int, tuple[Step, ...]], *, where: str) -> Tree:
    """The tree with each node that has steps replaced by them, without the branches that no row can reach.

    Args:
        tree: The tree; threshold and missing side of a node with steps are not read.
        steps: For each such node its steps, the first one first.
        where: The model's name for messages.

    Raises:
        NoTrees: The copies grow beyond reason.
    """
    grown = _Grown()
    waiting: list[tuple[int, int, _Boxes, int, int]] = [(0, 0, {}, -1, 0)]
    while waiting:
        node, number, boxes, parent, side = waiting.pop()
        if len(grown.source) > _GROWTH * len(tree.feature):
            raise NoTrees(where=where, expected="zero_as_missing splits that stay small", got="too many copies")
        feature = int(tree.feature[node])
        if feature < 0 or node in tree.left_codes:
            number = grown.add(node, 0.0, bool(tree.missing_left[node]))
            follow = [] if feature < 0 else [(int(tree.left[node]), boxes), (int(tree.right[node]), boxes)]
        else:
            step = steps[node][number] if node in steps else _plain(tree, node)
            left, right = _halves(boxes.get(feature, _ANYTHING), step)
            if left is None or right is None:
                after = step.right if left is None else step.left
                waiting.append((*_place(node, after), boxes, parent, side))
                continue
            number = grown.add(node, step.threshold, step.missing_left)
            follow = [(step.left, {**boxes, feature: left}), (step.right, {**boxes, feature: right})]
        if parent >= 0:
            grown.children[parent][side] = number
        waiting += [(*_place(node, after), box, number, place) for place, (after, box) in enumerate(follow)]
    return _tree(tree, grown)


def zero_steps(tree: Tree, node: int, *, zero: float) -> tuple[Step, ...]:
    """The plain splits of a node that sends numbers of at most `zero` in size, and NaN, to its missing side.

    Args:
        tree: The tree.
        node: A numeric split of it.
        zero: What counts as zero.
    """
    threshold, zero_left = float(tree.threshold[node]), bool(tree.missing_left[node])
    left, right = int(tree.left[node]), int(tree.right[node])
    below, above = -zero, float(np.nextafter(zero, np.inf))  # zero is what is not below `below` but below `above`
    if below < threshold < above or threshold in (below, above):
        return (Step(above if zero_left else below, zero_left, left, right),)
    if zero_left == (threshold > above):
        return (Step(threshold, zero_left, left, right),)
    if zero_left:
        return (
            Step(threshold, False, left, ~1),
            Step(below, False, right, ~2),
            Step(above, True, left, right),
        )
    return (Step(below, False, left, ~1), Step(above, True, right, ~2), Step(threshold, False, left, right))


def _plain(tree: Tree, node: int) -> Step:
    left, right = int(tree.left[node]), int(tree.right[node])
    return Step(float(tree.threshold[node]), bool(tree.missing_left[node]), left, right)


def _place(node: int, after: int) -> tuple[int, int]:
    return (after, 0) if after >= 0 else (node, ~after)


def _halves(box: _Box, step: Step) -> tuple[_Box | None, _Box | None]:
    low, high, missing = box
    left = (low, min(high, step.threshold), missing and step.missing_left)
    right = (max(low, step.threshold), high, missing and not step.missing_left)
    return _reachable(left), _reachable(right)


def _reachable(box: _Box) -> _Box | None:
    return box if box[0] < box[1] or box[2] else None


def _tree(tree: Tree, grown: _Grown) -> Tree:
    source = np.array(grown.source, dtype=np.intp)
    children = np.array(grown.children, dtype=np.intp)
    return Tree(
        feature=tree.feature[source],
        threshold=np.array(grown.threshold, dtype=np.float64),
        left=children[:, 0],
        right=children[:, 1],
        missing_left=np.array(grown.missing_left, dtype=np.bool_),
        value=tree.value[source],
        left_codes={place: tree.left_codes[node] for place, node in enumerate(grown.source) if node in tree.left_codes},
    )
