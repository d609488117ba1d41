package almagest.cli;

import almagest.atlas.Atlas;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * Takes the pictures of the documentation from the page of a run: a run directory, a folder for the
 * pictures. Not a test.
 */
final class PagePictures {
  private PagePictures() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[1]);
    Path html = Files.createTempFile("page", ".html");
    Atlas.write(Path.of(args[0]), html);
    try (Browsing browsing = new Browsing()) {
      path(browsing, html.toUri().toString());
      take(browsing, html.toUri().toString(), folder);
    } finally {
      Files.delete(html);
    }
  }

  private static void take(Browsing browsing, String url, Path folder) throws IOException {
    Page page = browsing.open(url + "#colour=phi-k3", 1200, 760, ColorScheme.DARK);
    save(image(page), folder.resolve("atlas-map.png"));
    page = browsing.open(url + "#view=brain&colour=phi-k3", 1200, 760, ColorScheme.DARK);
    save(image(page), folder.resolve("atlas-brain.png"));
    page = browsing.open(url + "#colour=phi-k3", 1200, 760, ColorScheme.DARK);
    code(page).locator("..").locator(".border").click();
    page.waitForSelector(".selection tbody tr");
    page.locator(".selection tbody th a").first().click();
    page.waitForSelector(".card .context");
    page.evaluate("() => scrollTo(0, 0)");
    save(image(page), folder.resolve("atlas-card.png"));
    page.locator(".selection").scrollIntoViewIfNeeded();
    page.evaluate("() => document.querySelector('.selection').scrollIntoView()");
    save(image(page), folder.resolve("atlas-border.png"));
    save(sideBySide(browsing, url), folder.resolve("page.png"));
  }

  /** Milliseconds that the page takes for the documentation's example, without a reader's own. */
  private static void path(Browsing browsing, String url) {
    long began = System.nanoTime();
    Page page = browsing.open(url + "#view=brain&colour=phi-k3");
    page.waitForSelector("figure[data-figure$='lobes-by-type'] svg");
    page.evaluate("() => { location.hash = 'colour=phi-k3'; }");
    code(page).locator("..").locator(".border").click();
    page.waitForSelector(".selection tbody tr");
    for (int i = 0; i < 3; i++) {
      String feature = page.locator(".selection tbody th a").nth(i).textContent();
      page.locator(".selection tbody th a").nth(i).click();
      page.waitForSelector(".card h2:has-text('" + feature + "')");
      page.waitForSelector(".card .context");
    }
    System.out.println("the example: " + (System.nanoTime() - began) / 1_000_000 + " ms");
    page.close();
  }

  /** The legend's entry of the first lobe that code wins. */
  private static Locator code(Page page) {
    return page.locator(".legend button[aria-pressed]:has-text('code')").first();
  }

  /** The map beside the table of lobes by type. */
  private static BufferedImage sideBySide(Browsing browsing, String url) throws IOException {
    Page map = browsing.open(url + "#colour=phi-k3", 640, 900, ColorScheme.DARK);
    BufferedImage left = image(map.locator(".map"));
    Page brain = browsing.open(url + "#view=brain&colour=phi-k3", 860, 900, ColorScheme.DARK);
    BufferedImage right = image(brain.locator("figure[data-figure$='lobes-by-type']"));
    int height = Math.max(left.getHeight(), right.getHeight());
    BufferedImage both =
        new BufferedImage(
            left.getWidth() + 12 + right.getWidth(), height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = both.createGraphics();
    g.setColor(new java.awt.Color(0x0b0e15));
    g.fillRect(0, 0, both.getWidth(), height);
    g.drawImage(left, 0, (height - left.getHeight()) / 2, null);
    g.drawImage(right, left.getWidth() + 12, (height - right.getHeight()) / 2, null);
    g.dispose();
    return both;
  }

  private static BufferedImage image(Page page) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(page.screenshot()));
  }

  private static BufferedImage image(Locator part) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(part.screenshot()));
  }

  /** In its 256 commonest colours, which takes a third of the bytes. */
  private static void save(BufferedImage image, Path file) throws IOException {
    int w = image.getWidth();
    int h = image.getHeight();
    int[] pixels = image.getRGB(0, 0, w, h, null, 0, w);
    Map<Integer, Integer> counts = new HashMap<>();
    for (int p : pixels) {
      counts.merge(p & 0xfcfcfc, 1, Integer::sum);
    }
    List<Integer> colours =
        counts.entrySet().stream()
            .sorted((a, b) -> Integer.compare(b.getValue(), a.getValue()))
            .limit(256)
            .map(Map.Entry::getKey)
            .toList();
    byte[][] table = new byte[3][colours.size()];
    for (int i = 0; i < colours.size(); i++) {
      for (int c = 0; c < 3; c++) {
        table[c][i] = (byte) (colours.get(i) >> (16 - 8 * c));
      }
    }
    BufferedImage small =
        new BufferedImage(
            w,
            h,
            BufferedImage.TYPE_BYTE_INDEXED,
            new IndexColorModel(8, colours.size(), table[0], table[1], table[2]));
    Map<Integer, Integer> nearest = new HashMap<>();
    for (int i = 0; i < pixels.length; i++) {
      int index = nearest.computeIfAbsent(pixels[i] & 0xfcfcfc, p -> nearest(p, colours));
      small.getRaster().setSample(i % w, i / w, 0, index);
    }
    ImageIO.write(small, "png", file.toFile());
    System.out.println(file.getFileName() + ": " + Files.size(file) / 1000 + " kB");
  }

  private static int nearest(int colour, List<Integer> colours) {
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < colours.size(); i++) {
      int distance = 0;
      for (int shift = 0; shift < 24; shift += 8) {
        int d = ((colour >> shift) & 255) - ((colours.get(i) >> shift) & 255);
        distance += d * d;
      }
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}
