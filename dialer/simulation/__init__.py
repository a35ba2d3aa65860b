"""A simulated floor for pacing: scenarios, agents, calls, and what a pacer makes of them."""
