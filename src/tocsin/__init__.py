"""tocsin: security operations and incident response for organisations that live on blockchains."""

__version__ = "0.1.0"
