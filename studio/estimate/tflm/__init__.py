"""What a network costs with TensorFlow Lite Micro: its arena, its flash, its time."""

from studio.estimate.tflm.cost import TflmCost, model_bytes, tflm_cost
from studio.estimate.tflm.memory import arena
from studio.estimate.tflm.offline import OfflinePlan, offline_plan, with_offline

__all__ = ["OfflinePlan", "TflmCost", "arena", "model_bytes", "offline_plan", "tflm_cost", "with_offline"]
