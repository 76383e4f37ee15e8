"""Waveform, features and curves; what takes long to load comes after the first paint."""
