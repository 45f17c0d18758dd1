"""From labeled pairs to a threshold one can defend: error rates, limits and a recommendation."""
