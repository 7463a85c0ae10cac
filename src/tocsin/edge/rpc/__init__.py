"""Asking nodes: HTTP and WebSocket transports, and a pool of endpoints that stands in for any one of them."""
