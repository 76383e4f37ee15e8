"""The part of TensorFlow Lite's schema (version 3) that says what an operator's options are, as data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

_DTYPES = (
    "float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 uint64 resource variant uint32 uint16 int4"
    " bfloat16 int2 uint4 float8_e4m3fn float8_e5m2"
)
DTYPES = tuple(_DTYPES.split())
ACTIVATIONS = ("none", "relu", "relu_n1_to_1", "relu6", "tanh", "sign_bit")
PADDINGS = ("same", "valid")
MIRROR_MODES = ("reflect", "symmetric")

# The metadata in which TFLM finds a plan of its arena, and what stands there for a tensor that it is to place itself.
ARENA_PLAN = "OfflineMemoryAllocation"
ONLINE = -1

CUSTOM = 32
_KINDS = (
    "add average_pool_2d concatenation conv_2d depthwise_conv_2d depth_to_space dequantize embedding_lookup floor fully_connected"
    " hashtable_lookup l2_normalization l2_pool_2d local_response_normalization logistic lsh_projection lstm max_pool_2d mul relu"
    " relu_n1_to_1 relu6 reshape resize_bilinear rnn softmax space_to_depth svdf tanh concat_embeddings skip_gram call custom"
    " embedding_lookup_sparse pad unidirectional_sequence_rnn gather batch_to_space_nd space_to_batch_nd transpose mean sub div"
    " squeeze unidirectional_sequence_lstm strided_slice bidirectional_sequence_rnn exp topk_v2 split log_softmax delegate"
    " bidirectional_sequence_lstm cast prelu maximum arg_max minimum less neg padv2 greater greater_equal less_equal select slice"
    " sin transpose_conv sparse_to_dense tile expand_dims equal not_equal log sum sqrt rsqrt shape pow arg_min fake_quant"
    " reduce_prod reduce_max pack logical_or one_hot logical_and logical_not unpack reduce_min floor_div reduce_any square"
    " zeros_like fill floor_mod range resize_nearest_neighbor leaky_relu squared_difference mirror_pad abs split_v unique ceil"
    " reverse_v2 add_n gather_nd cos where rank elu reverse_sequence matrix_diag quantize matrix_set_diag round hard_swish if while"
    " non_max_suppression_v4 non_max_suppression_v5 scatter_nd select_v2 densify segment_sum batch_matmul"
    " placeholder_for_greater_op_codes cumsum call_once broadcast_to rfft2d conv_3d imag real complex_abs hashtable hashtable_find"
    " hashtable_import hashtable_size reduce_all conv_3d_transpose var_handle read_variable assign_variable broadcast_args"
    " random_standard_normal bucketize random_uniform multinomial gelu dynamic_update_slice relu_0_to_1 unsorted_segment_prod"
    " unsorted_segment_max unsorted_segment_sum atan2 unsorted_segment_min sign bitcast bitwise_xor right_shift stablehlo_logistic"
    " stablehlo_add stablehlo_divide stablehlo_multiply stablehlo_maximum stablehlo_reshape stablehlo_clamp stablehlo_concatenate"
    " stablehlo_broadcast_in_dim stablehlo_convolution stablehlo_slice stablehlo_custom_call stablehlo_reduce stablehlo_abs"
    " stablehlo_and stablehlo_cosine stablehlo_exponential stablehlo_floor stablehlo_log stablehlo_minimum stablehlo_negate"
    " stablehlo_or stablehlo_power stablehlo_remainder stablehlo_rsqrt stablehlo_select stablehlo_subtract stablehlo_tanh"
    " stablehlo_scatter stablehlo_compare stablehlo_convert stablehlo_dynamic_slice stablehlo_dynamic_update_slice stablehlo_pad"
    " stablehlo_iota stablehlo_dot_general stablehlo_reduce_window stablehlo_sort stablehlo_while stablehlo_gather"
    " stablehlo_transpose dilate stablehlo_rng_bit_generator reduce_window stablehlo_composite stablehlo_shift_left stablehlo_cbrt"
    " stablehlo_case"
)
KINDS = tuple(_KINDS.split())

FieldKind = Literal["i32", "bool", "f32", "pair", "padding", "activation", "mirror", "dtype", "ints", "text"]


class Field(NamedTuple):
    """An option: our name, its slot in the schema's table (height's and width's for a pair), and the schema's default.

    An `odd` one is kept only where it differs from the default.
    """

    name: str
    kind: FieldKind
    slots: tuple[int, ...]
    default: Any = 0
    odd: bool = False


class OptionTable(NamedTuple):
    """An options table: its number in the BuiltinOptions union, its count of slots and the fields that we keep."""

    number: int
    slots: int
    fields: tuple[Field, ...]


def _act(slot: int) -> Field:
    return Field("activation", "activation", (slot,), "none")


_PADDING = Field("padding", "padding", (0,), "same")
_STRIDE = Field("stride", "pair", (2, 1), 0)


def _flag(name: str, slot: int) -> Field:
    return Field(name, "bool", (slot,), False)


def _bias_type(slot: int) -> Field:
    """What a bias that is left out would be: beside int16 values it says how wide the sums are."""
    return Field("quantized_bias_type", "dtype", (slot,), "float32", odd=True)


def _int(name: str, slot: int) -> Field:
    return Field(name, "i32", (slot,))


_POOL = OptionTable(5, 6, (Field("kernel", "pair", (4, 3)), _STRIDE, _PADDING, _act(5)))
_REDUCER = OptionTable(27, 1, (_flag("keep_dims", 0),))
_ARG = (Field("output_type", "dtype", (0,), "float32"),)
_SEQUENCE = (_flag("time_major", 0), _act(1))

TABLES: Mapping[str, OptionTable] = MappingProxyType(
    {
        "conv_2d": OptionTable(1, 7, (_STRIDE, Field("dilation", "pair", (5, 4), 1), _PADDING, _act(3), _bias_type(6))),
        "depthwise_conv_2d": OptionTable(2, 7, (_STRIDE, Field("dilation", "pair", (6, 5), 1), _PADDING, _act(4), _int("multiplier", 3))),
        "transpose_conv": OptionTable(49, 5, (_STRIDE, _PADDING, _act(3))),
        "max_pool_2d": _POOL,
        "average_pool_2d": _POOL,
        "l2_pool_2d": _POOL,
        "fully_connected": OptionTable(8, 6, (_act(0), _flag("keep_dims", 2), _bias_type(4))),
        "add": OptionTable(11, 2, (_act(0),)),
        "sub": OptionTable(28, 2, (_act(0),)),
        "mul": OptionTable(21, 1, (_act(0),)),
        "div": OptionTable(29, 1, (_act(0),)),
        "l2_normalization": OptionTable(12, 1, (_act(0),)),
        "concatenation": OptionTable(10, 2, (_int("axis", 0), _act(1))),
        "softmax": OptionTable(9, 1, (Field("beta", "f32", (0,), 0.0),)),
        "mean": _REDUCER,
        "sum": _REDUCER,
        "reduce_max": _REDUCER,
        "reduce_min": _REDUCER,
        "reduce_prod": _REDUCER,
        "reduce_any": _REDUCER,
        "reduce_all": _REDUCER,
        "strided_slice": OptionTable(
            32,
            6,
            (
                _int("begin_mask", 0),
                _int("end_mask", 1),
                _int("ellipsis_mask", 2),
                _int("new_axis_mask", 3),
                _int("shrink_axis_mask", 4),
                _flag("offset", 5),
            ),
        ),
        "split": OptionTable(35, 1, (_int("num_splits", 0),)),
        "split_v": OptionTable(79, 1, (_int("num_splits", 0),)),
        "var_handle": OptionTable(111, 2, (Field("container", "text", (0,), ""), Field("shared_name", "text", (1,), ""))),
        "call_once": OptionTable(103, 1, (_int("init_subgraph_index", 0),)),
        "resize_nearest_neighbor": OptionTable(74, 2, (_flag("align_corners", 0), _flag("half_pixel_centers", 1))),
        "resize_bilinear": OptionTable(15, 4, (_flag("align_corners", 2), _flag("half_pixel_centers", 3))),
        "unidirectional_sequence_lstm": OptionTable(
            71, 6, (_act(0), Field("cell_clip", "f32", (1,), 0.0), Field("proj_clip", "f32", (2,), 0.0), _flag("time_major", 3))
        ),
        "unidirectional_sequence_rnn": OptionTable(31, 3, _SEQUENCE),
        "svdf": OptionTable(6, 3, (_int("rank", 0), _act(1))),
        "squeeze": OptionTable(30, 1, (Field("squeeze_dims", "ints", (0,), ()),)),
        "pack": OptionTable(59, 2, (_int("values_count", 0), _int("axis", 1))),
        "unpack": OptionTable(64, 2, (_int("num", 0), _int("axis", 1))),
        "gather": OptionTable(23, 2, (_int("axis", 0), _int("batch_dims", 1))),
        "leaky_relu": OptionTable(75, 1, (Field("alpha", "f32", (0,), 0.0),)),
        "arg_max": OptionTable(40, 1, _ARG),
        "arg_min": OptionTable(57, 1, _ARG),
        "shape": OptionTable(55, 1, (Field("out_type", "dtype", (0,), "float32"),)),
        "cast": OptionTable(37, 2, (Field("in_type", "dtype", (0,), "float32"), Field("out_type", "dtype", (1,), "float32"))),
        "batch_matmul": OptionTable(101, 3, (_flag("adj_x", 0), _flag("adj_y", 1))),
        "mirror_pad": OptionTable(77, 1, (Field("mode", "mirror", (0,), "reflect"),)),
        "space_to_depth": OptionTable(19, 1, (_int("block_size", 0),)),
        "depth_to_space": OptionTable(94, 1, (_int("block_size", 0),)),
        "cumsum": OptionTable(102, 2, (_flag("exclusive", 0), _flag("reverse", 1))),
        "gelu": OptionTable(116, 1, (_flag("approximate", 0),)),
    }
)

_OPTIONLESS = (
    "reshape relu relu6 relu_n1_to_1 relu_0_to_1 logistic tanh hard_swish elu prelu quantize dequantize pad padv2 transpose expand_dims"
    " maximum minimum exp log neg abs sqrt rsqrt square floor ceil round sin cos pow slice tile fill less less_equal greater"
    " greater_equal equal not_equal logical_and logical_or logical_not select select_v2 floor_div floor_mod squared_difference"
    " log_softmax read_variable assign_variable broadcast_to broadcast_args zeros_like space_to_batch_nd batch_to_space_nd gather_nd"
    " reverse_v2 topk_v2 rank"
)
OPTIONLESS = frozenset(_OPTIONLESS.split())

WORDS = {"padding": PADDINGS, "activation": ACTIVATIONS, "mirror": MIRROR_MODES, "dtype": DTYPES}


def complete_options(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a kind with the schema's defaults filled in, in the schema's order; unknown kinds keep theirs."""
    table = TABLES.get(kind)
    if table is None:
        return dict(given)
    full = {f.name: given.get(f.name, _default(f)) for f in table.fields if f.name in given or not f.odd}
    return full | {k: v for k, v in given.items() if k not in full}


def _default(field: Field) -> Any:
    return (field.default, field.default) if field.kind == "pair" else field.default
