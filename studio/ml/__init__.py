"""Building, training and judging models; the only room that imports TensorFlow, and nothing imports it: jobs start it by name."""
