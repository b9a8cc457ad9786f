"""Compare: several networks side by side, on one case and on the test split."""

from diagnosis.dashboard.shell import page

page.run("compare")
