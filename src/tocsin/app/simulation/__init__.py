"""Trying new contracts out."""
