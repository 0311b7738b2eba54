"""The page as people use it, in Chromium without a window."""

import shutil

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PROGRAMS = [shutil.which("chromium"), shutil.which("chromedriver")]

pytestmark = [
    pytest.mark.skipif(None in PROGRAMS, reason="chromium and chromedriver are not installed"),
    # Other people's packages warn of each other.
    pytest.mark.filterwarnings("ignore"),
]


class Page:
    """A browser that has the page open, in a window of so many pixels."""

    def __init__(self, address, width):
        options = webdriver.ChromeOptions()
        options.binary_location = PROGRAMS[0]
        words = "--headless=new --no-sandbox --disable-dev-shm-usage"
        for word in (*words.split(), f"--window-size={width},1000"):
            options.add_argument(word)
        service = webdriver.ChromeService(PROGRAMS[1])
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.get(address)
        self.until(lambda: self.all("#add input[type=file]"))

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.until(lambda: self.all(selector))[0]

    def until(self, condition, seconds=90):
        return WebDriverWait(self.driver, seconds, 0.1).until(lambda _: condition())

    def click(self, element):
        self.driver.execute_script("arguments[0].click()", element)

    def upload(self, *paths):
        self.one("#add input[type=file]").send_keys("\n".join(map(str, paths)))

    def shown(self, selector="#slider img"):
        """Addresses of the pictures that a part shows, once they are loaded."""

        def loaded():
            found = self.all(selector)
            widths = [image.get_property("naturalWidth") for image in found]
            return [image.get_attribute("src") for image in found] if all(widths) else None

        return self.until(loaded)


@pytest.fixture
def page(live, request):
    address = f"http://127.0.0.1:{live.server_address[1]}"
    page = Page(address, getattr(request, "param", 1400))
    yield page
    page.driver.quit()


@pytest.fixture
def upload(photograph, tmp_path):
    """`upload(name, size)`: the path of a photograph."""

    def write(name, *size, **options):
        (tmp_path / name).write_bytes(photograph(name, *size, **options))
        return tmp_path / name

    return write


def test_from_upload_to_results(page, upload, tmp_path):
    (tmp_path / "letter.jpg").write_text("no photograph")
    # EXIF orientation 6: lies on its side.
    lying = upload("a.jpg", (600, 400), orientation=6)
    page.upload(lying, tmp_path / "letter.jpg", upload("b.png"))
    before, after = page.shown()
    assert before != after
    assert page.one("#faults").text.startswith("letter.jpg: expected a photograph")

    # A hint: a click at three quarters of the width and a quarter of the height.
    page.click(page.all("#views [role=tab]")[1])
    picture = page.one("#marked img")
    marked = page.shown("#marked img")
    size = picture.size
    ActionChains(page.driver).move_to_element_with_offset(
        picture, size["width"] // 4, -size["height"] // 4
    ).click().perform()
    page.until(lambda: page.shown("#marked img") != marked)
    x, y = map(int, page.one("#hints li").text.split(" at ")[1].split(", "))
    assert (x, y) == pytest.approx((450, 100), abs=3)

    page.click(page.one("#make"))
    page.until(lambda: len(page.all("#results a")) == 3)
    names = [link.get_attribute("download") for link in page.all("#results a")]
    assert names == ["a.jpg", "b.png", "colorized.zip"]


@pytest.mark.parametrize("page", [400], indirect=True)
def test_a_telephone_changes_controls_and_names_files_that_are_too_large(page, upload, tmp_path):
    large = tmp_path / "large.tif"
    large.write_bytes(bytes(300_000))
    wide = upload("wide.png", (10, 60_000))
    page.upload(large, upload("a.jpg"), wide)
    shown = page.shown()
    words = "const e = document.documentElement; return e.scrollWidth - e.clientWidth"
    assert page.driver.execute_script(words) <= 0
    assert page.one("#temperature").is_displayed()
    assert not page.one("#seed").is_displayed()
    page.click(page.one("#refine input[value=mrf]"))
    page.until(lambda: page.shown() != shown)
    assert page.one("#too-large li").text == "large.tif: 0.286 MB; this page takes 0.25 MB"
    assert page.one("#faults").text.endswith("this page takes 0.5 megapixels.")
    page.click(page.one("#remove"))
    page.until(lambda: not page.one("#slider").is_displayed())
