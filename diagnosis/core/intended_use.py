"""What Scanline is for and what it is not for: the same words on every page and in every export.

The headings follow CHAI's model card, v0.2 (intended use, users, setting, cautioned out-of-scope uses).
"""

from types import MappingProxyType

IN_SHORT = "Research and education only. Not for diagnosis."

IN_FULL = MappingProxyType(
    {
        "Intended use": "To show how a recurrent network reads a scan, timestep by timestep, and how "
        "far its prediction can be trusted: for research into such networks and for teaching.",
        "Users": "Researchers, teachers and students, and clinicians who want to understand such "
        "networks. Reading the error rates takes basic knowledge of statistics in medicine.",
        "Setting": "A desk, a class room, a laboratory. Files are read on the machine on which "
        "Scanline runs. No figure here was obtained in clinical use.",
        "Out of scope": "Diagnosis, triage, treatment, screening, or any other decision about a "
        "person; advice to patients; scans of another kind than those a model was trained on. "
        "Scanline is not a medical device, and nobody has cleared or certified it as one.",
    }
)
