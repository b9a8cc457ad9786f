"""Try the nginx configuration of docs/cluster.md: two replicas that share a home, and visitors.

    python -m benchmarks.replicas

Needs nginx (Debian: apt-get install nginx-light) and a Chromium. Each visitor uploads a scan, turns to
another page and back, and loads anew; nginx's log tells which replica answered. Then one replica is killed.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from diagnosis.datasets.phantoms import draw
from tests.browser import launch, ready
from tests.cluster import ROOT, Process, free_port, running, until
from tests.dashboard.read.test_browser_read import PREDICTION_MS, open_reading, upload

LOG = """'{"visitor": "$scanline_visitor", "replica": "$upstream_addr", "status": $status, "path": "$uri"}'"""


def main() -> None:
    """Print what each visitor met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=4)
    visitors = parser.parse_args().visitors
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        sys.exit("There is no nginx here: install it (Debian: apt-get install nginx-light).")
    with tempfile.TemporaryDirectory() as text, ExitStack() as stack:
        folder = Path(text)
        folder.chmod(0o755)
        secret = secrets.token_hex(32)
        ports = [free_port(), free_port()]
        replicas = [stack.enter_context(replica(folder, port, secret)) for port in ports]
        address = stack.enter_context(proxy(folder, nginx, ports))
        browser = launch(stack.enter_context(sync_playwright()))
        scan = folder / "scan.png"
        Image.fromarray(draw(np.array([True]), 64, np.random.default_rng(1))[0]).save(scan)
        pages = [browser.new_context().new_page() for _ in range(visitors)]
        for number, page in enumerate(pages, 1):
            start = time.perf_counter()
            session(page, address, scan)
            print(
                f"visitor {number}: uploaded, turned pages, loaded anew, {time.perf_counter() - start:.1f} s"
            )
        met = report(folder)
        if len(set().union(*met.values())) == len(ports):
            replicas[0].kill()
            replicas[0].wait()
            for page in pages:
                read_scan(page, address, scan)
            print("one replica was killed: every visitor could go on with the other")
        browser.close()


@contextmanager
def replica(folder: Path, port: int, secret: str) -> Iterator[Process]:
    """A Scanline of its own process; all share a home and the cookie's secret."""
    log = folder / f"replica-{port}.log"
    words: list[str | Path] = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        ROOT / "app.py",
        "--server.port",
        str(port),
    ]
    variables = {
        "SCANLINE_HOME": str(folder / "home"),
        "SCANLINE_CACHE": str(folder / "cache"),
        "STREAMLIT_SERVER_COOKIE_SECRET": secret,
    }
    with running(words, log, folder=ROOT, variables=variables) as server:
        until(lambda: "You can now view" in log.read_text(), server, log)
        yield server


@contextmanager
def proxy(folder: Path, nginx: str, ports: list[int]) -> Iterator[str]:
    """nginx with the text of docs/cluster.md: only ports, TLS and places are others here."""
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "cluster.md").read_text(), re.DOTALL)
    assert found, "docs/cluster.md has no nginx configuration"
    port, text = free_port(), found[1]
    for old, new in zip(("8501", "8502"), ports, strict=True):
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    text = re.sub(r" *ssl_certificate.*\n", "", text).replace(
        "listen 443 ssl", f"listen 127.0.0.1:{port}"
    )
    text = text.replace("; Secure", "").replace("scanline.hospital.example", "127.0.0.1")
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}pid {folder}/nginx.pid;\ndaemon off;\nevents {{}}\nhttp {{\nlog_format visits {LOG};\n"
        f"access_log {folder}/visits.log visits;\n{places}{text}}}\n"
    )
    log = folder / "nginx.log"
    with running([nginx, "-c", folder / "nginx.conf", "-e", log], folder / "nginx.out") as server:
        until((folder / "nginx.pid").is_file, server, folder / "nginx.out")
        yield f"http://127.0.0.1:{port}"


def read_scan(page: Page, address: str, scan: Path) -> None:
    """Open the page that reads, upload a scan, and wait for the prediction."""
    open_reading(page, address, "?task=phantoms&model=lstm")
    upload(page, scan)
    expect(page.get_by_text("Prediction:")).to_be_visible(timeout=PREDICTION_MS)


def session(page: Page, address: str, scan: Path) -> None:
    """Upload, turn to another page and back, load anew, upload again."""
    read_scan(page, address, scan)
    menu = page.get_by_test_id("stSidebar")
    for label in ("Models", "Read a scan"):
        menu.get_by_role("link", name=label, exact=True).click()
        expect(page).to_have_title(f"{label} · Scanline")
        ready(page)
    expect(page.get_by_text("Prediction:")).to_be_visible()  # the session held
    page.reload()
    read_scan(page, address, scan)


def report(folder: Path) -> dict[str, set[str]]:
    """Print which replicas each visitor met; visitor to replicas."""
    met: dict[str, set[str]] = defaultdict(set)
    failed: Counter[tuple[int, str]] = Counter()
    for line in (folder / "visits.log").read_text().splitlines():
        seen = json.loads(line)
        met[seen["visitor"]].add(seen["replica"])
        if seen["status"] >= 400:
            failed[seen["status"], seen["path"]] += 1
    replicas = sorted(set().union(*met.values()))
    print(
        f"{len(met)} visitors on {len(replicas)} replicas, failed requests: {dict(failed) or 'none'}"
    )
    assert all(len(each) == 1 for each in met.values()), f"a visitor met two replicas: {dict(met)}"
    return met


if __name__ == "__main__":
    main()
