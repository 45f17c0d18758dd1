"""What the payload costs, measured; README.md has the figures and how to read them."""
