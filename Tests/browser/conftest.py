"""Chromium against a server, in a desktop and a phone size. Whatever a test does: no error in the console, no request to another host."""
import pathlib
import urllib.parse
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import stand_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2},
}
expect.set_options(timeout=10_000)


@dataclass
class Site:
    """A server to visit."""

    base: str
    world: stand_in.World
    password: str = stand_in.PASSWORD
    setup_code: str = stand_in.SETUP_CODE


def started(**options):
    server = stand_in.serve(ROOT / "web", **options)
    yield Site(f"http://127.0.0.1:{server.server_port}", server.world)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def site():
    """With people and 10,000 studies. Tests that change people use `own_site`."""
    yield from started()


@pytest.fixture
def own_site():
    yield from started(count=300)


@pytest.fixture
def new_site():
    """Where nobody was set up yet."""
    yield from started(count=0, is_set_up=False)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """A person with a browser of their own."""

    def __init__(self, context: BrowserContext, size: str):
        self.context = context
        self.size = size
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        context.on("request", lambda request: self.hosts.add(urllib.parse.urlsplit(request.url).netloc))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", self._console)

    def _console(self, message):
        # The browser itself reports every answer of 4xx and 5xx; whether it was in order is the test's business.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, site: Site, path: str = "/") -> Page:
        page = self.context.new_page()
        page.goto(site.base + path)
        return page

    def sign_in(self, site: Site, name: str = "weber", path: str = "/") -> Page:
        page = self.open(site, path)
        page.get_by_label("User name", exact=True).fill(name)
        page.get_by_label("Password", exact=True).fill(site.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("fr-sign-in")).to_have_count(0)
        return page


@pytest.fixture(params=SIZES)
def size(request) -> str:
    return request.param


@pytest.fixture
def visit(browser: Browser, size: str):
    """Makes visitors; at the end none of them may have met an error or left the house."""
    visitors: list[Visitor] = []

    def make(**options) -> Visitor:
        context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce", **SIZES[size], **options})
        visitors.append(Visitor(context, size))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []
        assert len(visitor.hosts) <= 1


@pytest.fixture
def visitor(visit) -> Visitor:
    return visit()


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
