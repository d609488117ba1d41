package almagest.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A stand-in for {@code mvn}: a shell script that serves a folder as the repository and writes down
 * each of its calls.
 */
final class FakeMaven {
  private final Path root;

  FakeMaven(Path root) {
    this.root = root;
    try {
      Files.createDirectories(root.resolve("repository"));
      Files.writeString(
          root.resolve("mvn.sh"),
          """
          echo "$@" >> "%1$s/calls"
          while [ $# -gt 0 ]; do
            if [ "$1" = --file ]; then pom=$2; fi
            shift
          done
          cp "$pom" "%1$s/last-pom.xml"
          if [ -f "%1$s/fails" ]; then
            echo "[ERROR] $(cat "%1$s/fails")"
            exit 1
          fi
          out=$(sed -n 's#.*<outputDirectory>\\(.*\\)</outputDirectory>.*#\\1#p' "$pom")
          mkdir -p "$out"
          for file in "%1$s/repository/"*; do
            echo "[INFO] Downloaded from fake: http://localhost/$(basename "$file") (1 kB)"
            cp "$file" "$out"
          done
          """
              .formatted(root));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  MavenArtifacts over(Path cache) {
    return new MavenArtifacts(cache, List.of("/bin/sh", root.resolve("mvn.sh").toString()));
  }

  void serve(String fileName, byte[] bytes) throws IOException {
    Files.write(root.resolve("repository").resolve(fileName), bytes);
  }

  void failWith(String message) throws IOException {
    Files.writeString(root.resolve("fails"), message);
  }

  void recover() throws IOException {
    Files.delete(root.resolve("fails"));
  }

  int calls() throws IOException {
    Path calls = root.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
  }

  String lastPom() throws IOException {
    return Files.readString(root.resolve("last-pom.xml"));
  }
}
