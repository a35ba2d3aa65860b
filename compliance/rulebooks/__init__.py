"""The rules of each jurisdiction as data: one TOML file per rulebook, each value with its source and confidence."""
