"""The only surface that plugins import: values, Protocols and errors of the studio."""

from studio import __version__
from studio.core import flash_bank
from studio.core.block import Block, NetworkBuilder, Param, Params, Port, WeightSpec
from studio.core.ctext import c_array, c_comment, c_float, c_header, c_identifier, c_rows, c_string, frontend_config, frontend_source
from studio.core.errors import (
    Cancelled,
    CheckFailed,
    GraphError,
    InputError,
    ParameterError,
    ShapeError,
    StudioError,
    ToolMissing,
    UnsupportedOperator,
)
from studio.core.fault import describe_fault, locate
from studio.core.frontend import FeatureQuantisation, FrontEnd, feature_quantisation
from studio.core.linker_script import linker_script
from studio.core.network import Network, Op, Quantisation, Shape, Tensor, require_weights, window_size
from studio.core.places import cache
from studio.core.program import Buffer, Call, ConstArray, ConstRecord, Program, StreamLayer
from studio.core.protocols import (
    CallCount,
    Exporter,
    ExportJob,
    Flasher,
    FrontEndTables,
    GoldenVector,
    Image,
    JobContext,
    KitRun,
    Probe,
    RuntimeFiles,
)
from studio.core.target import Core, FlashMethod, MemoryRegion, Power, TargetDevice
from studio.core.units import format_count, format_size

API_VERSION = "1.0"
STUDIO_VERSION = __version__

__all__ = [
    "API_VERSION",
    "STUDIO_VERSION",
    "Block",
    "Buffer",
    "Call",
    "CallCount",
    "Cancelled",
    "CheckFailed",
    "ConstArray",
    "ConstRecord",
    "Core",
    "ExportJob",
    "Exporter",
    "FeatureQuantisation",
    "FlashMethod",
    "Flasher",
    "FrontEnd",
    "FrontEndTables",
    "GoldenVector",
    "GraphError",
    "Image",
    "InputError",
    "JobContext",
    "KitRun",
    "MemoryRegion",
    "Network",
    "NetworkBuilder",
    "Op",
    "Param",
    "ParameterError",
    "Params",
    "Port",
    "Power",
    "Probe",
    "Program",
    "Quantisation",
    "RuntimeFiles",
    "Shape",
    "ShapeError",
    "StreamLayer",
    "StudioError",
    "TargetDevice",
    "Tensor",
    "ToolMissing",
    "UnsupportedOperator",
    "WeightSpec",
    "c_array",
    "c_comment",
    "c_float",
    "c_header",
    "c_identifier",
    "c_rows",
    "c_string",
    "cache",
    "describe_fault",
    "feature_quantisation",
    "flash_bank",
    "format_count",
    "format_size",
    "frontend_config",
    "frontend_source",
    "linker_script",
    "locate",
    "require_weights",
    "window_size",
]
