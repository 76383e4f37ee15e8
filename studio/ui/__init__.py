"""The window: Qt over the same services as the command line."""
