package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;

/**
 * What a reader does with the page of a run, step by step; every step fails if the page does not
 * answer.
 */
public final class PageWalk {
  private final Browsing browsing;
  private final String url;

  private PageWalk(Browsing browsing, String url) {
    this.browsing = browsing;
    this.url = url;
  }

  /**
   * Walks through a run's page.
   *
   * @param url of the page
   * @param token a token on which some feature fires
   * @param type a document type of the run
   */
  public static void through(Browsing browsing, String url, String token, String type)
      throws IOException {
    PageWalk walk = new PageWalk(browsing, url);
    walk.views(type);
    walk.figures();
    walk.search(token);
    walk.searchLobe();
    walk.click();
    walk.lassoAndExport();
    walk.permalink();
    walk.addresses();
    walk.keyboard();
    walk.darkAndNarrow();
    assertThat(browsing.problems()).isEmpty();
  }

  private void views(String type) {
    for (String view : new String[] {"map", "brain", "galaxy", "atom", "compare", "run"}) {
      Page page = browsing.open(url + "#view=" + view);
      assertThat(page.locator("nav [aria-current]").textContent()).isEqualToIgnoringCase(view);
      assertThat(page.locator(".notice").allTextContents()).as(view).isEmpty();
      if (view.equals("brain")) {
        page.locator("figure[data-figure$='lobes-by-type'] button:has-text('Table')").click();
        assertThat(page.locator("figure[data-figure$='lobes-by-type'] tbody").textContent())
            .contains(type);
      }
      page.close();
    }
  }

  private void search(String token) {
    Page page = browsing.open(url);
    page.fill("#find", token);
    page.press("#find", "Enter");
    page.waitForSelector(".selection tbody tr");
    assertThat(page.locator(".selection tbody tr").first().textContent())
        .containsIgnoringCase(token);
    page.locator(".selection tbody th a").first().click();
    page.waitForSelector(".card .context");
    assertThat(page.locator(".card .fires").count()).isPositive();
    assertThat(page.locator(".card code").count()).isEqualTo(16);
    page.close();
  }

  /** A figure leaves the page as what its button says. */
  private void figures() throws IOException {
    for (String view : new String[] {"brain", "galaxy", "atom"}) {
      Page page = browsing.open(url + "#view=" + view);
      Locator vectors = page.locator("figure button:text-is('SVG')");
      assertThat(vectors.count()).as(view).isPositive();
      for (Locator button : vectors.all()) {
        Download svg = page.waitForDownload(button::click);
        assertThatCode(() -> parse(svg.path()))
            .as(svg.suggestedFilename())
            .doesNotThrowAnyException();
      }
      Download png =
          page.waitForDownload(() -> page.locator("figure button:text-is('PNG')").first().click());
      BufferedImage image = ImageIO.read(png.path().toFile());
      assertThat(image.getWidth()).as(png.suggestedFilename()).isGreaterThan(200);
      page.close();
    }
  }

  private static void parse(Path xml) throws Exception {
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(null);
    builder.parse(xml.toFile());
  }

  private void searchLobe() {
    Page page = browsing.open(url);
    String count = page.locator(".legend .count").nth(1).textContent();
    page.fill("#find", "lobe 2");
    page.press("#find", "Enter");
    page.waitForSelector(".selection tbody tr");
    assertThat(page.locator(".selection h3").textContent()).endsWith(": " + count);
    page.close();
  }

  /** A feature that no other one covers, of those in the middle. */
  private static int free(Page page) {
    return (Integer)
        page.evaluate(
            """
            () => {
              const map = document.querySelector(".map").almagest;
              for (let f = 0; f < map.n; f++) {
                const [x, y] = map.at(f);
                if (x > 20 && y > 20 && x < map.view.width - 20 && y < map.view.height - 20 && map.nearest(x, y) === f) return f;
              }
              return -1;
            }
            """);
  }

  private void click() {
    Page page = browsing.open(url);
    int feature = free(page);
    double[] at = browsing.pixelOf(page, feature);
    page.mouse().click(at[0], at[1]);
    page.waitForSelector(".card h2:has-text('" + feature + "')");
    page.close();
  }

  private void lassoAndExport() throws IOException {
    Page page = browsing.open(url);
    page.locator("button:text-is('lasso')").click();
    double[] at = browsing.pixelOf(page, free(page));
    page.mouse().move(at[0] - 15, at[1] - 15);
    page.mouse().down();
    for (double[] d : new double[][] {{15, -15}, {15, 15}, {-15, 15}, {-15, -15}}) {
      page.mouse().move(at[0] + d[0], at[1] + d[1]);
    }
    page.mouse().up();
    page.waitForSelector(".selection tbody tr");
    int rows = page.locator(".selection tbody tr").count();
    Download csv =
        page.waitForDownload(() -> page.locator(".selection button:text-is('CSV')").click());
    List<String> lines = Files.readAllLines(csv.path());
    assertThat(lines).hasSize(rows + 1);
    Download jsonl =
        page.waitForDownload(() -> page.locator(".selection button:text-is('JSONL')").click());
    assertThat(Files.readAllLines(jsonl.path())).hasSize(rows);
    Page again = browsing.open(page.url());
    again.waitForSelector(".selection tbody tr");
    assertThat(again.locator(".selection tbody").textContent())
        .isEqualTo(page.locator(".selection tbody").textContent());
    page.close();
    again.close();
  }

  private void permalink() {
    Page page = browsing.open(url);
    page.locator("button:text-is('cloud (PCA)')").click();
    page.locator("#select-Colour").selectOption("type");
    page.locator("#select-beside").selectOption("frequency");
    page.waitForSelector(".maps.two");
    page.locator(".legend button[aria-pressed]").first().click();
    page.waitForSelector(".legend button[aria-pressed=false]");
    Page again = browsing.open(page.url());
    again.waitForSelector(".maps.two");
    assertThat(again.locator("#select-Colour").inputValue()).isEqualTo("type");
    assertThat(again.locator("#select-beside").inputValue()).isEqualTo("frequency");
    assertThat(again.locator(".legend button[aria-pressed=false]").count()).isEqualTo(1);
    assertThat(again.evaluate("() => document.querySelector('.map').almagest.view.morph"))
        .isEqualTo(1);
    page.close();
    again.close();
  }

  /** What another address leaves out is gone, also when it was left out under another view. */
  private void addresses() {
    Page page = browsing.open(url + "#feature=1");
    page.waitForSelector(".card h2");
    page.evaluate("() => { location.hash = 'view=brain'; }");
    page.waitForSelector("figure[data-figure$='lobes-by-type'] svg");
    page.evaluate("() => { location.hash = 'view=map'; }");
    page.waitForSelector(".map");
    page.waitForFunction("() => document.querySelector('.card').hidden");
    page.close();
  }

  private void keyboard() {
    Page page = browsing.open(url);
    browsing.steerTo(page, free(page), 80);
    page.waitForSelector(".card h2");
    page.keyboard().press("Escape");
    page.waitForFunction("() => document.querySelector('.card').hidden");
    page.close();
  }

  private void darkAndNarrow() {
    for (String view :
        new String[] {"map&feature=1", "brain", "galaxy", "atom", "compare", "run"}) {
      Page page = browsing.open(url + "#view=" + view, 390, 844, ColorScheme.DARK);
      assertThat(page.evaluate("() => document.documentElement.scrollWidth"))
          .as(view)
          .isEqualTo(390);
      assertThat(page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))
          .isEqualTo("rgb(11, 14, 21)");
      page.close();
    }
  }
}
