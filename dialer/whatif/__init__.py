"""What if: a campaign's own recent calls made into a simulated floor with other agents, another hour, another mode."""
