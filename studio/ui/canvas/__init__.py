"""The canvas: blocks and wires as an engineer moves them."""
