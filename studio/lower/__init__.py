"""From a drawn graph or a .tflite file to the one lowered Network, and to int8."""
