"""Plugins: found by their manifests, imported at first use, isolated from each other and from the studio."""

from studio.plugin.loader import load_plugins
from studio.plugin.manifest import Contribution, Manifest, PluginInfo, read_manifest
from studio.plugin.plugins import PluginRecord, Plugins

__all__ = ["Contribution", "Manifest", "PluginInfo", "PluginRecord", "Plugins", "load_plugins", "read_manifest"]
