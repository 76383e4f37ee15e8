"""Every shipped plugin keeps the rules that other people's plugins are held to."""

import pytest

from studio.core.places import shipped
from studio.plugin import load_plugins
from studio.plugin.discovery import scan
from studio.testing.check_plugin import check_plugin

SHIPPED = [s.folder for s in scan(shipped("plugins"), "shipped")]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda f: f.name)
def test_shipped_plugin(folder):
    assert [str(finding) for finding in check_plugin(folder)] == []


def test_all_are_there_and_ready():
    records = {r.id: r for r in load_plugins().records}
    assert {"export_c", "export_tflm", "kit_virtual", "kit_qemu", "flash_pyocd"} <= set(records)
    assert {r.id: r.reason for r in records.values() if r.state != "ready"} == {}
    assert all(r.version and r.description for r in records.values())
