"""Sending messages: mail, HTTP, sockets."""
