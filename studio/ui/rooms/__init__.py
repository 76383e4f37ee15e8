"""The rooms of the rail."""
