package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.atlas.Atlas;
import almagest.atlas.SyntheticRun;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, on a run with planted lobes and hostile texts. */
class AtlasPageTest {
  @TempDir static Path folder;
  private static Browsing browsing;
  private static String url;

  @BeforeAll
  static void makePage() {
    SyntheticRun.write(folder.resolve("run"), 1024, 0, 1, 3, 5);
    Atlas.write(folder.resolve("run"), folder.resolve("index.html"));
    url = folder.resolve("index.html").toUri().toString();
    browsing = new Browsing();
  }

  @AfterAll
  static void closeBrowser() {
    browsing.close();
  }

  @AfterEach
  void nothingWentWrong() {
    assertThat(browsing.problems()).isEmpty();
  }

  @Test
  void everyViewOpensWithoutAConsoleMessage() {
    for (String view : new String[] {"map", "brain", "galaxy", "atom", "compare", "run"}) {
      Page page = browsing.open(url + "#view=" + view);
      assertThat(page.locator("nav [aria-current]").textContent().toLowerCase()).isEqualTo(view);
    }
  }

  @Test
  void aClickOnAPointOpensTheCardOfItsFeature() {
    Page page = browsing.open(url);
    page.mouse().click(0, 0);
    double[] at = browsing.pixelOf(page, 5);
    page.mouse().click(at[0], at[1]);
    page.waitForSelector(".card h2");
    assertThat(page.url()).contains("feature=");
    assertThat(page.locator(".card .context").count()).isEqualTo(6);
    assertThat(page.locator(".card .fires").count()).isGreaterThan(6);
    assertThat(page.locator(".card .neighbours").count()).isEqualTo(4);
    assertThat(page.locator(".card .histogram rect").count()).isEqualTo(20);
  }

  @Test
  void theHeatMapShowsShareAndIntervalOfEveryLobeAndType() {
    Page page = browsing.open(url + "#view=brain&colour=phi-k3");
    assertThat(page.locator("figure[data-figure$='lobes-by-type'] svg").count()).isEqualTo(1);
    page.locator("figure[data-figure$='lobes-by-type'] button:has-text('Table')").click();
    assertThat(page.locator("figure[data-figure$='lobes-by-type'] tbody tr").count()).isEqualTo(18);
    assertThat(page.locator("figure[data-figure$='lobes-by-type'] tbody").textContent())
        .contains(SyntheticRun.HOSTILE);
  }

  @Test
  void hostileTextsAreShownAndNeverRun() {
    Page page = browsing.open(url + "#feature=7");
    page.waitForSelector(".card .context");
    assertThat(page.locator(".card").textContent()).contains(SyntheticRun.HOSTILE);
    assertThat(page.locator("main script, .card script").count()).isZero();
  }

  @Test
  void webGlAndCanvasBothDrawAndAnswerToTheHand() {
    for (String wish : new String[] {"webgl", "canvas"}) {
      Page page = browsing.open(url + "?" + wish);
      assertThat(page.evaluate("() => document.querySelector('.map').almagest.plot.kind"))
          .asString()
          .isEqualToIgnoringCase(wish);
      // The page draws in animation frames, so the first of them may come after it says that it is
      // ready; a canvas that stays empty runs into the time limit and fails.
      page.waitForFunction(
          """
          () => {
            const { canvas } = document.querySelector(".map").almagest;
            const copy = document.createElement("canvas");
            copy.width = canvas.width;
            copy.height = canvas.height;
            const c = copy.getContext("2d");
            c.drawImage(canvas, 0, 0);
            const colours = new Set(new Uint32Array(c.getImageData(0, 0, copy.width, copy.height).data.buffer));
            return colours.size > 3;
          }
          """);
      double[] at = browsing.pixelOf(page, 5);
      page.mouse().click(at[0], at[1]);
      page.waitForSelector(".card h2");
    }
  }

