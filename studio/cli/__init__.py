"""The command line over the same services that the window uses; it starts without Qt or TensorFlow."""
