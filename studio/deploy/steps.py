"""The steps of flashing a kit, and where each begins on the way from 0 to 1."""

from collections.abc import Mapping
from types import MappingProxyType

STEPS: Mapping[str, float] = MappingProxyType({"generate": 0.0, "compile": 0.2, "program": 0.6, "run": 0.8, "answers": 0.97})