  @Test
  void aRectangleSelectsAndTheTableLeavesAsCsv() throws IOException {
    Page page = browsing.open(url);
    var box = page.locator(".map").boundingBox();
    page.keyboard().down("Shift");
    page.mouse().move(box.x + 5, box.y + 5);
    page.mouse().down();
    page.mouse().move(box.x + box.width / 2, box.y + box.height - 5);
    page.mouse().move(box.x + box.width - 5, box.y + box.height - 5);
    page.mouse().up();
    page.keyboard().up("Shift");
    page.waitForSelector(".selection tbody tr");
    assertThat(page.url()).contains("select=");
    int selected =
        Integer.parseInt(page.locator(".selection h3").textContent().replaceAll("[^0-9]", ""));
    assertThat(selected).isBetween(900, 1024);
    Download download =
        page.waitForDownload(() -> page.locator(".selection button:text-is('CSV')").click());
    List<String> lines = Files.readAllLines(download.path());
    assertThat(lines).hasSize(selected + 1);
    assertThat(lines.getFirst()).startsWith("layer,feature,peaks");
    Download records =
        page.waitForDownload(() -> page.locator(".selection button:text-is('JSONL')").click());
    assertThat(Files.readAllLines(records.path())).hasSize(selected);
  }

  @Test
  void aScatteredSelectionFitsAnAddressThatBringsItBack() {
    Page page = browsing.open(url);
    var box = page.locator(".map").boundingBox();
    page.locator("button:text-is('rectangle')").click();
    page.mouse().move(box.x + box.width / 2, box.y + 5);
    page.mouse().down();
    page.mouse().move(box.x + box.width - 5, box.y + box.height - 5);
    page.mouse().up();
    page.waitForSelector(".selection tbody tr");
    int selected =
        Integer.parseInt(page.locator(".selection h3").textContent().replaceAll("[^0-9]", ""));
    assertThat(selected).isBetween(300, 700);
    assertThat(page.url().length() - url.length()).isLessThan(200);
    Page again = browsing.open(page.url());
    again.waitForSelector(".selection tbody tr");
    String marks = "() => [...document.querySelector('.map').almagest.marks.selected].join()";
    assertThat(again.evaluate(marks)).isEqualTo(page.evaluate(marks));
    assertThat(again.locator(".selection").textContent())
        .isEqualTo(page.locator(".selection").textContent());
  }

  @Test
  void aLassoSelectsWhatItSurrounds() {
    Page page = browsing.open(url);
    page.locator("button:text-is('lasso')").click();
    double[] at = browsing.pixelOf(page, 5);
    page.mouse().move(at[0] - 30, at[1] - 30);
    page.mouse().down();
    for (double[] d : new double[][] {{30, -30}, {30, 30}, {-30, 30}, {-30, -30}}) {
      page.mouse().move(at[0] + d[0], at[1] + d[1]);
    }
    page.mouse().up();
    page.waitForSelector(".selection");
    page.locator(".selection button:text-is('feature')").click();
    assertThat(page.locator(".selection tbody").textContent()).contains("5");
  }

  @Test
  void aSearchFindsTokensAndNumbersAndLightsThem() {
    Page page = browsing.open(url);
    page.fill("#find", "theorem");
    page.press("#find", "Enter");
    page.waitForSelector(".selection tbody tr");
    assertThat(page.locator(".selection tbody tr").first().textContent()).contains("theorem");
    assertThat(page.evaluate("() => document.querySelector('.map').almagest.marks.found.length"))
        .isNotEqualTo(0);
    page.fill("#find", "77");
    page.press("#find", "Enter");
    page.waitForSelector(".selection h3:has-text('77')");
    assertThat(page.locator(".selection tbody th").first().textContent()).isEqualTo("77");
  }

  @Test
  void aPermalinkBringsBackWhatWasSeen() {
    Page page = browsing.open(url);
    page.locator(".layers button:text-is('5')").click();
    page.locator("button:has-text('cloud')").click();
    page.locator("#select-beside").selectOption("angular-k3");
    page.waitForSelector(".maps.two");
    page.locator(".legend button[aria-pressed]").first().click();
    page.evaluate("() => { location.hash += '&feature=11'; }");
    page.waitForSelector(".card h2");
    Page again = browsing.open(page.url());
    again.waitForSelector(".card h2");
    assertThat(again.url())
        .contains("layer=5")
        .contains("space=3d")
        .contains("beside=angular-k3")
        .contains("hidden=0");
    assertThat(again.locator(".map").count()).isEqualTo(2);
    assertThat(again.locator(".card .eyebrow").textContent()).contains("layer 5");
    assertThat(again.locator(".legend button[aria-pressed='false']").count()).isEqualTo(1);
    again.goBack();
  }

