"""Configures Asterisk from typed settings, and runs throw-away Asterisks for tests and demos."""
