"""Gates: every gate of every layer at every row."""

from diagnosis.dashboard.shell import page

page.run("gates")
