"""Read a scan: upload or sample in, prediction and trace out."""

from diagnosis.dashboard.shell import page

page.run("read")
