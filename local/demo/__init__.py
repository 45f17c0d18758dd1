"""The demo: real photographs compared through the deployed function, on this machine."""
