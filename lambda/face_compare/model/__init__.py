"""What everything else is about: images, the rule, results and errors. No calls, no settings."""
