"""A typed asyncio client for Asterisk's REST interface (ARI), and the voice exchange made from it."""
