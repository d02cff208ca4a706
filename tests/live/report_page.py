#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Opens a report in headless Chromium through chromedriver and says, as one JSON object, what a reader
would meet: console messages, figures and their labels, text that overflows, at several widths and in
both colour schemes. Screenshots go to PREFIX-WIDTH-SCHEME.png.

usage: report_page.py FILE.html PREFIX
"""
import base64
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

PORT = 9517
LOOK = """
const box = e => e.getBoundingClientRect();
const svgs = [...document.querySelectorAll('figure svg')];
const wide = document.documentElement.clientWidth;
return {
  title: document.title,
  requests: performance.getEntriesByType('resource').map(e => e.name),
  scripts: document.scripts.length,
  handlers: [...document.querySelectorAll('*')].filter(e =>
      [...e.attributes].some(a => a.name.startsWith('on'))).length,
  strange: [...document.querySelectorAll('img,iframe,object,embed,link,base,form,a')].length,
  overflow: document.documentElement.scrollWidth - wide,
  figures: svgs.map(s => ({
    role: s.getAttribute('role'),
    labelled: s.getAttribute('aria-labelledby').split(' ').every(
        i => document.getElementById(i) && document.getElementById(i).textContent.trim()),
    title: s.querySelector('title').textContent,
    width: box(s).width,
    marks: s.querySelectorAll('path,polygon,use,circle').length,
    texts: s.querySelectorAll('text').length,
    font_px: Math.min(...[...s.querySelectorAll('text')].map(t => {
        const m = t.getScreenCTM();
        return parseFloat(getComputedStyle(t).fontSize) * Math.hypot(m.a, m.b); })),
    outside: [...s.querySelectorAll('text')].filter(t => {
        const b = box(t), o = box(s);
        return b.width && (b.left < o.left - 2 || b.right > o.right + 2 ||
                           b.top < o.top - 2 || b.bottom > o.bottom + 2); }).map(t => t.textContent),
  })),
  ids: (() => { const n = {}; document.querySelectorAll('[id]').forEach(e => n[e.id] = (n[e.id] || 0) + 1);
      return Object.keys(n).filter(i => n[i] > 1); })(),
  colours: [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color],
  text: document.body.innerText,
};
"""


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, method=method,
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["value"]


def start():
    driver = subprocess.Popen(["chromedriver", f"--port={PORT}", "--log-level=OFF"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            if call("GET", "/status")["ready"]:
                return driver
        except OSError:
            time.sleep(0.1)
    driver.kill()
    sys.exit("chromedriver does not answer")


def look(page, prefix):
    session = "/session/" + call("POST", "/session", {"capabilities": {"alwaysMatch": {
        "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                                        "--hide-scrollbars", "--disable-dev-shm-usage"]},
        "goog:loggingPrefs": {"browser": "ALL"}}}})["sessionId"]

    def cdp(cmd, **params):
        return call("POST", session + "/goog/cdp/execute", {"cmd": cmd, "params": params})

    seen = {"views": {}}
    try:
        for width in (400, 1600):
            for scheme in ("light", "dark"):
                cdp("Emulation.setDeviceMetricsOverride", width=width, height=900,
                    deviceScaleFactor=1, mobile=width < 600)
                cdp("Emulation.setEmulatedMedia",
                    features=[{"name": "prefers-color-scheme", "value": scheme}])
                call("POST", session + "/url", {"url": page})
                view = call("POST", session + "/execute/sync", {"script": LOOK, "args": []})
                shot = cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)
                pathlib.Path(f"{prefix}-{width}-{scheme}.png").write_bytes(
                    base64.b64decode(shot["data"]))
                seen["views"][f"{width}-{scheme}"] = view
        seen["console"] = call("POST", session + "/se/log", {"type": "browser"})
    finally:
        call("DELETE", session)
    return seen


def main():
    driver = start()
    try:
        print(json.dumps(look(pathlib.Path(sys.argv[1]).resolve().as_uri(), sys.argv[2])))
    finally:
        driver.terminate()
        driver.wait()


main()
