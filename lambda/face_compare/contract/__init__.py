"""What callers send and get: events, answers and HTTP responses."""
