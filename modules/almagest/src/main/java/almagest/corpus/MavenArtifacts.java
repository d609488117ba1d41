package almagest.corpus;

import almagest.run.Hashes;
import almagest.run.Progress;
import almagest.run.ResourceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Brings pinned artifacts into a cache by running the ordinary Maven client ({@code
 * dependency:copy}, which follows no transitive dependencies and honours the user's own settings,
 * mirrors and proxies). A file is verified against its SHA-256 and then moved to its name in one
 * step, so the cache never holds half a file; a call that finds everything there starts no Maven
 * and needs no network, and a call after a failure goes on where that one ended.
 */
public final class MavenArtifacts {
  private static final String PLUGIN =
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";

  private final Path cache;
  private final Path directory;
  private final List<String> maven;

  /**
   * @param cache as {@link Cache#directory}; files lie in its {@code artifacts} folder
   */
  public MavenArtifacts(Path cache) {
    this(
        cache,
        List.of(
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")
                ? "mvn.cmd"
                : "mvn"));
  }

  /**
   * @param maven the client's command line, to which our arguments are appended
   */
  MavenArtifacts(Path cache, List<String> maven) {
    this.cache = cache;
    this.directory = cache.resolve("artifacts");
    this.maven = List.copyOf(maven);
  }

  /** Where an artifact lies once it was fetched. */
  public Path path(MavenArtifact artifact) {
    return directory.resolve(artifact.groupId()).resolve(artifact.fileName());
  }

  /**
   * Sees to it that every artifact is in the cache.
   *
   * @return {@link #path} of each, in the order given
   * @throws ResourceException when Maven is missing or fails, when a file is not the one that was
   *     pinned, or when the disk is full; artifacts that had come by then stay in the cache
   */
  public List<Path> fetch(List<MavenArtifact> artifacts, Progress progress) {
    if (!missing(artifacts).isEmpty()) {
      Cache.alone(
          cache,
          progress,
          () -> {
            List<MavenArtifact> missing = missing(artifacts);
            if (!missing.isEmpty()) {
              bring(missing, progress);
            }
          });
    }
    return artifacts.stream().map(this::path).toList();
  }

  private List<MavenArtifact> missing(List<MavenArtifact> artifacts) {
    return artifacts.stream().distinct().filter(a -> !isThere(a)).toList();
  }

  private boolean isThere(MavenArtifact artifact) {
    Path file = path(artifact);
    return Files.isRegularFile(file) && Hashes.sha256(file).equals(artifact.sha256());
  }

  private void bring(List<MavenArtifact> missing, Progress progress) {
    Path work = null;
    try (Progress.Task task = progress.start("download", missing.size(), "artifacts")) {
      Files.createDirectories(directory);
      sweep();
      work = Files.createTempDirectory(directory, "fetch-");
      Path pom = work.resolve("pom.xml");
      Path out = work.resolve("out");
      Files.writeString(pom, pom(missing, out));
      int seen = run(pom, missing, task);
      for (MavenArtifact artifact : missing) {
        take(artifact, out.resolve(artifact.fileName()));
      }
      task.advance(missing.size() - seen);
    } catch (IOException e) {
      throw new ResourceException(
          "cannot write to the cache " + directory + ": " + e.getMessage(), e);
    } finally {
      delete(work);
    }
  }

