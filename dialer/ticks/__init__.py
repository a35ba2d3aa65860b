"""Recorded looks of the pacers at the floor: what they were told, what they decided, and other pacers on the same."""
