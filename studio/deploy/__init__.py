"""Export, build, flash and validate: services over the plugins."""
