"""A visitor with a keyboard and a phone-wide window: nothing is clicked, everything is reached with Tab."""

from playwright.sync_api import Locator, Page

MOST_STOPS = 250


class Keyboard:
    """Drives one page by keys alone. What cannot be reached, or shows no focus, fails."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Press Tab until `target` has the focus, and see that it shows it."""
        target.wait_for(state="attached")
        for _ in range(MOST_STOPS):
            if target.evaluate("element => element === document.activeElement"):
                outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
                assert outline != "none", f"{target} has the focus and does not show it"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with the keyboard on {self.page.url}")

    def follow(self, name: str) -> None:
        """Reach a link by its name and follow it."""
        self._enter(self.page.get_by_role("link", name=name).first)

    def press(self, name: str) -> None:
        """Reach a button by its name and press it."""
        self._enter(self.page.get_by_role("button", name=name).first)

    def open(self, name: str) -> None:
        """Reach what folds away a part of the page and unfold it."""
        self.reach(self.page.locator("summary", has_text=name).first)
        self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Reach a box, or an option of several, by its name and choose it."""
        boxes = self.page.get_by_role("checkbox", name=name).or_(self.page.get_by_role("radio", name=name))
        target = boxes.first
        if target.get_attribute("type") == "radio":
            self._choose(target)
        else:
            self.reach(target)
            self.page.keyboard.press("Space")
        assert target.is_checked()

    def _choose(self, target: Locator) -> None:
        """Reach the group of an option with Tab, and the option with the arrow keys."""
        group = target.evaluate("element => element.name")
        self.reach(self.page.locator(f'input[type=radio][name="{group}"]:checked').or_(target).first)
        for _ in range(MOST_STOPS):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")

    def type(self, label: str, text: str) -> None:
        """Reach a field by its label and type into it, in place of what it holds."""
        field = self.page.get_by_label(label).first
        self.reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def select(self, label: str, choice: str) -> None:
        """Reach a list by its label and choose from it by typing the beginning of the choice."""
        field = self.page.get_by_label(label).first
        self.reach(field)
        self.page.keyboard.type(choice)
        chosen = field.evaluate("element => element.selectedOptions[0].textContent.trim()")
        assert str(chosen).startswith(choice), chosen

    def _enter(self, target: Locator) -> None:
        self.reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
