"""Tokens whose supply does what it should not."""
