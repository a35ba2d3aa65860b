"""The demonstration: simulated agents, a synthetic portfolio, and an independent inspection of what happened."""
