package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.atlas.Atlas;
import almagest.atlas.SyntheticRun;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page's colours as they are seen without one kind of cone: linear RGB through the matrices of
 * Machado, Oliveira and Fernandes (2009), severity 1; distances in Oklab (Ottosson 2020), of which
 * about 2 hundredths are a just noticeable difference.
 */
class ColourVisionTest {
  private static final double[][] NORMAL = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  private static final double[][] PROTANOPIA = {
    {0.152286, 1.052583, -0.204868},
    {0.114503, 0.786281, 0.099216},
    {-0.003882, -0.048116, 1.051998}
  };
  private static final double[][] DEUTERANOPIA = {
    {0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}
  };
  private static final double[][] TRITANOPIA = {
    {1.255528, -0.076749, -0.178779},
    {-0.078411, 0.930809, 0.147602},
    {0.004733, 0.691367, 0.303900}
  };
  private static final double[][] CONES = {
    {0.4122214708, 0.5363325363, 0.0514459929},
    {0.2119034982, 0.6806995451, 0.1073969566},
    {0.0883024619, 0.2817188376, 0.6299787005}
  };
  private static final double[][] OKLAB = {
    {0.2104542553, 0.7936177850, -0.0040720468},
    {1.9779984951, -2.4285922050, 0.4505937099},
    {0.0259040371, 0.7827717662, -0.8086757660}
  };

  @TempDir Path folder;

  @Test
  void lobesKeepApartForEveryKindOfColourVision() {
    SyntheticRun.write(folder, 48, 0, 1);
    Atlas.write(folder, folder.resolve("page.html"));
    try (Browsing browsing = new Browsing()) {
      for (ColorScheme scheme : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
        Page page = browsing.open(folder.resolve("page.html").toUri().toString(), 800, 600, scheme);
        List<String> lobes =
            colours(page, "[0,1,2,3,4,5,6,7].map(modules['palette.js'].lobeColour)");
        String ground = colours(page, "[modules['palette.js'].css('--ground')]").getFirst();
        List<String> ramp = colours(page, "modules['palette.js'].rampStops()");
        for (double[][] eye : new double[][][] {NORMAL, PROTANOPIA, DEUTERANOPIA, TRITANOPIA}) {
          assertThat(nearest(eye, lobes)).as(scheme + " eight").isGreaterThan(10);
          assertThat(nearest(eye, lobes.subList(0, 4))).as(scheme + " four").isGreaterThan(15);
          for (String lobe : lobes) {
            assertThat(distance(seen(eye, lobe), seen(eye, ground))).as(lobe).isGreaterThan(20);
          }
          assertThat(steps(eye, ramp)).as(scheme + " ramp").allMatch(s -> s > 0.05);
        }
      }
    }
  }

  /** WCAG 2.2, 1.4.11: what has to be seen has a contrast of 3 to what is next to it. */
  @Test
  void pointsOfLobesStandOutFromTheGround() {
    SyntheticRun.write(folder, 48, 0, 1);
    Atlas.write(folder, folder.resolve("page.html"));
    try (Browsing browsing = new Browsing()) {
      for (ColorScheme scheme : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
        Page page = browsing.open(folder.resolve("page.html").toUri().toString(), 800, 600, scheme);
        String ground = colours(page, "[modules['palette.js'].css('--ground')]").getFirst();
        int alpha = (int) page.evaluate("() => document.querySelector('.map').almagest.rgba[3]");
        for (String lobe :
            colours(
                page, "Array.from({length: 40}, (_, i) => modules['palette.js'].lobeColour(i))")) {
          double seen = luminance(lobe, ground, alpha / 255.0);
          double behind = luminance(ground, ground, 1);
          double contrast = (Math.max(seen, behind) + 0.05) / (Math.min(seen, behind) + 0.05);
          assertThat(contrast).as(scheme + " " + lobe).isGreaterThan(3);
        }
      }
    }
  }

  /** The relative luminance of a colour that lets some of the ground through. */
  private static double luminance(String colour, String ground, double alpha) {
    double[] weights = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      double over = Integer.parseInt(colour, 1 + 2 * c, 3 + 2 * c, 16);
      double under = Integer.parseInt(ground, 1 + 2 * c, 3 + 2 * c, 16);
      sum += weights[c] * linear((alpha * over + (1 - alpha) * under) / 255);
    }
    return sum;
  }

  private static double linear(double v) {
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }

  @SuppressWarnings("unchecked")
  private static List<String> colours(Page page, String expression) {
    return (List<String>) page.evaluate("() => " + expression);
  }

  /** A ramp is read by its lightness: how much that changes from stop to stop, in one direction. */
  private static List<Double> steps(double[][] eye, List<String> ramp) {
    List<Double> steps = new ArrayList<>();
    double sign = Math.signum(seen(eye, ramp.getLast())[0] - seen(eye, ramp.getFirst())[0]);
    for (int i = 1; i < ramp.size(); i++) {
      steps.add(sign * (seen(eye, ramp.get(i))[0] - seen(eye, ramp.get(i - 1))[0]));
    }
    return steps;
  }

  /** The least distance of two of the colours, in hundredths. */
  private static double nearest(double[][] eye, List<String> colours) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < colours.size(); i++) {
      for (int j = 0; j < i; j++) {
        least = Math.min(least, distance(seen(eye, colours.get(i)), seen(eye, colours.get(j))));
      }
    }
    return least;
  }

  private static double distance(double[] a, double[] b) {
    return 100 * Math.hypot(Math.hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
  }

  /** A colour #rrggbb in Oklab as that eye has it. */
  private static double[] seen(double[][] eye, String colour) {
    double[] linear = new double[3];
    for (int c = 0; c < 3; c++) {
      linear[c] = linear(Integer.parseInt(colour, 1 + 2 * c, 3 + 2 * c, 16) / 255.0);
    }
    double[] shown = times(eye, linear);
    for (int c = 0; c < 3; c++) {
      shown[c] = Math.clamp(shown[c], 0, 1);
    }
    double[] cones = times(CONES, shown);
    for (int c = 0; c < 3; c++) {
      cones[c] = Math.cbrt(cones[c]);
    }
    return times(OKLAB, cones);
  }

  private static double[] times(double[][] m, double[] v) {
    double[] out = new double[3];
    for (int i = 0; i < 3; i++) {
      out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
    }
    return out;
  }
}