  @Test
  void theKeyboardAloneReachesACard() {
    Page page = browsing.open(url);
    browsing.steerTo(page, 4, 60);
    page.waitForSelector(".card h2");
    page.keyboard().press("Escape");
    page.waitForSelector(".card[hidden]", attached());
    page.keyboard().press("/");
    assertThat(page.evaluate("() => document.activeElement.id")).isEqualTo("find");
  }

  private static Page.WaitForSelectorOptions attached() {
    return new Page.WaitForSelectorOptions().setState(WaitForSelectorState.ATTACHED);
  }

  @Test
  void aTextPlaysOnTheMap() {
    Page page = browsing.open(url);
    page.locator(".player button:text-is('Play')").click();
    page.waitForSelector(".player .now");
    assertThat(page.evaluate("() => document.querySelector('.map').almagest.marks.lit.length"))
        .isEqualTo(12);
  }

  @Test
  void theBorderOfALobeIsSortedByItsSilhouette() {
    Page page = browsing.open(url + "#colour=phi-k3");
    page.locator(".legend .border").first().click();
    page.waitForSelector(".selection tbody tr");
    assertThat(page.locator(".selection tbody tr").count()).isEqualTo(40);
    assertThat(page.locator(".selection th[aria-sort=ascending]").textContent())
        .startsWith("silhouette by phi");
    assertThat(page.locator(".selection tbody tr td:nth-child(5)").allTextContents().getFirst())
        .isEqualTo("−0.200");
    Page again = browsing.open(page.url());
    assertThat(again.locator(".selection tbody").textContent())
        .isEqualTo(page.locator(".selection tbody").textContent());
  }

  @Test
  void aMapTakesItsColoursFromAFile() throws IOException {
    Page page = browsing.open(url);
    Path csv = folder.resolve("mine.csv");
    StringBuilder lines = new StringBuilder("feature,depth,kind\n");
    StringBuilder json = new StringBuilder("[");
    for (int f = 1023; f >= 0; f--) {
      lines.append(f).append(',').append(f / 8.0).append(',').append("kind <b>").append(f % 5);
      lines.append('\n');
      json.append(1023 - f).append(f == 0 ? "]" : ",");
    }
    Files.writeString(csv, lines);
    page.locator("#own-column").setInputFiles(csv);
    page.waitForSelector(".legend p:has-text('depth')");
    assertThat(page.locator(".legend .axis span").allTextContents()).containsExactly("1.25", "127");
    page.locator("#select-Colour").selectOption("own:kind");
    page.waitForSelector(".legend .name:has-text('kind <b>4')");
    assertThat(page.locator(".legend .name").count()).isEqualTo(5);
    Path list = folder.resolve("listed.json");
    Files.writeString(list, json);
    page.locator("#own-column").setInputFiles(list);
    page.waitForSelector(".legend p:has-text('listed')");
    page.locator("#own-column").setInputFiles(folder.resolve("run/layer-03/labels-phi-k2.npy"));
    page.waitForSelector(".legend p:has-text('labels-phi-k2')");
    Path half = folder.resolve("half.csv");
    Files.writeString(half, "1\n2\n");
    page.locator("#own-column").setInputFiles(half);
    page.waitForSelector("[role=alert]:has-text('expected 1024 values (one a feature), found 2')");
  }

  @Test
  void everyColouringPaintsTheMap() {
    Page page = browsing.open(url);
    List<?> all =
        (List<?>)
            page.evaluate(
                "() => [...document.querySelectorAll('#select-Colour option')].map(o => o.value)");
    assertThat((Object) all.size()).isEqualTo(17);
    for (Object colouring : all) {
      page.locator("#select-Colour").selectOption(colouring.toString());
      page.waitForFunction(
          "c => decodeURIComponent(location.hash.replaceAll('+', ' ')).includes('colour=' + c)",
          colouring);
      page.waitForSelector(".legend");
      Object colours =
          page.evaluate(
              "() => new Set(new Uint32Array(document.querySelector('.map').almagest.rgba.buffer)).size");
      assertThat((Integer) colours).as(colouring.toString()).isGreaterThan(1);
    }
  }

  @Test
  void flatMapsGlideIntoEachOther() {
    Page page = browsing.open(url);
    double[] before = browsing.pixelOf(page, 5);
    page.locator("button:text-is('flat (UMAP)')").click();
    page.waitForFunction("() => location.hash.includes('space=umap')");
    var box = page.locator(".map").boundingBox();
    double mirrored = box.x + box.width - (before[0] - box.x);
    page.waitForFunction(
        "x => Math.abs(document.querySelector('.map').almagest.at(5)[0] - x) < 3",
        mirrored - box.x);
    page.locator("button:text-is('flat (PCA)')").click();
    page.waitForSelector(".caveat:has-text('first two principal components')");
  }