  /** Takes away what a killed run left; we are alone here. */
  private void sweep() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, "fetch-*")) {
      left.forEach(MavenArtifacts::delete);
    }
  }

  /** Runs Maven; returns how many of the artifacts it was seen to download. */
  private int run(Path pom, List<MavenArtifact> missing, Progress.Task task) {
    List<String> command = new ArrayList<>(maven);
    command.addAll(
        List.of(
            "--batch-mode",
            // Without -U Maven remembers for a day that a file could not be found.
            "--update-snapshots",
            "-Daether.connector.connectTimeout=20000",
            "-Daether.connector.requestTimeout=120000",
            "-Dmaven.wagon.rto=120000",
            "-Dstyle.color=never",
            "--file",
            pom.toString(),
            PLUGIN));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new ResourceException(
          "Maven is needed to bring "
              + describe(missing)
              + ", and `"
              + maven.getFirst()
              + "` could not be started ("
              + e.getMessage()
              + "); install it (Debian: apt install maven, macOS: brew install maven) and run again",
          e);
    }
    List<String> errors = new ArrayList<>();
    int seen = 0;
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      process.getOutputStream().close();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.startsWith("[ERROR]") && line.length() > 8 && errors.size() < 20) {
          errors.add(line.substring(8).strip());
        } else if (line.contains("Downloaded from") && names(line, missing)) {
          task.advance(1);
          seen++;
        }
      }
      int code = process.waitFor();
      if (code != 0) {
        throw new ResourceException(
            "Maven could not bring "
                + describe(missing)
                + " (exit code "
                + code
                + (errors.isEmpty() ? "" : ": " + shorten(errors.getFirst()))
                + "); check the network or the mirror in Maven's settings.xml, then run again:"
                + " what has been downloaded so far is kept");
      }
      return seen;
    } catch (IOException | UncheckedIOException e) {
      throw new ResourceException("Maven's output could not be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ResourceException("interrupted while Maven was downloading; run again to go on", e);
    } finally {
      process.destroy();
    }
  }

  /** Verifies a copied file, then gives it its name in the cache. */
  private void take(MavenArtifact artifact, Path copied) throws IOException {
    if (!Files.isRegularFile(copied)) {
      throw new ResourceException(
          "Maven ended without an error but left no "
              + artifact.fileName()
              + "; run again, with `mvn -X` in mind if it stays so");
    }
    String found = Hashes.sha256(copied);
    if (!found.equals(artifact.sha256())) {
      throw new ResourceException(
          artifact.coordinates()
              + " is not the file that was pinned: expected sha256 "
              + artifact.sha256()
              + ", found "
              + found
              + "; a damaged download or a mirror that serves something else: delete it from the"
              + " local Maven repository and run again");
    }
    Path file = path(artifact);
    Files.createDirectories(directory.resolve(artifact.groupId()));
    Files.move(copied, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String pom(List<MavenArtifact> artifacts, Path out) {
    StringBuilder items = new StringBuilder();
    for (MavenArtifact a : artifacts) {
      items.append(
          "          <artifactItem><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version><type>%s</type>%s</artifactItem>\n"
              .formatted(
                  a.groupId(),
                  a.artifactId(),
                  a.version(),
                  a.type(),
                  a.classifier().isEmpty()
                      ? ""
                      : "<classifier>" + a.classifier() + "</classifier>"));
    }
    return """
    <project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion>
      <groupId>almagest</groupId>
      <artifactId>fetch</artifactId>
      <version>1</version>
      <packaging>pom</packaging>
      <build>
        <plugins>
          <plugin>
            <groupId>org.apache.maven.plugins</groupId>
            <artifactId>maven-dependency-plugin</artifactId>
            <version>3.8.1</version>
            <configuration>
              <outputDirectory>%s</outputDirectory>
              <artifactItems>
    %s          </artifactItems>
            </configuration>
          </plugin>
        </plugins>
      </build>
    </project>
    """
        .formatted(escape(out.toAbsolutePath().toString()), items);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static boolean names(String line, List<MavenArtifact> artifacts) {
    return artifacts.stream().anyMatch(a -> line.contains("/" + a.fileName()));
  }

  private static String describe(List<MavenArtifact> artifacts) {
    return artifacts.size() == 1
        ? artifacts.getFirst().coordinates()
        : artifacts.getFirst().coordinates() + " and " + (artifacts.size() - 1) + " more";
  }

  private static String shorten(String message) {
    return message.length() <= 400 ? message : message.substring(0, 400) + "…";
  }

  private static void delete(@org.jspecify.annotations.Nullable Path directory) {
    if (directory == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // A stray fetch-… folder costs space and nothing else; the outcome is what counts here.
    }
  }
}
