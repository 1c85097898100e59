"""What people do on several pages."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def go(page: Page, name: str) -> None:
    """To a page through the navigation; on a phone the menu is opened first."""
    link = page.get_by_role("navigation").get_by_role("link", name=name, exact=True)
    expect(page.locator("nav a").first).to_be_attached()
    menu = page.get_by_role("button", name="Menu", exact=True)
    if menu.is_visible() and menu.get_attribute("aria-expanded") == "false":
        menu.click()
    link.click()
    expect(page.locator("main h1").first).to_be_attached()


def dialog(page: Page, name: str | re.Pattern) -> Locator:
    found = page.get_by_role("dialog", name=name)
    expect(found).to_be_visible()
    return found


def card(page: Page, source: str) -> Locator:
    """A source in the list of sources."""
    return page.get_by_role("article", name=source, exact=True)


def badge(place: Locator, state: str) -> Locator:
    return place.locator(".badge", has_text=re.compile(f"^{state}$"))


def menu_item(page: Page, opener: str, item: str) -> None:
    """Opens a menu and takes one of its items."""
    page.get_by_role("button", name=opener, exact=True).click()
    page.locator(".popover:popover-open").get_by_role("button", name=item, exact=True).click()


def row(page: Page, text: str) -> Locator:
    """A row of a table of people, keys, or entries."""
    return page.get_by_role("row").filter(has_text=text)


def studies(page: Page) -> Locator:
    return page.locator("[role=row][aria-level='1']")


def done(page: Page, words: str) -> None:
    """What the page says when something was done; dismissed, so that it hides nothing."""
    toast = page.locator(".toast", has_text=words)
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Dismiss").click()
