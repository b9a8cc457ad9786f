"""Compare: several networks on one case, side by side, and on the whole test split."""

from diagnosis.dashboard.shell import page

page.run("compare")
