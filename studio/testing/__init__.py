"""Checks for blocks, boards, plugins and jobs: for us and for plugin authors."""
