package almagest.cli;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Chromium, driven by Playwright; nothing is fetched, and every console message is a problem. */
public final class Browsing implements AutoCloseable {
  private final Playwright playwright =
      Playwright.create(
          new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
  private final Browser browser;
  private final List<String> problems = new ArrayList<>();

  /** With WebGL in software, for what a graphics processor would draw. */
  public Browsing() {
    this(
        List.of(
            "--no-sandbox",
            "--use-gl=angle",
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader"));
  }

  private Browsing(List<String> arguments) {
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions().setExecutablePath(chromium()).setArgs(arguments));
  }

  /** As a reader's browser is without a graphics processor: no WebGL at all. */
  static Browsing plain() {
    return new Browsing(List.of("--no-sandbox"));
  }

  private static Path chromium() {
    for (String name :
        new String[] {
          "/usr/bin/chromium",
          "/usr/bin/chromium-browser",
          "/usr/bin/google-chrome",
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
        }) {
      if (Files.isExecutable(Path.of(name))) {
        return Path.of(name);
      }
    }
    throw new IllegalStateException(
        "these tests drive Chromium, which was not found; on Debian: apt-get install chromium");
  }

  public Page open(String url) {
    return open(url, 1280, 860, ColorScheme.LIGHT);
  }

  /** A fresh page of that size, ready. */
  public Page open(String url, int width, int height, ColorScheme scheme) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(scheme)
                .setAcceptDownloads(true)
                .setReducedMotion(com.microsoft.playwright.options.ReducedMotion.REDUCE));
    Page page = context.newPage();
    page.onConsoleMessage(m -> problems.add(m.type() + ": " + m.text()));
    page.onPageError(problems::add);
    page.onRequest(r -> {
      if (r.url().startsWith("http") && !r.url().startsWith("http://127.0.0.1")) {
        problems.add("a request to " + r.url());
      }
    });
    page.navigate(url);
    page.waitForSelector("html[data-ready]");
    return page;
  }

  /** Where a feature of the first map stands in the window. */
  @SuppressWarnings("unchecked")
  public double[] pixelOf(Page page, int feature) {
    List<Number> at =
        (List<Number>) page.evaluate("f => document.querySelector('.map').almagest.at(f)", feature);
    var box = page.locator(".map").first().boundingBox();
    return new double[] {box.x + at.get(0).doubleValue(), box.y + at.get(1).doubleValue()};
  }

  /**
   * Brings a feature under the middle of the map by arrow keys, nearer by +, and presses Enter,
   * until a card is open or the steps are used up.
   */
  public void steerTo(Page page, int feature, int steps) {
    page.locator(".map").focus();
    for (int i = 0; i < steps && !page.url().contains("feature="); i++) {
      double[] at = pixelOf(page, feature);
      var box = page.locator(".map").boundingBox();
      double dx = at[0] - box.x - box.width / 2;
      double dy = at[1] - box.y - box.height / 2;
      if (Math.abs(dx) > 20) {
        page.keyboard().press(dx > 0 ? "ArrowRight" : "ArrowLeft");
      } else if (Math.abs(dy) > 20) {
        page.keyboard().press(dy > 0 ? "ArrowDown" : "ArrowUp");
      } else {
        page.keyboard().press("+");
        page.keyboard().press("Enter");
      }
    }
  }

  public List<String> problems() {
    return problems;
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
