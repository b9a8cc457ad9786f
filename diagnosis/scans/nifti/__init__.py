"""NIfTI: bytes to a volume that lies as a radiologist expects."""
