package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.atlas.Atlas;
import almagest.atlas.SyntheticRun;
import com.microsoft.playwright.Page;
import java.nio.file.Path;
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
    for (String view : new String[] {"map", "brain", "galaxy", "atom", "run"}) {
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
    assertThat(page.locator(".card .neighbours").count()).isEqualTo(2);
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
  void withoutWebGlTheCanvasDrawsTheSameFeatures() {
    Page page = browsing.open(url + "?canvas#feature=5");
    page.waitForSelector(".card h2");
    assertThat(page.evaluate("() => !!document.querySelector('.map canvas').getContext('2d')"))
        .isEqualTo(true);
  }
}
