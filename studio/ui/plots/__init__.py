"""Waveform, features and curves; pyqtgraph is imported here alone, after the first paint."""
