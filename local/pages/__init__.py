"""What the pages on this machine share: styles, photos with boxes, records."""
