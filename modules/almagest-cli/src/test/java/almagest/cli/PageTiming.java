package almagest.cli;

import almagest.atlas.Atlas;
import almagest.atlas.SyntheticRun;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Times the page of a synthetic run in Chromium, whose WebGL is drawn in software here: a folder to
 * work in, a number of features. Not a test; prints milliseconds.
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
      for (String renderer : new String[] {"?webgl", "?canvas"}) {
        began = System.nanoTime();
        Page page = browsing.open(html.toUri() + renderer, 1280, 860, ColorScheme.DARK);
        say("ready " + renderer, began);
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
        began = System.nanoTime();
        page.evaluate("() => { location.hash = 'feature=77'; }");
        page.waitForSelector(".card .context");
        say("  first card (opens all contexts)", began);
        began = System.nanoTime();
        page.evaluate("() => { location.hash = 'feature=100'; }");
        page.waitForSelector(".card h2:has-text('100')");
        say("  next card", began);
        began = System.nanoTime();
        page.fill("#find", "theorem");
        page.press("#find", "Enter");
        page.waitForSelector(".selection tbody tr");
        say("  search", began);
        page.close();
      }
      System.out.println(browsing.problems());
    }
  }

  private static void say(String what, long began) {
    System.out.printf("%s: %.0f ms%n", what, (System.nanoTime() - began) / 1e6);
  }
}
