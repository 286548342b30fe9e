"""What comes in: scans, masks, image-level labels, splits, and how they are prepared for a network."""
