"""A portfolio of people who do not exist, for demonstrations and benchmarks: the same for the same seed."""