  @Test
  void aCardNamesVocabularyAndCrystals() {
    Page page = browsing.open(url + "#feature=5&layer=1");
    page.waitForSelector(".card .crystals li");
    assertThat(page.locator(".card code").count()).isEqualTo(16);
    assertThat(page.locator(".card").textContent())
        .contains("input word embeddings")
        .contains(SyntheticRun.HOSTILE);
    page.locator(".card .crystals a").first().click();
    page.waitForSelector(".card h2:has-text('35')");
    page = browsing.open(url + "#view=atom");
    assertThat(page.locator(".faces tbody tr").count()).isEqualTo(60);
    page.locator(".faces tbody a").first().click();
    page.waitForSelector(".card h2:has-text('5')");
    page = browsing.open(url + "#feature=5&layer=3");
    page.waitForSelector(".card .context");
    assertThat(page.locator(".card .crystals").count()).isZero();
  }

  @Test
  void twoRunsAreComparedAndTheirLobesMatched() {
    SyntheticRun.write(folder.resolve("other"), 300, 9, 2);
    Atlas.write(folder.resolve("other"), folder.resolve("other.html"));
    Page page = browsing.open(url + "#view=compare");
    page.waitForSelector("table");
    page.locator("#other-run").setInputFiles(folder.resolve("other.html"));
    page.waitForSelector("b:has-text('other.html')");
    page.waitForSelector("td:has-text('code-java')");
    assertThat(page.locator("main tbody tr").first().textContent())
        .isEqualTo("1: code-java, code-python1: code-java, code-python1");
  }

  @Test
  void aFolderExportReadsItsDataWhenNeeded() {
    Atlas.writeFolder(folder.resolve("run"), folder.resolve("site"));
    Page page = browsing.open(folder.resolve("site/index.html").toUri() + "#feature=5");
    page.waitForSelector(".card .context");
    Page whole = browsing.open(url + "#feature=5");
    whole.waitForSelector(".card .context");
    assertThat(page.locator(".card").innerHTML()).isEqualTo(whole.locator(".card").innerHTML());
    // The contexts of all other features come with a search alone.
    String fetched = "() => document.querySelectorAll('head script[src]').length";
    int before = (int) page.evaluate(fetched);
    page.fill("#find", "theorem");
    page.press("#find", "Enter");
    page.waitForSelector(".selection tbody tr");
    assertThat((int) page.evaluate(fetched)).isGreaterThan(before + 4);
  }

  @Test
  void aPhoneNeedsNoSidewaysScrolling() {
    for (String view : new String[] {"map", "brain", "galaxy", "atom", "compare", "run"}) {
      Page page = browsing.open(url + "#view=" + view, 390, 844, ColorScheme.DARK);
      assertThat(page.evaluate("() => document.documentElement.scrollWidth"))
          .as(view)
          .isEqualTo(390);
    }
  }

  @Test
  void darkAndLightFollowTheSystemAndTheReader() {
    Page page = browsing.open(url, 1200, 800, ColorScheme.DARK);
    String ground = "() => getComputedStyle(document.documentElement).backgroundColor";
    Object dark = page.evaluate(ground);
    page.locator(".theme").click();
    page.waitForSelector("html[data-theme=light]");
    assertThat(page.evaluate(ground)).isNotEqualTo(dark);
    assertThat(page.url()).contains("theme=light");
  }

  @Test
  void anAuditOfAccessibilityFindsNothingSerious() throws IOException {
    String axe;
    try (InputStream in = AtlasPageTest.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (ColorScheme scheme : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
      for (String view :
          new String[] {"map&feature=7&select=1-9", "brain", "galaxy", "atom", "compare", "run"}) {
        Page page = browsing.open(url + "#view=" + view, 1280, 860, scheme);
        page.evaluate(axe);
        Object serious =
            page.evaluate(
                """
                async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
                  .filter(v => v.impact === "serious" || v.impact === "critical")
                  .map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150)).join(" | "))
                """);
        assertThat((List<?>) serious).as(view + " " + scheme).isEmpty();
      }
    }
  }
}
