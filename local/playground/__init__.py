"""The playground: the local stack stays, with a page to compare photos on."""
