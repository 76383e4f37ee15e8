"""What a network costs with TensorFlow Lite Micro: its arena, its flash, its time."""

from studio.estimate.tflm.cost import TflmCost, model_bytes, tflm_cost
from studio.estimate.tflm.memory import arena

__all__ = ["TflmCost", "arena", "model_bytes", "tflm_cost"]
