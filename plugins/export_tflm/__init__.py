"""Exports a design for TensorFlow Lite Micro."""
