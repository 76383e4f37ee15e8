"""What the studio and the harness on the kit say to each other through the console."""

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.core.errors import CheckFailed, InputError
from studio.core.protocols import KitRun


class Record(msgspec.Struct, frozen=True):
    """One input for the kit: "I" with the input tensor's bytes, or "C" with a clip of little-endian 16-bit samples."""

    kind: Literal["I", "C"]
    payload: bytes


class Answer(msgspec.Struct, frozen=True):
    """What the kit made of one input: the features (None where the input was the tensor itself) and the output tensor's bytes."""

    features: bytes | None
    output: bytes


def tensor_records(inputs: Sequence[bytes], input_bytes: int) -> list[Record]:
    """Make a record of each input tensor; raise InputError where one has another length."""
    for number, data in enumerate(inputs):
        if len(data) != input_bytes:
            raise InputError(f"input {number} has {len(data)} bytes, the network takes {input_bytes}")
    return [Record("I", bytes(data)) for data in inputs]


def clip_records(clips: NDArray[np.int16], clip_samples: int) -> list[Record]:
    """Make a record of each clip, int16 (n, clip_samples); raise InputError where the length or the type differs."""
    if clips.ndim != 2 or clips.shape[1] != clip_samples or clips.dtype != np.int16:
        raise InputError(f"clips are {clips.dtype} {clips.shape}, the front end takes int16 (n, {clip_samples})")
    return [Record("C", clip.astype("<i2").tobytes()) for clip in clips]


def encode(records: Sequence[Record]) -> bytes:
    """Write records as the harness reads them."""
    return b"".join(r.kind.encode() + r.payload for r in records)


def decode(output: bytes, records: Sequence[Record], input_bytes: int, output_bytes: int) -> list[Answer]:
    """Read the answers to the records; the list is shorter where the kit fell silent midway."""
    found: list[Answer] = []
    at = 0
    for record in records:
        features = input_bytes if record.kind == "C" else 0
        end = at + features + output_bytes
        if end > len(output):
            break
        found.append(Answer(output[at : at + features] if features else None, output[at + features : end]))
        at = end
    return found


def answers(run: KitRun, records: Sequence[Record], input_bytes: int, output_bytes: int) -> list[Answer]:
    """Read one answer for each record; raise CheckFailed with the kit's own words where it did not get that far."""
    read = decode(run.output, records, input_bytes, output_bytes)
    if len(read) < len(records) or run.fault or run.exit_code:
        raise CheckFailed(
            f"the kit answered {len(read)} of {len(records)} inputs, then: {_ending(run)}", hint=_HINTS.get(run.exit_code, "")
        )
    return read


def _ending(run: KitRun) -> str:
    return run.fault or (f"it left with code {run.exit_code}" if run.exit_code else "it ended early")


_HINTS = {
    2: "the program was built without the front end, or the records are not those it knows",
    3: "the console did not open: the probe's software must serve semihosting",
    4: "the last record was cut short",
}
