"""TensorFlow Lite files, read and written without TensorFlow."""

from studio.lower.tflite.read import read_tflite
from studio.lower.tflite.write import write_tflite

__all__ = ["read_tflite", "write_tflite"]
