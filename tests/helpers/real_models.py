"""The real models of the test data, by the names of their files."""

MODELS = (
    "ad01_int8",
    "arm_ds_cnn_s_quantized",
    "ic_resnet_quant",
    "kws_micronet_m",
    "kws_ref_model",
    "micro_speech_quantized",
    "mww_v2_hey_jarvis",
)
