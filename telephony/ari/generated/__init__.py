"""Generated from Asterisk's resource descriptions; do not edit."""
