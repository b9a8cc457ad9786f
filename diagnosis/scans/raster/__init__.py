"""PNG, JPEG, TIFF, BMP, WebP and GIF: bytes to pixels of every depth."""
