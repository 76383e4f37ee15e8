"""Panels: parts of rooms, each with one job."""
