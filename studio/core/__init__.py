"""Values and pure functions of the studio; no Qt, no TensorFlow, no numpy."""
