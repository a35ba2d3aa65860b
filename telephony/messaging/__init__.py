"""Messages to the outside world: the port, its carriers, and the sandbox twin."""
