"""Confusion matrices and what is read off them."""

import numpy as np

from studio.ml.accuracy import accuracy, confusion, judgement, recall


def test_rows_are_labels_and_columns_what_was_heard():
    matrix = confusion(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0]), 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
    assert accuracy(matrix) == 4 / 6
    assert recall(matrix) == [0.5, 1.0, 2 / 3, None]


def test_float_and_int8_are_judged_on_the_same_clips():
    truth = np.array([0, 1, 1, 0])
    result = judgement(("a", "b"), truth, truth, np.array([0, 1, 0, 0]), "engine 1")
    assert (result["float_accuracy"], result["int8_accuracy"], result["agreement"]) == (1.0, 0.75, 0.75)
    assert result["int8_confusion"] == [[2, 0], [1, 1]]
    assert (result["labels"], result["test_clips"], result["engine"]) == (["a", "b"], 4, "engine 1")


def test_no_clips_are_no_accuracy():
    assert accuracy(np.zeros((3, 3))) == 0
