"""Read a scan: upload or open a sample, prediction and trace out."""

from diagnosis.dashboard.shell import page

page.run("read")
