"""What a network costs with TensorFlow Lite Micro: its arena, its flash, its time."""

from studio.estimate.tflm.memory import arena

__all__ = ["arena"]
