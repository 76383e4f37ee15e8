"""How well a model tells the labels apart: confusion matrices and what is read off them."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def confusion(truth: np.ndarray, heard: np.ndarray, labels: int) -> np.ndarray:
    """Count clips (labels, labels): row the label, column what was heard."""
    matrix = np.zeros((labels, labels), np.int64)
    np.add.at(matrix, (truth, heard), 1)
    return matrix


def accuracy(matrix: np.ndarray) -> float:
    """Return the share of clips heard right, 0 where there are none."""
    return float(np.trace(matrix) / max(1, matrix.sum()))


def recall(matrix: np.ndarray) -> list[float | None]:
    """Return for each label the share of its clips heard right; None where it has no clip."""
    return [float(row[i] / row.sum()) if row.sum() else None for i, row in enumerate(matrix)]


def judgement(labels: Sequence[str], truth: np.ndarray, heard_float: np.ndarray, heard_int8: np.ndarray, engine: str) -> dict[str, Any]:
    """Compare the float and the int8 model on the same test clips."""
    matrices = {"float": confusion(truth, heard_float, len(labels)), "int8": confusion(truth, heard_int8, len(labels))}
    result: dict[str, Any] = {"labels": list(labels), "test_clips": len(truth), "engine": engine}
    for name, matrix in matrices.items():
        result[f"{name}_accuracy"] = accuracy(matrix)
        result[f"{name}_confusion"] = matrix.tolist()
        result[f"{name}_recall"] = recall(matrix)
    result["agreement"] = float(np.mean(heard_float == heard_int8))
    return result
