"""Data and decisions: images, the rule, results and errors. No calls, and no settings."""
