"""DICOM: bytes to grey values or colours, and the technical facts that may be kept."""
