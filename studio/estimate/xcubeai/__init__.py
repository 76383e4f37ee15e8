"""What a network costs with ST's X-CUBE-AI, as far as published reports let it be known."""

from studio.estimate.xcubeai.cost import time_doubt, unverified, version, xcubeai_cost
from studio.estimate.xcubeai.plan import activation_bytes
from studio.estimate.xcubeai.support import MAKER, check_board

__all__ = ["MAKER", "activation_bytes", "check_board", "time_doubt", "unverified", "version", "xcubeai_cost"]
