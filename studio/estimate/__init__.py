"""What a network costs on a kit: memory, flash, cycles; pure functions of Network and target."""
