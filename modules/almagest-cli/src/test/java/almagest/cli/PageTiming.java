package almagest.cli;

import almagest.atlas.Atlas;
import almagest.atlas.SyntheticRun;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Times the page of a synthetic run in Chromium without a graphics processor, first by WebGL drawn
 * in software, then as such a browser comes, by canvas: a folder to work in, a number of features.
 * Not a test; prints milliseconds.
 */
final class PageTiming {
  private static final String FRAMES =
      """
      async (how) => {
        const map = document.querySelector(".map").almagest;
        const frames = [];
        const work = [];
        let last = await new Promise(requestAnimationFrame);
        for (let i = 0; i < 60; i++) {
          if (how === "turn") map.view.rotate(6, 2); else map.view.pan(i % 2 ? 6 : -6, 2);
          const began = performance.now();
          map.moving = true;
          map.draw();
          const gl = map.plot.renderer?.getContext();
          if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
          work.push(performance.now() - began);
          const now = await new Promise(requestAnimationFrame);
          frames.push(now - last);
          last = now;
        }
        const middle = (v) => v.sort((a, b) => a - b)[v.length >> 1].toFixed(1);
        return map.plot.kind + ": frame " + middle(frames) + " ms, drawing " + middle(work)
          + " ms, slowest frame " + frames[frames.length - 1].toFixed(1) + " ms";
      }
      """;

  /** From a change of the address to the frame in which the page shows what belongs to it. */
  private static final String LATENCY =
      """
      async ([hash, selector, text]) => {
        const began = performance.now();
        location.hash = hash;
        const shown = () => [...document.querySelectorAll(selector)].some((e) => e.textContent.includes(text));
        while (!shown()) await new Promise((done) => setTimeout(done, 1));
        await new Promise(requestAnimationFrame);
        return Math.round(performance.now() - began);
      }
      """;

  private PageTiming() {}

  public static void main(String[] args) throws java.io.IOException {
    Path folder = Path.of(args[0]);
    int features = Integer.parseInt(args[1]);
    SyntheticRun.write(folder.resolve("run"), features, 0, 3);
    Path html = folder.resolve("page.html");
    long began = System.nanoTime();
    Atlas.Result result = Atlas.write(folder.resolve("run"), html);
    say("writing " + features + " features", began);
    System.out.println(Files.size(html) / 1_000_000.0 + " MB; " + result.notes());
    try (Browsing browsing = new Browsing()) {
      visit(browsing, html.toUri() + "?webgl", features);
    }
    try (Browsing browsing = Browsing.plain()) {
      visit(browsing, html.toUri().toString(), features);
    }
  }

  private static void visit(Browsing browsing, String url, int features) {
    long began = System.nanoTime();
    Page page = browsing.open(url, 1280, 860, ColorScheme.DARK);
    say("ready " + url, began);
    System.out.println(
        "  first paint "
            + page.evaluate(
                "() => Math.round(performance.getEntriesByType('paint').at(-1).startTime)")
            + " ms");
    page.waitForTimeout(4000); // what the page opens while nothing happens
    System.out.println("  pan   " + page.evaluate(FRAMES, "pan"));
    page.locator("button:has-text('cloud')").click();
    System.out.println("  turn  " + page.evaluate(FRAMES, "turn"));
    System.out.println(
        "  pick  "
            + page.evaluate(
                """
                () => {
                  const map = document.querySelector(".map").almagest;
                  const began = performance.now();
                  for (let i = 0; i < 20; i++) map.nearest(300 + i, 300);
                  return ((performance.now() - began) / 20).toFixed(1) + " ms";
                }
                """));
    for (String[] step :
        new String[][] {
          {"first card, at once", "feature=77", ".card h2", "77"},
          {"its contexts", "feature=77", ".card .context", ""},
          {"next card", "feature=100", ".card h2", "100"},
          {"search for a token", "feature=100&find=theorem", ".selection h3", "theorem"},
          {"search for a phrase", "feature=100&find=proof+let", ".selection h3", "proof let"},
          {
            "all of a lobe selected",
            "feature=100&select=0-" + (features - 1),
            ".selection h3",
            "Selected"
          },
          {"another colouring", "feature=100&colour=angular-k3", ".legend .name", "cluster"},
          {"colour by number", "feature=100&colour=frequency", ".legend p", "share"}
        }) {
      System.out.println(
          "  " + step[0] + ": " + page.evaluate(LATENCY, List.of(step).subList(1, 4)) + " ms");
    }
    page.close();
    System.out.println(browsing.problems());
  }

  private static void say(String what, long began) {
    System.out.printf("%s: %.0f ms%n", what, (System.nanoTime() - began) / 1e6);
  }
}
