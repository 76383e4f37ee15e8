"""The built-in operators, one file each; `registry()` knows them all and loads them at first use."""

from functools import partial
from importlib import import_module

from studio.core.block import Block
from studio.core.registry import Registry

KINDS = (
    "conv2d",
    "depthwise_conv2d",
    "separable_conv2d",
    "dense",
    "max_pool",
    "average_pool",
    "global_average_pool",
    "global_max_pool",
    "batch_norm",
    "relu",
    "relu6",
    "softmax",
    "add",
    "concatenate",
    "flatten",
    "reshape",
    "dropout",
)


def registry() -> Registry[Block]:
    """Return a new registry of the built-in operators; each one's module is `studio.blocks.<kind>`."""
    blocks: Registry[Block] = Registry("block")
    for kind in KINDS:
        blocks.add(kind, partial(_load, kind))
    return blocks


def _load(kind: str) -> Block:
    return import_module(f"studio.blocks.{kind}").block
