package almagest.atlas;

import almagest.format.Json;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The template with style, scripts and data put in. The page carries a content security policy that
 * allows its own scripts by their hashes, and no network at all.
 */
final class Page {
  private static final String ECHARTS =
      "/META-INF/resources/_static/echarts/6.0.0/dist/echarts.min.js";
  private static final String THREE = "/META-INF/resources/webjars/three/0.181.1/build/";

  /** Our modules, each after what it imports. */
  private static final List<String> MODULES =
      List.of(
          "dom.js",
          "palette.js",
          "data.js",
          "state.js",
          "view.js",
          "plot.js",
          "map.js",
          "figure.js",
          "align.js",
          "card.js",
          "own.js",
          "legend.js",
          "search.js",
          "selection.js",
          "panels.js",
          "brain.js",
          "galaxy.js",
          "atom.js",
          "about.js",
          "player.js",
          "mapview.js",
          "compare.js",
          "main.js");

  private Page() {}

  /** Where the page finds its columns. */
  enum Carrier {
    /** Inside the page: one file that opens from anywhere. */
    INLINE,
    /** In scripts {@code data/N.js} beside the page, fetched when first needed; also from files. */
    SCRIPTS,
    /** At {@code blob/N} of the server that the page came from. */
    SERVED
  }

  /** The whole page. */
  static String render(ObjectNode index, List<byte[]> blobs, Carrier carrier) {
    String charts = inline(resource(ECHARTS));
    String own = inline(script());
    index.put("carrier", carrier.name().toLowerCase(Locale.ROOT));
    StringBuilder data = new StringBuilder();
    data.append("<script type=\"application/json\" id=\"index\">")
        .append(Json.line(index).replace("<", "\\u003c"))
        .append("</script>\n");
    if (carrier == Carrier.INLINE) {
      for (int i = 0; i < blobs.size(); i++) {
        data.append("<script type=\"text/plain\" id=\"blob-")
            .append(i)
            .append("\">")
            .append(Base64.getEncoder().encodeToString(blobs.get(i)))
            .append("</script>\n");
      }
    }
    return resource("template.html")
        .replace("%POLICY%", policy(carrier, charts, own))
        .replace("%STYLE%", resource("style.css"))
        .replace("%CHARTS%", charts)
        .replace("%SCRIPT%", own)
        .replace("%DATA%", data); // last, so that no text of a corpus is taken for a placeholder
  }

  /** The script that hands a column to a page of {@link Carrier#SCRIPTS}. */
  static String carried(int number, byte[] blob) {
    return "almagestBlob(" + number + ", \"" + Base64.getEncoder().encodeToString(blob) + "\");\n";
  }

  private static String script() {
    Bundle bundle = new Bundle();
    bundle.add("three.core.min.js", resource(THREE + "three.core.min.js"));
    bundle.add("three.module.min.js", resource(THREE + "three.module.min.js"));
    MODULES.forEach(name -> bundle.add(name, resource(name)));
    return bundle.script();
  }

  /** A script's text can end its element early only by this sequence. */
  private static String inline(String script) {
    return "\n" + script.replace("</script", "<\\/script") + "\n";
  }

  /** The content security policy of a page: its own two scripts by hash, and no other. */
  static String policy(Carrier carrier) {
    return policy(carrier, inline(resource(ECHARTS)), inline(script()));
  }

  private static String policy(Carrier carrier, String... scripts) {
    String hashes =
        List.of(scripts).stream()
            .map(s -> "'sha256-" + sha256(s) + "'")
            .collect(Collectors.joining(" "));
    return "default-src 'none'; script-src "
        + hashes
        + (carrier == Carrier.SCRIPTS ? " 'self' file:" : "")
        + "; style-src 'unsafe-inline'; img-src data: blob:; connect-src "
        + (carrier == Carrier.SERVED ? "'self'" : "'none'")
        + "; base-uri 'none'; form-action 'none'";
  }

  private static String sha256(String text) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String resource(String name) {
    String path = name.startsWith("/") ? name : "/almagest/atlas/" + name;
    try (InputStream in = Page.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the library lacks its resource " + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
